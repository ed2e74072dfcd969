import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatIpv4 } from '../../../protocols/addresses.ts'
import { internetChecksum } from '../../../protocols/checksum.ts'
import { parseIcmp } from '../../../protocols/icmp/wire.ts'
import { IP_PROTOCOL, parseIpv4 } from '../../../protocols/ipv4/wire.ts'
import { parseTcp } from '../../../protocols/tcp/wire.ts'
import { parseUdp } from '../../../protocols/udp/wire.ts'
import { isWireError } from '../../../protocols/wire-error.ts'
import { show } from './bench.fixture.ts'
import {
  AT,
  CLIENT,
  echoPacket,
  errorPacket,
  ipPacket,
  SERVER,
  summarize,
  tcpPacket,
  udpPacket,
  VIP,
} from './ip-bytes.fixture.ts'
import { applyTranslation } from './summary.ts'

const payloads = fc.uint8Array({ maxLength: 65 })
const words = fc.integer({ min: 0, max: 0xffff })
const addresses = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const endpoints = fc.record({
  source: addresses,
  sourcePort: words,
  target: addresses,
  targetPort: words,
})

/** Every checksum of the packet is right. */
function expectSound(bytes: Uint8Array): void {
  const header = parseIpv4(bytes, AT, bytes.length)
  if (isWireError(header)) throw new Error(`IP: ${header}`)
  const { source, destination, protocol } = header
  const [start, end] = [AT + header.headerBytes, AT + header.totalBytes]
  const parsed =
    protocol === IP_PROTOCOL.tcp
      ? parseTcp(bytes, start, end, source, destination)
      : protocol === IP_PROTOCOL.udp
        ? parseUdp(bytes, start, end, source, destination)
        : parseIcmp(bytes, start, end)
  if (isWireError(parsed)) throw new Error(`in it: ${parsed}`)
}

describe('a translation', () => {
  it('of TCP and UDP gives them addresses and ports, and right checksums', () => {
    fc.assert(
      fc.property(payloads, endpoints, (payload, to) => {
        for (const bytes of [udpPacket(payload), tcpPacket('PA', payload)]) {
          applyTranslation(bytes, AT, to)
          expectSound(bytes)
          expect(show(summarize(bytes))).toBe(show(to))
        }
      }),
    )
  })

  it('changes nothing else, and is undone by the opposite one', () => {
    fc.assert(
      fc.property(payloads, endpoints, (payload, to) => {
        for (const bytes of [udpPacket(payload), tcpPacket('S', payload, 3)]) {
          const before = bytes.slice()
          const { source, sourcePort, target, targetPort } = summarize(bytes)
          applyTranslation(bytes, AT, to)
          applyTranslation(bytes, AT, { source, sourcePort, target, targetPort })
          expect(bytes).toEqual(before)
        }
      }),
    )
  })

  it('of an echo gives it an identifier on the side that asks', () => {
    fc.assert(
      fc.property(addresses, words, (source, id) => {
        const request = echoPacket(false)
        applyTranslation(request, AT, { source, sourcePort: id, target: SERVER, targetPort: 8 })
        expectSound(request)
        expect(show(summarize(request))).toBe(`${formatIpv4(source)}:${id} > 1.1.1.1:8`)
        const reply = echoPacket(true)
        applyTranslation(reply, AT, {
          source: CLIENT,
          sourcePort: 8,
          target: source,
          targetPort: id,
        })
        expectSound(reply)
        expect(show(summarize(reply))).toBe(`10.0.1.5:8 > ${formatIpv4(source)}:${id}`)
      }),
    )
  })

  it('leaves a UDP datagram without a checksum without one', () => {
    const bytes = udpPacket(new Uint8Array(3))
    bytes.fill(0, AT + 26, AT + 28)
    applyTranslation(bytes, AT, { source: VIP, sourcePort: 1, target: SERVER, targetPort: 2 })
    expect([...bytes.subarray(AT + 26, AT + 28)]).toEqual([0, 0])
    expectSound(bytes)
  })

  it('lets a fault in the packet survive', () => {
    const bytes = udpPacket(new Uint8Array(3))
    bytes[AT + 29] = 99
    applyTranslation(bytes, AT, { source: VIP, sourcePort: 1, target: SERVER, targetPort: 2 })
    expect(() => expectSound(bytes)).toThrow('badChecksum')
  })

  it('of a protocol without ports is one of addresses', () => {
    const bytes = ipPacket(47, 12, (all, at) => all.fill(0xab, at, at + 12))
    const before = bytes.slice()
    applyTranslation(bytes, AT, { source: VIP, sourcePort: 0, target: CLIENT, targetPort: 0 })
    expect(bytes.subarray(AT + 20)).toEqual(before.subarray(AT + 20))
    expect(parseIpv4(bytes, AT, bytes.length)).toMatchObject({ source: VIP, destination: CLIENT })
  })

  it('of an ICMP error reaches into what it quotes', () => {
    fc.assert(
      fc.property(endpoints, fc.boolean(), (quoted, tcp) => {
        const bytes = errorPacket(
          tcp ? tcpPacket('S', new Uint8Array(9)) : udpPacket(new Uint8Array(9)),
        )
        const to = { source: VIP, sourcePort: 0, target: quoted.source, targetPort: 11, quoted }
        applyTranslation(bytes, AT, to)
        expectSound(bytes)
        const { source, target, icmp } = summarize(bytes)
        expect([source, target]).toEqual([VIP, quoted.source])
        expect(show(icmp?.quote ?? to)).toBe(show(quoted))
        // The quoted header is as it was when its sender sent it.
        expect(internetChecksum(bytes, AT + 28, AT + 48)).toBe(0)
      }),
    )
  })

  it('of an ICMP error about an echo gives back the identifier', () => {
    const bytes = errorPacket(echoPacket(false))
    const quoted = { source: VIP, sourcePort: 77, target: SERVER, targetPort: 8 }
    applyTranslation(bytes, AT, {
      source: SERVER,
      sourcePort: 0,
      target: VIP,
      targetPort: 11,
      quoted,
    })
    expectSound(bytes)
    expect(summarize(bytes).icmp?.quote).toEqual({ protocol: 1, ...quoted })
  })
})
