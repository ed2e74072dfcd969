import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../bytes.ts'
import { parseRtp, RTP_HEADER_BYTES, writeRtp } from './wire.ts'

// Version 2, PCMU with marker, sequence 2, timestamp 320, two bytes of payload.
const PACKET = fromHex('80 80 0002 00000140 deadbeef ffff')
const HEADER = {
  payloadType: 0,
  marker: true,
  sequence: 2,
  timestamp: 320,
  source: 0xdead_beef,
}

const headers = fc.record({
  payloadType: fc.integer({ min: 0, max: 127 }),
  marker: fc.boolean(),
  sequence: fc.integer({ min: 0, max: 0xffff }),
  timestamp: fc.integer({ min: 0, max: 0xffff_ffff }),
  source: fc.integer({ min: 0, max: 0xffff_ffff }),
})

describe('RTP packet', () => {
  it('is parsed', () => {
    const positions = { payloadStart: 12, payloadEnd: 14 }
    expect(parseRtp(PACKET, 0, PACKET.length)).toEqual({ ...HEADER, ...positions })
  })

  it('is written with the expected bytes', () => {
    const bytes = new Uint8Array(PACKET.length).fill(0xff)
    expect(writeRtp(bytes, 0, HEADER)).toBe(RTP_HEADER_BYTES)
    expect(toHex(bytes)).toBe(toHex(PACKET))
  })

  it('survives write and parse', () => {
    fc.assert(
      fc.property(headers, fc.integer({ min: 0, max: 40 }), (header, offset) => {
        const bytes = new Uint8Array(offset + RTP_HEADER_BYTES)
        writeRtp(bytes, offset, header)
        const end = bytes.length
        expect(parseRtp(bytes, offset, end)).toEqual({
          ...header,
          payloadStart: end,
          payloadEnd: end,
        })
      }),
    )
  })

  it('is refused when truncated or of another version', () => {
    for (let length = 0; length < RTP_HEADER_BYTES; length++) {
      expect(parseRtp(PACKET, 0, length)).toBe('truncated')
    }
    expect(parseRtp(fromHex('40 80 0002 00000140 deadbeef'), 0, 12)).toBe('badVersion')
    // The header has a count of three contributing sources.
    expect(parseRtp(fromHex('83 80 0002 00000140 deadbeef ffff'), 0, 14)).toBe('truncated')
  })

  it('is parsed from random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const parsed = parseRtp(bytes, 0, bytes.length)
        if (typeof parsed !== 'string') expect(parsed.payloadEnd).toBe(bytes.length)
      }),
    )
  })
})
