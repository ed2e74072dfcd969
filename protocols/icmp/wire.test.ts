import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4 as address } from '../addresses.ts'
import { fromAscii, fromHex, toHex } from '../bytes.ts'
import { internetChecksum } from '../checksum.ts'
import { IP_PROTOCOL, type Ipv4Header, writeIpv4 } from '../ipv4/wire.ts'
import {
  describeIcmp,
  ICMP_HEADER_BYTES,
  ICMP_TIME_EXCEEDED,
  ICMP_TYPE,
  ICMP_UNREACHABLE,
  type IcmpMessage,
  icmpErrorLength,
  parseIcmp,
  parseQuote,
  writeIcmpEcho,
  writeIcmpError,
} from './wire.ts'

// The first ping of a Windows client after boot: identifier 1, sequence 1, 32 letters. The checksum
// is from tshark 4.0.17.
const WINDOWS_PAYLOAD = fromAscii('abcdefghijklmnopqrstuvwabcdefghi')
const WINDOWS_FIRST = fromHex('0800 4d5a 0001 0001')
const WINDOWS_PING = Uint8Array.of(...WINDOWS_FIRST, ...WINDOWS_PAYLOAD)

const PACKET: Ipv4Header = {
  headerBytes: 20,
  tos: 0,
  totalBytes: 60,
  identification: 0x8e9b,
  dontFragment: false,
  moreFragments: false,
  fragmentOffset: 0,
  ttl: 1,
  protocol: IP_PROTOCOL.icmp,
  source: address('10.10.110.10') as number,
  destination: address('10.10.210.20') as number,
}

/** An IP packet with this header and message. */
function packetOf(header: Ipv4Header, message: Uint8Array): Uint8Array {
  const packet = new Uint8Array(header.totalBytes).fill(0xa5)
  packet.set(message, writeIpv4(packet, 0, header))
  return packet
}

const PING_PACKET = packetOf(PACKET, WINDOWS_PING)

/** An ICMP error about a packet, with its bytes. */
function errorAbout(
  packet: Uint8Array,
  error: Parameters<typeof writeIcmpError>[2],
  start = 0,
): { bytes: Uint8Array; message: IcmpMessage } {
  const bytes = new Uint8Array(120).fill(0xa5)
  const end = writeIcmpError(bytes, start, error, packet)
  expect(end - start).toBe(icmpErrorLength(packet))
  return { bytes, message: parseIcmp(bytes, start, end) as IcmpMessage }
}

const words = fc.integer({ min: 0, max: 0xffff })
const starts = fc.integer({ min: 0, max: 9 })

describe('ICMP echo', () => {
  it('is parsed from a ping of Windows', () => {
    expect(parseIcmp(WINDOWS_PING, 0, WINDOWS_PING.length)).toEqual({
      kind: 'echo',
      reply: false,
      identifier: 1,
      sequence: 1,
      payloadStart: 8,
      payloadEnd: 40,
    })
  })

  it('is written with the expected bytes', () => {
    const bytes = new Uint8Array(40).fill(0xa5)
    bytes.set(WINDOWS_PAYLOAD, ICMP_HEADER_BYTES)
    const echo = { reply: false, identifier: 1, sequence: 1 }
    expect(writeIcmpEcho(bytes, 0, echo, WINDOWS_PAYLOAD.length)).toBe(40)
    expect(toHex(bytes)).toBe(toHex(WINDOWS_PING))
  })

  it('has a checksum that is 0x0800 larger in the reply', () => {
    const bytes = WINDOWS_PING.slice()
    writeIcmpEcho(bytes, 0, { reply: true, identifier: 1, sequence: 1 }, WINDOWS_PAYLOAD.length)
    expect(toHex(bytes.subarray(0, 8))).toBe('0000555a00010001')
  })

  it('survives write and parse', () => {
    fc.assert(
      fc.property(
        fc.record({ reply: fc.boolean(), identifier: words, sequence: words }),
        fc.uint8Array({ maxLength: 70 }),
        starts,
        (echo, payload, start) => {
          const bytes = new Uint8Array(90).fill(0xa5)
          const payloadStart = start + ICMP_HEADER_BYTES
          bytes.set(payload, payloadStart)
          const payloadEnd = writeIcmpEcho(bytes, start, echo, payload.length)
          expect(parseIcmp(bytes, start, payloadEnd)).toEqual({
            kind: 'echo',
            ...echo,
            payloadStart,
            payloadEnd,
          })
          expect(toHex(bytes.subarray(payloadStart, payloadEnd))).toBe(toHex(payload))
        },
      ),
    )
  })
})

