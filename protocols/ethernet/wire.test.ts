import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMac } from '../addresses.ts'
import { fromHex, toHex } from '../bytes.ts'
import { FramePool } from '../frame/frame.ts'
import {
  destinationOf,
  ETHERNET_HEADER_BYTES,
  type EthernetHeader,
  ethernetLength,
  isTagged,
  parseEthernet,
  popTag,
  pushTag,
  sourceOf,
  tagOf,
  writeEthernet,
} from './wire.ts'

// The Ethernet header of a CARP advertisement.
const UNTAGGED = fromHex('01005e000012 00005e000101 0800')
const TAGGED = fromHex('01005e000012 00005e000105 8100 a0c7 0800')

const macs = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const headers: fc.Arbitrary<EthernetHeader> = fc
  .record({
    destination: macs,
    source: macs,
    etherType: fc.integer({ min: 0x0600, max: 0xffff }).filter((type) => type !== 0x8100),
    tag: fc.option(
      fc.record({
        priority: fc.integer({ min: 0, max: 7 }),
        vlanId: fc.integer({ min: 0, max: 4095 }),
      }),
      { nil: undefined },
    ),
  })
  .map(({ tag, ...rest }) => (tag === undefined ? rest : { ...rest, tag }))

describe('Ethernet header', () => {
  it('is parsed without a tag', () => {
    expect(parseEthernet(UNTAGGED, 0, UNTAGGED.length)).toEqual({
      destination: parseMac('01:00:5e:00:00:12'),
      source: parseMac('00:00:5e:00:01:01'),
      etherType: 0x0800,
    })
  })

  it('is parsed with an 802.1Q tag', () => {
    expect(parseEthernet(TAGGED, 0, TAGGED.length)).toMatchObject({
      tag: { priority: 5, vlanId: 199 },
      etherType: 0x0800,
    })
  })

  it('survives write and parse', () => {
    fc.assert(
      fc.property(headers, fc.integer({ min: 0, max: 9 }), (header, start) => {
        const bytes = new Uint8Array(40).fill(0xa5)
        const payloadAt = writeEthernet(bytes, start, header)
        expect(payloadAt - start).toBe(ethernetLength(header))
        expect(parseEthernet(bytes, start, payloadAt)).toEqual(header)
      }),
    )
  })

  it('is truncated at any shorter length', () => {
    for (let length = 0; length < TAGGED.length; length++) {
      expect(parseEthernet(TAGGED, 0, length)).toBe('truncated')
    }
  })

  it('parses random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        parseEthernet(bytes, 0, bytes.length)
      }),
    )
  })
})

describe('VLAN tag', () => {
  it('is added and removed in place', () => {
    const frame = new FramePool().create(60)
    frame.bytes.set(UNTAGGED, frame.start)
    frame.bytes.fill(0x5a, frame.start + ETHERNET_HEADER_BYTES, frame.end)
    const before = toHex(frame.view())

    pushTag(frame, 0xa0c7)
    expect(frame.length).toBe(64)
    expect(isTagged(frame)).toBe(true)
    expect(tagOf(frame)).toBe(0xa0c7)
    expect(destinationOf(frame)).toBe(parseMac('01:00:5e:00:00:12'))
    expect(sourceOf(frame)).toBe(parseMac('00:00:5e:00:01:01'))

    expect(popTag(frame)).toBe(0xa0c7)
    expect(toHex(frame.view())).toBe(before)
  })

  it('is none where the frame ends within it', () => {
    const frame = new FramePool().create(60)
    frame.bytes.set(UNTAGGED, frame.start)
    pushTag(frame, 7)
    frame.end = frame.start + 17
    expect(isTagged(frame)).toBe(false)
  })
})
