import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4 as address } from '../addresses.ts'
import { fromHex, toHex } from '../bytes.ts'
import { internetChecksum } from '../checksum.ts'
import { isWireError } from '../wire-error.ts'
import {
  decrementTtl,
  destinationIpOf,
  fragmentOffsetOf,
  headerBytesOf,
  IP_PROTOCOL,
  IPV4_HEADER_BYTES,
  IPV4_ROUTER_ALERT,
  type Ipv4Header,
  parseIpv4,
  protocolOf,
  sourceIpOf,
  totalBytesOf,
  ttlOf,
  writeIpv4,
} from './wire.ts'

// The IP header of a CARP advertisement.
const CARP = fromHex('45e00038 00004000 ff70bd5d 0a0ad2fb e0000012')
const CARP_HEADER: Ipv4Header = {
  headerBytes: 20,
  tos: 0xe0,
  totalBytes: 56,
  identification: 0,
  dontFragment: true,
  moreFragments: false,
  fragmentOffset: 0,
  ttl: 255,
  protocol: IP_PROTOCOL.carp,
  source: address('10.10.210.251') as number,
  destination: address('224.0.0.18') as number,
}
// The example of the Wikipedia article "Internet checksum".
const TEXTBOOK = fromHex('45000073 00004000 4011b861 c0a80001 c0a800c7')
// The IP header of an IGMP report with Router Alert; the checksum is from tshark 4.0.17.
const WITH_OPTIONS = fromHex('46c00028 00004000 010226f4 0a0ad2fb e0000016 94040000')

/** A packet with this header and a payload of 0x5a. */
function withPayload(header: Uint8Array): Uint8Array {
  const packet = new Uint8Array(totalBytesOf(header, 0)).fill(0x5a)
  packet.set(header)
  return packet
}

const addresses = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const headers: fc.Arbitrary<Ipv4Header> = fc
  .record({
    optionWords: fc.integer({ min: 0, max: 10 }),
    payloadBytes: fc.integer({ min: 0, max: 9 }),
    tos: fc.integer({ min: 0, max: 255 }),
    identification: fc.integer({ min: 0, max: 0xffff }),
    dontFragment: fc.boolean(),
    moreFragments: fc.boolean(),
    fragmentOffset: fc.integer({ min: 0, max: 0x1fff }).map((units) => units * 8),
    ttl: fc.integer({ min: 1, max: 255 }),
    protocol: fc.integer({ min: 0, max: 255 }),
    source: addresses,
    destination: addresses,
  })
  .map(({ optionWords, payloadBytes, ...rest }) => {
    const headerBytes = IPV4_HEADER_BYTES + optionWords * 4
    return { headerBytes, totalBytes: headerBytes + payloadBytes, ...rest }
  })
const starts = fc.integer({ min: 0, max: 9 })

