import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4 } from '../addresses.ts'
import { fromHex, toHex, writeUint8 } from '../bytes.ts'
import { adjustChecksum32, internetChecksum } from '../checksum.ts'
import { IP_PROTOCOL } from '../ipv4/wire.ts'
import { isWireError } from '../wire-error.ts'
import {
  describeTcp,
  describeTcpFlags,
  type ParsedTcp,
  parseTcp,
  rewriteTcpDestination,
  rewriteTcpSource,
  TCP_FLAG,
  type TcpHeader,
  tcpAcknowledgementOf,
  tcpDestinationPortOf,
  tcpFlagsOf,
  tcpHeaderLength,
  tcpPayloadAt,
  tcpSequenceOf,
  tcpSourcePortOf,
  tcpWindowOf,
  writeTcp,
} from './wire.ts'

const address = (text: string): number => parseIpv4(text) as number
const CLIENT = address('10.9.0.1')
const SERVER = address('10.9.0.2')

// Segments of Linux 6.18 from 10.9.0.1 to 10.9.0.2, without the IP header.
const SYN = fromHex(`
  9c41 01bb 66f72f51 00000000 a002 faf0 1498 0000
  020405b4 0402080aacc3435700000000 0103030a`)
const DATA = fromHex(`
  8144 01bb 97d13e6a 55a0c585 8018 003f 1f54 0000 0101080a1fd797fd55a0c6ec
  00070e151c232a31383f464d545b62697077`)
const DATA_PAYLOAD = DATA.slice(32)
const DATA_HEADER: TcpHeader = {
  sourcePort: 33_092,
  destinationPort: 443,
  sequence: 2_547_072_618,
  acknowledgement: 1_436_599_685,
  flags: TCP_FLAG.psh | TCP_FLAG.ack,
  window: 63,
  options: { timestamps: { value: 534_222_845, echo: 1_436_600_044 } },
}

function write(header: TcpHeader, from: number, to: number, payload: Uint8Array): Uint8Array {
  const payloadStart = tcpHeaderLength(header.options)
  const bytes = new Uint8Array(payloadStart + payload.length).fill(0xa5)
  bytes.set(payload, payloadStart)
  writeTcp(bytes, 0, header, from, to, payload.length)
  return bytes
}

function parse(bytes: Uint8Array): ReturnType<typeof parseTcp> {
  return parseTcp(bytes, 0, bytes.length, CLIENT, SERVER)
}

const ports = fc.integer({ min: 0, max: 0xffff })
const words = fc.integer({ min: 0, max: 0xffff_ffff })
const payloads = fc.uint8Array({ maxLength: 70 })
const optionLists = fc.record(
  {
    maximumSegmentBytes: ports,
    windowScale: fc.integer({ min: 0, max: 255 }),
    sackPermitted: fc.constant(true as const),
    timestamps: fc.record({ value: words, echo: words }),
  },
  { requiredKeys: [] },
)
const headers: fc.Arbitrary<TcpHeader> = fc
  .record({
    sourcePort: ports,
    destinationPort: ports,
    sequence: words,
    acknowledgement: words,
    flags: fc.integer({ min: 0, max: 255 }),
    window: ports,
    urgent: ports,
    options: optionLists,
  })
  .map(({ urgent, acknowledgement, ...rest }) => ({
    ...rest,
    acknowledgement: rest.flags & TCP_FLAG.ack ? acknowledgement : 0,
    ...(rest.flags & TCP_FLAG.urg ? { urgent } : {}),
  }))

