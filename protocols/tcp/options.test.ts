import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../bytes.ts'
import {
  describeTcpOptions,
  parseTcpOptions,
  TCP_OPTIONS_MAX_BYTES,
  type TcpOptions,
  tcpOptionsLength,
  writeTcpOptions,
} from './options.ts'

function parse(hex: string): TcpOptions {
  const bytes = fromHex(hex)
  return parseTcpOptions(bytes, 0, bytes.length)
}

function written(options: TcpOptions): string {
  const bytes = new Uint8Array(TCP_OPTIONS_MAX_BYTES).fill(0xa5)
  const end = writeTcpOptions(bytes, 0, options)
  expect(end).toBe(tcpOptionsLength(options))
  return toHex(bytes.subarray(0, end))
}

const timestamps = { value: 1, echo: 2 }

describe('TCP options', () => {
  it('are written in the order of Linux', () => {
    const mss = { maximumSegmentBytes: 1460 }
    expect(written({})).toBe('')
    expect(written(mss)).toBe('020405b4')
    expect(written({ ...mss, windowScale: 7 })).toBe('020405b401030307')
    expect(written({ ...mss, sackPermitted: true })).toBe('020405b401010402')
    expect(written({ timestamps })).toBe('0101080a0000000100000002')
    expect(written({ sackPermitted: true, timestamps })).toBe('0402080a0000000100000002')
  })

  it('are parsed in any order', () => {
    // Windows: mss, nop, wscale, nop, nop, sackOK.
    expect(parse('020405b4 01030308 01010402')).toEqual({
      maximumSegmentBytes: 1460,
      windowScale: 8,
      sackPermitted: true,
    })
  })

  it('of unknown kinds are skipped', () => {
    expect(parse('fe06f9890000 4d02 1e04abcd 020405b4')).toEqual({ maximumSegmentBytes: 1460 })
  })

  it('of wrong length are skipped', () => {
    expect(parse('02030501 0304aabb 0403ff 0804aabb 0103030a')).toEqual({ windowScale: 10 })
  })

  it('end at end-of-options or at an option that does not fit', () => {
    const known = { windowScale: 10 }
    for (const rest of ['00020405b4', '0200020405b4', '0201020405b4', '02050405b4', '02']) {
      expect(parse(`03030a ${rest}`)).toEqual(known)
    }
  })

  it('are parsed from random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 44 }), fc.nat(4), (bytes, start) => {
        if (start > bytes.length) return
        parseTcpOptions(bytes, start, bytes.length)
        describeTcpOptions(bytes, start, bytes.length)
      }),
    )
  })

  // The text that tcpdump 4.99.3 prints.
  it.each([
    [
      '020405b40402080aacc34357000000000103030a',
      'mss 1460,sackOK,TS val 2898477911 ecr 0,nop,wscale 10',
    ],
    ['0101050a00000064000000c8', 'nop,nop,sack 1 {100:200}'],
    ['01010512 00000064000000c8 0000010000000200', 'nop,nop,sack 2 {100:200}{256:512}'],
    ['020405b400ffffff', 'mss 1460,eol'],
    ['4d04abcd', 'unknown-77 0xabcd'],
    ['4d020101', 'unknown-77,nop,nop'],
    ['0101fe00', 'nop,nop,[bad opt]'],
    ['0303ff00', 'wscale 255,eol'],
  ])('%s are described as by tcpdump', (hex, line) => {
    const bytes = fromHex(hex)
    expect(describeTcpOptions(bytes, 0, bytes.length)).toBe(line)
  })
})
