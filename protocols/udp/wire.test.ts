import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4 } from '../addresses.ts'
import { fromAscii, fromHex, readUint16, toHex, writeUint16 } from '../bytes.ts'
import {
  describeUdp,
  parseUdp,
  rewriteUdpDestination,
  rewriteUdpSource,
  UDP_HEADER_BYTES,
  type UdpDatagram,
  udpDestinationPortOf,
  udpSourcePortOf,
  writeUdp,
} from './wire.ts'

const address = (text: string): number => parseIpv4(text) as number
const SOURCE = address('10.9.0.1')
const DESTINATION = address('10.9.0.2')
// A datagram of Linux 6.18 from 10.9.0.1:40000 to 10.9.0.2:5001, without the IP header.
const PAYLOAD = fromAscii('bascule')
const DATAGRAM = fromHex('9c40 1389 000f 8bc0 62617363756c65')

const ports = fc.integer({ min: 0, max: 0xffff })
const addresses = fc.integer({ min: 0, max: 0xffff_ffff })
const payloads = fc.uint8Array({ maxLength: 70 })

function parse(bytes: Uint8Array): ReturnType<typeof parseUdp> {
  return parseUdp(bytes, 0, bytes.length, SOURCE, DESTINATION)
}

describe('UDP datagram', () => {
  it('is parsed from Linux', () => {
    expect(parse(DATAGRAM)).toEqual({
      sourcePort: 40_000,
      destinationPort: 5001,
      payloadStart: 8,
      payloadEnd: 15,
    })
    expect(udpSourcePortOf(DATAGRAM, 0)).toBe(40_000)
    expect(udpDestinationPortOf(DATAGRAM, 0)).toBe(5001)
  })

  it('is written with the expected bytes', () => {
    const bytes = new Uint8Array(DATAGRAM.length).fill(0xa5)
    bytes.set(PAYLOAD, UDP_HEADER_BYTES)
    const header = { sourcePort: 40_000, destinationPort: 5001 }
    expect(writeUdp(bytes, 0, header, SOURCE, DESTINATION, PAYLOAD.length)).toBe(15)
    expect(toHex(bytes)).toBe(toHex(DATAGRAM))
  })

  it('survives write and parse', () => {
    fc.assert(
      fc.property(
        fc.record({ sourcePort: ports, destinationPort: ports }),
        addresses,
        addresses,
        payloads,
        fc.integer({ min: 0, max: 9 }),
        (header, source, destination, payload, start) => {
          const bytes = new Uint8Array(90).fill(0xa5)
          const payloadStart = start + UDP_HEADER_BYTES
          bytes.set(payload, payloadStart)
          const end = writeUdp(bytes, start, header, source, destination, payload.length)
          const parsed = { ...header, payloadStart, payloadEnd: end }
          expect(parseUdp(bytes, start, end, source, destination)).toEqual(parsed)
          expect(toHex(bytes.subarray(payloadStart, end))).toBe(toHex(payload))
        },
      ),
    )
  })

  it('can be shorter than its packet', () => {
    const padded = Uint8Array.of(...DATAGRAM, 0xaa, 0xbb, 0xcc)
    expect(parse(padded)).toMatchObject({ payloadStart: 8, payloadEnd: 15 })
  })

  it('is truncated at any shorter length', () => {
    for (let length = 0; length < DATAGRAM.length; length++) {
      expect(parse(DATAGRAM.subarray(0, length))).toBe('truncated')
    }
  })

  it('is refused when its length field is below 8', () => {
    const bytes = DATAGRAM.slice()
    for (let length = 0; length < UDP_HEADER_BYTES; length++) {
      writeUint16(bytes, 4, length)
      expect(parse(bytes)).toBe('badLength')
    }
  })

  it('is refused with any wrong bit', () => {
    for (let bit = 0; bit < DATAGRAM.length * 8; bit++) {
      const bytes = DATAGRAM.slice()
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (0x80 >>> (bit & 7))
      expect(['badChecksum', 'truncated', 'badLength']).toContain(parse(bytes))
    }
  })

  it('is refused with another source or destination address', () => {
    const { length } = DATAGRAM
    expect(parseUdp(DATAGRAM, 0, length, SOURCE + 1, DESTINATION)).toBe('badChecksum')
    expect(parseUdp(DATAGRAM, 0, length, SOURCE, DESTINATION + 1)).toBe('badChecksum')
  })

  it('is parsed from random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), addresses, addresses, (bytes, from, to) => {
        parseUdp(bytes, 0, bytes.length, from, to)
      }),
    )
  })

  it('is described as by tcpdump', () => {
    expect(describeUdp(parse(DATAGRAM) as UdpDatagram)).toBe('40000 > 5001: UDP, length 7')
  })
})

describe('UDP checksum', () => {
  it('is not checked when it is 0', () => {
    const bytes = DATAGRAM.slice()
    writeUint16(bytes, 6, 0)
    bytes[9] = 0x5a
    expect(parse(bytes)).toMatchObject({ sourcePort: 40_000 })
  })

  it('is sent as ffff when the result is 0', () => {
    // With the checksum of the rest as payload, the sum is ffff and the checksum 0.
    const bytes = new Uint8Array(10)
    const header = { sourcePort: 40_000, destinationPort: 5001 }
    writeUdp(bytes, 0, header, SOURCE, DESTINATION, 2)
    writeUint16(bytes, 8, readUint16(bytes, 6))
    writeUdp(bytes, 0, header, SOURCE, DESTINATION, 2)
    expect(readUint16(bytes, 6)).toBe(0xffff)
    expect(parse(bytes)).toMatchObject({ payloadEnd: 10 })
    bytes[9] = (bytes[9] ?? 0) ^ 1
    expect(parse(bytes)).toBe('badChecksum')
  })
})

describe('UDP datagram changed by NAT', () => {
  it('has the same checksum as when sent with the new addresses and ports', () => {
    fc.assert(
      fc.property(
        fc.record({ sourcePort: ports, destinationPort: ports }),
        fc.tuple(addresses, addresses, addresses, addresses),
        fc.tuple(ports, ports),
        payloads,
        (header, [source, destination, newSource, newDestination], newPorts, payload) => {
          const write = (...[whose, from, to]: [typeof header, number, number]): Uint8Array => {
            const bytes = new Uint8Array(UDP_HEADER_BYTES + payload.length)
            bytes.set(payload, UDP_HEADER_BYTES)
            writeUdp(bytes, 0, whose, from, to, payload.length)
            return bytes
          }
          const bytes = write(header, source, destination)
          rewriteUdpSource(bytes, 0, source, newSource, newPorts[0])
          rewriteUdpDestination(bytes, 0, destination, newDestination, newPorts[1])
          const newHeader = { sourcePort: newPorts[0], destinationPort: newPorts[1] }
          expect(toHex(bytes)).toBe(toHex(write(newHeader, newSource, newDestination)))
        },
      ),
    )
  })

  it('keeps a wrong checksum wrong', () => {
    const bytes = DATAGRAM.slice()
    bytes[9] = 0
    rewriteUdpSource(bytes, 0, SOURCE, DESTINATION, 1)
    expect(parseUdp(bytes, 0, bytes.length, DESTINATION, DESTINATION)).toBe('badChecksum')
  })

  it('stays without a checksum', () => {
    const bytes = DATAGRAM.slice()
    writeUint16(bytes, 6, 0)
    rewriteUdpSource(bytes, 0, SOURCE, DESTINATION, 1)
    expect(readUint16(bytes, 6)).toBe(0)
    expect(udpSourcePortOf(bytes, 0)).toBe(1)
  })
})