describe('ICMP error', () => {
  it('quotes the IP header and eight bytes of payload', () => {
    const { bytes, message } = errorAbout(PING_PACKET, { type: ICMP_TYPE.timeExceeded, code: 0 })
    expect(message).toEqual({ kind: 'timeExceeded', code: 0, quoteStart: 8, quoteEnd: 36 })
    expect(toHex(bytes.subarray(8, 36))).toBe(toHex(PING_PACKET.subarray(0, 28)))
  })

  it('quotes IP options', () => {
    const packet = packetOf({ ...PACKET, headerBytes: 24, totalBytes: 64 }, WINDOWS_PING)
    const { bytes, message } = errorAbout(packet, { type: ICMP_TYPE.unreachable, code: 0 })
    expect(message).toMatchObject({ kind: 'unreachable', quoteStart: 8, quoteEnd: 40 })
    expect(parseQuote(bytes, 8, 40)).toMatchObject({ payloadStart: 32, identifier: 1, sequence: 1 })
  })

  it('has a next-hop MTU only with the code fragmentation needed', () => {
    const error = { type: ICMP_TYPE.unreachable, nextHopMtu: 1400 } as const
    for (let code = 0; code < 16; code++) {
      const nextHopMtu = code === ICMP_UNREACHABLE.fragmentationNeeded ? 1400 : 0
      const { message } = errorAbout(PING_PACKET, { ...error, code })
      expect(message).toMatchObject({ kind: 'unreachable', code, nextHopMtu })
    }
  })

  it('survives write and parse', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(ICMP_TYPE.unreachable, ICMP_TYPE.timeExceeded),
        fc.integer({ min: 0, max: 255 }),
        words,
        fc.record({ identifier: words, sequence: words, reply: fc.boolean() }),
        starts,
        (type, code, nextHopMtu, echo, start) => {
          const ping = WINDOWS_PING.slice()
          writeIcmpEcho(ping, 0, echo, WINDOWS_PAYLOAD.length)
          const error = { type, code, nextHopMtu }
          const { bytes, message } = errorAbout(packetOf(PACKET, ping), error, start)
          const positions = { quoteStart: start + 8, quoteEnd: start + 36 }
          const mtu = code === ICMP_UNREACHABLE.fragmentationNeeded ? nextHopMtu : 0
          expect(message).toEqual(
            type === ICMP_TYPE.unreachable
              ? { kind: 'unreachable', code, nextHopMtu: mtu, ...positions }
              : { kind: 'timeExceeded', code, ...positions },
          )
          expect(parseQuote(bytes, positions.quoteStart, positions.quoteEnd)).toEqual({
            protocol: IP_PROTOCOL.icmp,
            source: PACKET.source,
            destination: PACKET.destination,
            payloadStart: start + 28,
            identifier: echo.identifier,
            sequence: echo.sequence,
          })
        },
      ),
    )
  })
})