describe('TCP segment', () => {
  it('is parsed from Linux', () => {
    expect(parse(SYN)).toEqual({
      sourcePort: 40_001,
      destinationPort: 443,
      sequence: 0x66f7_2f51,
      acknowledgement: 0,
      flags: TCP_FLAG.syn,
      window: 64_240,
      options: {
        maximumSegmentBytes: 1460,
        sackPermitted: true,
        timestamps: { value: 0xacc3_4357, echo: 0 },
        windowScale: 10,
      },
      optionsStart: 20,
      payloadStart: 40,
      payloadEnd: 40,
    })
  })

  it('is written with the expected bytes', () => {
    const header = parse(SYN) as ParsedTcp
    expect(toHex(write(header, CLIENT, SERVER, new Uint8Array(0)))).toBe(toHex(SYN))
    expect(toHex(write(DATA_HEADER, CLIENT, SERVER, DATA_PAYLOAD))).toBe(toHex(DATA))
  })

  it('has each field in place', () => {
    const bytes = Uint8Array.of(1, 2, 3, ...DATA)
    expect(tcpSourcePortOf(bytes, 3)).toBe(33_092)
    expect(tcpDestinationPortOf(bytes, 3)).toBe(443)
    expect(tcpSequenceOf(bytes, 3)).toBe(2_547_072_618)
    expect(tcpAcknowledgementOf(bytes, 3)).toBe(1_436_599_685)
    expect(tcpFlagsOf(bytes, 3)).toBe(0x18)
    expect(tcpWindowOf(bytes, 3)).toBe(63)
    expect(tcpPayloadAt(bytes, 3)).toBe(35)
  })

  it('survives write and parse', () => {
    fc.assert(
      fc.property(
        headers,
        words,
        words,
        payloads,
        fc.integer({ min: 0, max: 9 }),
        (header, source, destination, payload, start) => {
          const bytes = new Uint8Array(130).fill(0xa5)
          const payloadStart = start + tcpHeaderLength(header.options)
          bytes.set(payload, payloadStart)
          const payloadEnd = writeTcp(bytes, start, header, source, destination, payload.length)
          const positions = { optionsStart: start + 20, payloadStart, payloadEnd }
          expect(parseTcp(bytes, start, payloadEnd, source, destination)).toEqual({
            ...header,
            ...positions,
          })
          expect(toHex(bytes.subarray(payloadStart, payloadEnd))).toBe(toHex(payload))
        },
      ),
    )
  })

  it('has the acknowledgement 0 without the ACK flag', () => {
    const bytes = write({ ...DATA_HEADER, flags: TCP_FLAG.syn }, CLIENT, SERVER, DATA_PAYLOAD)
    expect(tcpAcknowledgementOf(bytes, 0)).toBe(1_436_599_685)
    expect(parse(bytes)).toMatchObject({ acknowledgement: 0 })
  })

  it('is refused at any shorter length', () => {
    for (let length = 0; length < DATA.length; length++) {
      const reason = length < 32 ? 'truncated' : 'badChecksum'
      expect(parse(DATA.subarray(0, length))).toBe(reason)
    }
  })

  it('is refused when its data offset is below 5', () => {
    for (let words = 0; words < 5; words++) {
      const bytes = DATA.slice()
      writeUint8(bytes, 12, words << 4)
      expect(parse(bytes)).toBe('badLength')
    }
  })

  it('is refused with any wrong bit', () => {
    for (let bit = 0; bit < DATA.length * 8; bit++) {
      const bytes = DATA.slice()
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (0x80 >>> (bit & 7))
      expect(['badChecksum', 'truncated', 'badLength']).toContain(parse(bytes))
    }
  })

  it('is refused with another source or destination address', () => {
    expect(parseTcp(SYN, 0, SYN.length, CLIENT + 1, SERVER)).toBe('badChecksum')
    expect(parseTcp(SYN, 0, SYN.length, CLIENT, SERVER + 1)).toBe('badChecksum')
    // The checksum does not change when the addresses are swapped.
    expect(isWireError(parseTcp(SYN, 0, SYN.length, SERVER, CLIENT))).toBe(false)
  })

  it('is parsed from random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), words, words, (bytes, from, to) => {
        parseTcp(bytes, 0, bytes.length, from, to)
        if (bytes.length < 20) return
        // With a correct checksum.
        bytes.fill(0, 16, 18)
        const own = internetChecksum(bytes, 0, bytes.length)
        const checksum = adjustChecksum32(own, 0, (IP_PROTOCOL.tcp << 16) | bytes.length)
        bytes.set([checksum >>> 8, checksum & 0xff], 16)
        const parsed = parseTcp(bytes, 0, bytes.length, 0, 0)
        if (isWireError(parsed)) expect(['truncated', 'badLength']).toContain(parsed)
        else describeTcp(parsed, bytes)
      }),
    )
  })
})