describe('IPv4 header', () => {
  it('is parsed', () => {
    const packet = withPayload(CARP)
    expect(parseIpv4(packet, 0, packet.length)).toEqual(CARP_HEADER)
  })

  it('is written with its checksum', () => {
    const bytes = new Uint8Array(20).fill(0xa5)
    expect(writeIpv4(bytes, 0, CARP_HEADER)).toBe(20)
    expect(toHex(bytes)).toBe(toHex(CARP))
  })

  it('has the checksum of the Wikipedia example', () => {
    const packet = withPayload(TEXTBOOK)
    const header = parseIpv4(packet, 0, packet.length) as Ipv4Header
    expect(header).toMatchObject({ totalBytes: 115, ttl: 64, protocol: IP_PROTOCOL.udp })
    const bytes = new Uint8Array(20).fill(0xa5)
    writeIpv4(bytes, 0, header)
    expect(toHex(bytes)).toBe(toHex(TEXTBOOK))
  })

  it('is parsed and written with options', () => {
    const packet = withPayload(WITH_OPTIONS)
    const header = parseIpv4(packet, 0, packet.length) as Ipv4Header
    expect(header).toMatchObject({ headerBytes: 24, totalBytes: 40, protocol: IP_PROTOCOL.igmp })
    const bytes = new Uint8Array(24).fill(0xa5)
    expect(writeIpv4(bytes, 0, header, IPV4_ROUTER_ALERT)).toBe(24)
    expect(toHex(bytes)).toBe(toHex(WITH_OPTIONS))
  })

  it('is not written when the options do not fit', () => {
    const bytes = new Uint8Array(80)
    expect(() => writeIpv4(bytes, 0, CARP_HEADER, IPV4_ROUTER_ALERT)).toThrow(/room/)
    expect(() => writeIpv4(bytes, 0, { ...CARP_HEADER, headerBytes: 22 })).toThrow(/room/)
    expect(() => writeIpv4(bytes, 0, { ...CARP_HEADER, headerBytes: 64 })).toThrow(/room/)
  })

  it('survives write and parse', () => {
    fc.assert(
      fc.property(headers, starts, (header, start) => {
        const bytes = new Uint8Array(90).fill(0xa5)
        const payloadAt = writeIpv4(bytes, start, header)
        expect(payloadAt - start).toBe(header.headerBytes)
        expect(parseIpv4(bytes, start, start + header.totalBytes)).toEqual(header)
        // The padding of a short frame is ignored.
        expect(parseIpv4(bytes, start, bytes.length)).toEqual(header)
      }),
    )
  })

  it('is truncated at any length shorter than the packet', () => {
    for (const header of [CARP, WITH_OPTIONS]) {
      const packet = withPayload(header)
      for (let length = 0; length < packet.length; length++) {
        expect(parseIpv4(packet, 0, length)).toBe('truncated')
      }
    }
  })

  it('is refused with any wrong bit', () => {
    const packet = withPayload(CARP)
    for (let bit = 0; bit < CARP.length * 8; bit++) {
      const bytes = packet.slice()
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (0x80 >>> (bit & 7))
      expect(isWireError(parseIpv4(bytes, 0, bytes.length))).toBe(true)
    }
  })

  it.each([
    ['another version', '65e00038 00004000 ff70bd5d 0a0ad2fb e0000012', 'badVersion'],
    ['a header of 16 bytes', '44e00038 00004000 ff70bd5d 0a0ad2fb e0000012', 'badLength'],
    [
      'a packet shorter than its header',
      '45e00013 00004000 ff70bd82 0a0ad2fb e0000012',
      'badLength',
    ],
    [
      'a lower TTL and the old checksum',
      '45e00038 00004000 fe70bd5d 0a0ad2fb e0000012',
      'badChecksum',
    ],
  ])('is refused with %s', (_, hex, reason) => {
    const bytes = new Uint8Array(56)
    bytes.set(fromHex(hex))
    expect(parseIpv4(bytes, 0, bytes.length)).toBe(reason)
  })

  it('is parsed from random bytes without throwing', () => {
    const likely = fc.tuple(fc.constantFrom(0x45, 0x46, 0x4f), fc.uint8Array({ maxLength: 70 }))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), likely, (noise, [first, rest]) => {
        parseIpv4(noise, 0, noise.length)
        parseIpv4(Uint8Array.of(first, ...rest), 0, rest.length + 1)
      }),
    )
  })
})

describe('IPv4 header in place', () => {
  it('gives each field', () => {
    fc.assert(
      fc.property(headers, starts, (header, start) => {
        const bytes = new Uint8Array(90).fill(0xa5)
        writeIpv4(bytes, start, header)
        expect({
          headerBytes: headerBytesOf(bytes, start),
          totalBytes: totalBytesOf(bytes, start),
          fragmentOffset: fragmentOffsetOf(bytes, start),
          ttl: ttlOf(bytes, start),
          protocol: protocolOf(bytes, start),
          source: sourceIpOf(bytes, start),
          destination: destinationIpOf(bytes, start),
        }).toEqual({
          headerBytes: header.headerBytes,
          totalBytes: header.totalBytes,
          fragmentOffset: header.fragmentOffset,
          ttl: header.ttl,
          protocol: header.protocol,
          source: header.source,
          destination: header.destination,
        })
      }),
    )
  })

  it('has a correct checksum after decrementTtl', () => {
    fc.assert(
      fc.property(headers, starts, (header, start) => {
        const bytes = new Uint8Array(90).fill(0xa5)
        const payloadAt = writeIpv4(bytes, start, header)
        const end = start + header.totalBytes
        for (let ttl = header.ttl - 1; ttl >= 0; ttl--) {
          decrementTtl(bytes, start)
          expect(internetChecksum(bytes, start, payloadAt)).toBe(0)
          expect(ttlOf(bytes, start)).toBe(ttl)
        }
        expect(parseIpv4(bytes, start, end)).toEqual({ ...header, ttl: 0 })
      }),
      { numRuns: 20 },
    )
  })

  it('keeps a wrong checksum wrong after decrementTtl', () => {
    const bytes = withPayload(CARP)
    bytes[10] = 0x42
    decrementTtl(bytes, 0)
    expect(parseIpv4(bytes, 0, bytes.length)).toBe('badChecksum')
  })
})