describe('ICMP message', () => {
  it('is refused at any shorter length', () => {
    for (let length = 0; length < WINDOWS_PING.length; length++) {
      const reason = length < ICMP_HEADER_BYTES ? 'truncated' : 'badChecksum'
      expect(parseIcmp(WINDOWS_PING, 0, length)).toBe(reason)
    }
  })

  it('is refused with any wrong bit', () => {
    for (let bit = 0; bit < WINDOWS_PING.length * 8; bit++) {
      const bytes = WINDOWS_PING.slice()
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (0x80 >>> (bit & 7))
      expect(parseIcmp(bytes, 0, bytes.length)).toBe('badChecksum')
    }
  })

  it('of another type is accepted', () => {
    // A router solicitation (RFC 1256).
    const bytes = fromHex('0a00 f5ff 0000 0000')
    const message = parseIcmp(bytes, 0, bytes.length) as IcmpMessage
    expect(message).toEqual({ kind: 'other', type: 10, code: 0 })
    expect(describeIcmp(message, bytes)).toBe('ICMP type 10, code 0')
  })

  it('is parsed from random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(0, 3, 8, 11), (bytes, type) => {
        parseIcmp(bytes, 0, bytes.length)
        if (bytes.length < ICMP_HEADER_BYTES) return
        // With a known type and a correct checksum.
        bytes[0] = type
        bytes.fill(0, 2, 4)
        const checksum = internetChecksum(bytes, 0, bytes.length)
        bytes.set([checksum >>> 8, checksum & 0xff], 2)
        describeIcmp(parseIcmp(bytes, 0, bytes.length) as IcmpMessage, bytes)
      }),
    )
  })

  // The text that tcpdump 4.99.3 prints.
  it('is described as by tcpdump', () => {
    const echo = {
      kind: 'echo',
      identifier: 1,
      sequence: 3,
      payloadStart: 8,
      payloadEnd: 40,
    } as const
    const none = new Uint8Array(0)
    expect(describeIcmp({ ...echo, reply: false }, none)).toBe(
      'ICMP echo request, id 1, seq 3, length 40',
    )
    expect(describeIcmp({ ...echo, reply: true }, none)).toBe(
      'ICMP echo reply, id 1, seq 3, length 40',
    )
  })

  const udp = packetOf(
    { ...PACKET, totalBytes: 32, protocol: IP_PROTOCOL.udp },
    fromHex('c0010035 000c0000 00000000'),
  )
  const tcp = packetOf(
    { ...PACKET, totalBytes: 32, protocol: IP_PROTOCOL.tcp },
    fromHex('c00101bb 000c0000 00000000'),
  )
  const { unreachable, timeExceeded } = ICMP_TYPE
  const { net, host, protocol, port, fragmentationNeeded } = ICMP_UNREACHABLE
  it.each([
    [unreachable, net, 0, udp, 'ICMP net 10.10.210.20 unreachable, length 36'],
    [unreachable, host, 0, udp, 'ICMP host 10.10.210.20 unreachable, length 36'],
    [unreachable, protocol, 0, udp, 'ICMP 10.10.210.20 protocol 17 unreachable, length 36'],
    [unreachable, port, 0, udp, 'ICMP 10.10.210.20 udp port 53 unreachable, length 36'],
    [unreachable, port, 0, tcp, 'ICMP 10.10.210.20 tcp port 443 unreachable, length 36'],
    [
      unreachable,
      port,
      0,
      PING_PACKET,
      'ICMP 10.10.210.20 protocol 1 port 19802 unreachable, length 36',
    ],
    [
      unreachable,
      fragmentationNeeded,
      1400,
      udp,
      'ICMP 10.10.210.20 unreachable - need to frag (mtu 1400), length 36',
    ],
    [
      unreachable,
      fragmentationNeeded,
      0,
      udp,
      'ICMP 10.10.210.20 unreachable - need to frag, length 36',
    ],
    [
      timeExceeded,
      ICMP_TIME_EXCEEDED.inTransit,
      0,
      udp,
      'ICMP time exceeded in-transit, length 36',
    ],
    [
      timeExceeded,
      ICMP_TIME_EXCEEDED.inReassembly,
      0,
      udp,
      'ICMP ip reassembly time exceeded, length 36',
    ],
  ] as const)(
    'of type %i, code %i, MTU %i is described as by tcpdump',
    (type, code, nextHopMtu, packet, line) => {
      const { bytes, message } = errorAbout(packet, { type, code, nextHopMtu })
      expect(describeIcmp(message, bytes)).toBe(line)
    },
  )

  it('with a rare code or a short quote is described by numbers', () => {
    const prohibited = errorAbout(udp, { type: unreachable, code: 13 })
    expect(describeIcmp(prohibited.message, prohibited.bytes)).toBe(
      'ICMP 10.10.210.20 unreachable - #13, length 36',
    )
    const strange = errorAbout(udp, { type: timeExceeded, code: 7 })
    expect(describeIcmp(strange.message, strange.bytes)).toBe('ICMP time exceeded-#7, length 36')
    const short = errorAbout(udp.subarray(0, 20), { type: unreachable, code: host })
    expect(describeIcmp(short.message, short.bytes)).toBe(
      'ICMP unreachable - #1, quote truncated, length 28',
    )
  })
})

describe('ICMP error quote', () => {
  const quote = PING_PACKET.subarray(0, 28)

  it('contains the identifier and sequence of an echo', () => {
    expect(parseQuote(quote, 0, quote.length)).toEqual({
      protocol: IP_PROTOCOL.icmp,
      source: PACKET.source,
      destination: PACKET.destination,
      payloadStart: 20,
      identifier: 1,
      sequence: 1,
    })
  })

  it('of another protocol, message or a later fragment has no identifier and sequence', () => {
    const { source, destination } = PACKET
    const expected = { protocol: IP_PROTOCOL.icmp, source, destination, payloadStart: 20 }
    const inner = fromHex('0300 0000 0000 0000')
    const error = packetOf({ ...PACKET, totalBytes: 28 }, inner)
    expect(parseQuote(error, 0, 28)).toEqual(expected)
    const fragment = packetOf({ ...PACKET, fragmentOffset: 8 }, WINDOWS_PING)
    expect(parseQuote(fragment, 0, 28)).toEqual(expected)
    const udp = packetOf({ ...PACKET, protocol: IP_PROTOCOL.udp }, WINDOWS_PING)
    expect(parseQuote(udp, 0, 28)).toEqual({ ...expected, protocol: IP_PROTOCOL.udp })
  })

  it('is truncated at any shorter length', () => {
    for (let length = 0; length < quote.length; length++) {
      expect(parseQuote(quote, 0, length)).toBe('truncated')
    }
    const withOptions = packetOf({ ...PACKET, headerBytes: 24, totalBytes: 64 }, WINDOWS_PING)
    expect(parseQuote(withOptions, 0, 31)).toBe('truncated')
  })

  it('is refused without a valid IPv4 header', () => {
    const bytes = quote.slice()
    bytes[0] = 0x65
    expect(parseQuote(bytes, 0, bytes.length)).toBe('badVersion')
    bytes[0] = 0x44
    expect(parseQuote(bytes, 0, bytes.length)).toBe('badLength')
  })

  it('is parsed from random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        parseQuote(bytes, 0, bytes.length)
      }),
    )
  })
})