describe('TCP segment changed by NAT', () => {
  it('has the same checksum as when sent with the new addresses and ports', () => {
    fc.assert(
      fc.property(
        headers,
        fc.tuple(words, words, words, words),
        fc.tuple(ports, ports),
        payloads,
        (header, [source, destination, newSource, newDestination], newPorts, payload) => {
          const bytes = write(header, source, destination, payload)
          rewriteTcpSource(bytes, 0, source, newSource, newPorts[0])
          rewriteTcpDestination(bytes, 0, destination, newDestination, newPorts[1])
          const [sourcePort, destinationPort] = newPorts
          const direct = { ...header, sourcePort, destinationPort }
          expect(toHex(bytes)).toBe(toHex(write(direct, newSource, newDestination, payload)))
        },
      ),
    )
  })

  it('keeps a wrong checksum wrong', () => {
    const bytes = DATA.slice()
    bytes[40] = 0
    rewriteTcpSource(bytes, 0, CLIENT, CLIENT + 5, 1024)
    expect(parseTcp(bytes, 0, bytes.length, CLIENT + 5, SERVER)).toBe('badChecksum')
  })
})

// The text that tcpdump 4.99.3 -S prints.
describe('TCP segment description', () => {
  it.each([
    [
      'a SYN',
      SYN,
      'Flags [S], seq 1727475537, win 64240, options [mss 1460,sackOK,TS val 2898477911 ecr 0,nop,wscale 10], length 0',
    ],
    [
      'data',
      DATA,
      'Flags [P.], seq 2547072618:2547072636, ack 1436599685, win 63, options [nop,nop,TS val 534222845 ecr 1436600044], length 18',
    ],
  ])('of %s is as by tcpdump', (_, bytes, line) => {
    expect(describeTcp(parse(bytes) as ParsedTcp, bytes)).toBe(line)
  })

  it.each([
    ['S.', TCP_FLAG.syn | TCP_FLAG.ack, 'Flags [S.], seq 1, ack 2, win 64240, length 0'],
    ['.', TCP_FLAG.ack, 'Flags [.], ack 2, win 64240, length 0'],
    ['F.', TCP_FLAG.fin | TCP_FLAG.ack, 'Flags [F.], seq 1, ack 2, win 64240, length 0'],
    ['R', TCP_FLAG.rst, 'Flags [R], seq 1, win 64240, length 0'],
    ['none', 0, 'Flags [none], win 64240, length 0'],
    ['FSRP.UEW', 0xff, 'Flags [FSRP.UEW], seq 1, ack 2, win 64240, urg 9, length 0'],
  ])('of the flags %s is as by tcpdump', (letters, flags, line) => {
    const header = { ...DATA_HEADER, sequence: 1, acknowledgement: 2, window: 64_240, options: {} }
    const bytes = write({ ...header, flags, urgent: 9 }, CLIENT, SERVER, new Uint8Array(0))
    expect(describeTcpFlags(flags)).toBe(letters)
    expect(describeTcp(parse(bytes) as ParsedTcp, bytes)).toBe(line)
  })

  it('wraps sequence numbers at 2^32', () => {
    const header = { ...DATA_HEADER, sequence: 0xffff_fffa, acknowledgement: 200, window: 500 }
    const bytes = write({ ...header, options: {} }, CLIENT, SERVER, new Uint8Array(10))
    expect(describeTcp(parse(bytes) as ParsedTcp, bytes)).toBe(
      'Flags [P.], seq 4294967290:4, ack 200, win 500, length 10',
    )
  })
})
