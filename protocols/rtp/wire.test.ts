import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../bytes.ts'
import { describeRtp, parseRtp, RTP_HEADER_BYTES, type RtpPacket, writeRtp } from './wire.ts'

// Version 2, PCMU with the marker, packet 2, sample 320, two bytes of voice.
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

describe('an RTP packet', () => {
  it('is parsed and described', () => {
    const parsed = parseRtp(PACKET, 0, PACKET.length) as RtpPacket
    expect(parsed).toEqual({ ...HEADER, payloadStart: 12, payloadEnd: 14 })
    expect(describeRtp(parsed)).toBe('rtp 2 c0* 2 320 0xdeadbeef')
  })

  it('is written byte for byte', () => {
    const bytes = new Uint8Array(PACKET.length).fill(0xff)
    expect(writeRtp(bytes, 0, HEADER)).toBe(RTP_HEADER_BYTES)
    expect(toHex(bytes)).toBe(toHex(PACKET))
  })

  it('survives the way to bytes and back', () => {
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

  it('is refused when cut short, or of another version', () => {
    for (let length = 0; length < RTP_HEADER_BYTES; length++) {
      expect(parseRtp(PACKET, 0, length)).toBe('truncated')
    }
    expect(parseRtp(fromHex('40 80 0002 00000140 deadbeef'), 0, 12)).toBe('badVersion')
    // Three contributing sources are announced.
    expect(parseRtp(fromHex('83 80 0002 00000140 deadbeef ffff'), 0, 14)).toBe('truncated')
  })

  it('never crashes the parser', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const parsed = parseRtp(bytes, 0, bytes.length)
        if (typeof parsed !== 'string') expect(parsed.payloadEnd).toBe(bytes.length)
      }),
    )
  })
})
