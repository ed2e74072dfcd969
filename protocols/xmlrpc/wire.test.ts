import { utf8ToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { XmlRpcValue } from './value.ts'
import { parseCall, parseResponse, writeCall, writeResponse } from './wire.ts'

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

// XML text: no control characters and no lone surrogates.
const texts = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .filter((each) => !/[\p{Cc}\p{Cs}\ufffe\uffff]/u.test(each))
const names = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,9}$/).filter((each) => each !== '__proto__')
const { values } = fc.letrec<{ values: XmlRpcValue }>((tie) => ({
  values: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    texts,
    fc.integer(),
    fc.boolean(),
    fc.array(tie('values'), { maxLength: 4 }),
    fc.dictionary(names, tie('values'), { maxKeys: 4, noNullPrototype: true }),
  ),
}))

describe('XML-RPC call', () => {
  it('is written as pfSense writes it', () => {
    const call = { method: 'pfsense.host_firmware_version', params: [1, { a: 'x<y', b: [] }] }
    expect(text(writeCall(call))).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<methodCall>
 <methodName>pfsense.host_firmware_version</methodName>
 <params>
  <param>
   <value>
    <int>1</int>
   </value>
  </param>
  <param>
   <value>
    <struct>
     <member>
      <name>a</name>
      <value>
       <string>x&lt;y</string>
      </value>
     </member>
     <member>
      <name>b</name>
      <value>
       <array>
        <data></data>
       </array>
      </value>
     </member>
    </struct>
   </value>
  </param>
 </params>
</methodCall>
`)
  })

  it('survives write and parse', () => {
    fc.assert(
      fc.property(fc.array(values, { maxLength: 3 }), (params) => {
        const call = { method: 'pfsense.restore_config_section', params }
        expect(parseCall(writeCall(call))).toEqual(call)
      }),
    )
  })

  it('can have any white space, and strings without a type', () => {
    const xml =
      '<methodCall> <methodName> a.b </methodName><params>\n<param><value>x &amp; y</value>' +
      '</param><param><value><i4>-7</i4></value></param></params></methodCall>'
    expect(parseCall(utf8ToBytes(xml))).toEqual({ method: 'a.b', params: ['x & y', -7] })
    const bare = '<methodCall><methodName>a</methodName></methodCall>'
    expect(parseCall(utf8ToBytes(bare))).toEqual({ method: 'a', params: [] })
  })

  it.each([
    ['no content', ''],
    ['no XML', 'pfsense'],
    ['a tag left open', '<methodCall><methodName>a</methodName>'],
    ['a response', '<methodResponse><params/></methodResponse>'],
    ['no name', '<methodCall><params/></methodCall>'],
    ['an invalid name', '<methodCall><methodName>a b</methodName></methodCall>'],
    [
      'an unknown type',
      '<methodCall><methodName>a</methodName><params><param><value><date>1</date></value></param></params></methodCall>',
    ],
    [
      'a number too large',
      '<methodCall><methodName>a</methodName><params><param><value><int>4294967296</int></value></param></params></methodCall>',
    ],
    [
      'entity declarations',
      '<!DOCTYPE a [<!ENTITY b "c">]><methodCall><methodName>a</methodName></methodCall>',
    ],
  ])('is refused with %s', (_, xml) => {
    expect(parseCall(utf8ToBytes(xml))).toBe('badType')
  })
})

describe('XML-RPC response', () => {
  it('survives write and parse', () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(parseResponse(writeResponse({ value }))).toEqual({ value })
      }),
    )
  })

  it('can be a fault', () => {
    const response = { fault: { faultCode: -1, faultString: 'Authentication failed: "x" & y' } }
    expect(parseResponse(writeResponse(response))).toEqual(response)
  })
})

describe('damaged XML-RPC document', () => {
  it('does not make the parser throw', () => {
    const bytes = writeCall({ method: 'a.b', params: [{ rule: [{ type: 'pass' }, 3, true] }] })
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const damaged = bytes.slice()
        damaged[at] = byte
        parseCall(damaged)
        parseCall(bytes.subarray(0, at))
        parseResponse(damaged)
      }),
      { numRuns: 500 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => void parseCall(noise)))
  })
})
