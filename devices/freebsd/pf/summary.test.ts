import { describe, expect, it } from 'vitest'
import { IP_PROTOCOL, IPV4_ROUTER_ALERT } from '../../../protocols/ipv4/wire.ts'
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
} from './ip-bytes.fixture.ts'
import { readSummary } from './summary.ts'

describe('the summary of a packet', () => {
  it('has what rules and states ask of UDP', () => {
    expect(summarize(udpPacket(new Uint8Array(10)))).toEqual({
      direction: 'in',
      interface: 'vmx1.110',
      protocol: 17,
      source: CLIENT,
      sourcePort: 1025,
      target: SERVER,
      targetPort: 53,
      ttl: 63,
      totalBytes: 38,
      icmp: undefined,
      tcp: undefined,
      fragment: false,
      options: false,
    })
  })

  it('has what they ask of TCP, and the window scale of a SYN only', () => {
    const tcp = { seq: 4_000_000_000, ack: 5, window: 65_000 }
    expect(summarize(tcpPacket('S', new Uint8Array(0), 7)).tcp).toEqual({
      ...tcp,
      flags: 2,
      payloadBytes: 0,
      wscale: 7,
    })
    expect(summarize(tcpPacket('S', new Uint8Array(0))).tcp).not.toHaveProperty('wscale')
    expect(summarize(tcpPacket('PA', new Uint8Array(100), 7)).tcp).toEqual({
      ...tcp,
      flags: 0x18,
      payloadBytes: 100,
    })
  })

  it('has the identifier of an echo on the side that asks', () => {
    const request = summarize(echoPacket(false))
    expect([request.sourcePort, request.targetPort, request.icmp?.type]).toEqual([4660, 8, 8])
    const reply = summarize(echoPacket(true))
    expect([reply.sourcePort, reply.targetPort, reply.icmp?.type]).toEqual([8, 4660, 0])
  })

  it.each([
    ['UDP', udpPacket(new Uint8Array(40)), { protocol: 17, sourcePort: 1025, targetPort: 53 }],
    [
      'TCP',
      tcpPacket('A', new Uint8Array(40)),
      { protocol: 6, sourcePort: 1025, targetPort: 80, seq: 4_000_000_000 },
    ],
    ['an echo', echoPacket(false), { protocol: 1, sourcePort: 4660, targetPort: 8 }],
    ['GRE', ipPacket(47, 20, () => {}), { protocol: 47, sourcePort: 0, targetPort: 0 }],
  ])('has what an ICMP error quotes of %s', (_, about, quote) => {
    expect(summarize(errorPacket(about)).icmp).toEqual({
      type: 11,
      code: 0,
      quote: { source: CLIENT, target: SERVER, ...quote },
    })
  })

  it('has no quote where that is a later fragment or not all there', () => {
    const fragment = ipPacket(17, 20, () => {}, { fragmentOffset: 80 })
    expect(summarize(errorPacket(fragment)).icmp).toEqual({ type: 11, code: 0 })
    const bare = ipPacket(1, 8 + 20, (bytes, at) => bytes.set([3, 1], at))
    expect(summarize(bare).icmp).toEqual({ type: 3, code: 1 })
  })

  it('tells a fragment, and looks no further into it', () => {
    for (const header of [{ moreFragments: true }, { fragmentOffset: 1480 }]) {
      const summary = summarize(ipPacket(6, 4, () => {}, header))
      expect(summary).toMatchObject({ fragment: true, sourcePort: 0, tcp: undefined })
    }
    const whole = summarize(ipPacket(17, 8, () => {}, { dontFragment: true }))
    expect(whole).toMatchObject({ fragment: false })
  })

  it('tells options', () => {
    const bytes = ipPacket(IP_PROTOCOL.igmp, 8, () => {}, { optionBytes: IPV4_ROUTER_ALERT })
    expect(summarize(bytes)).toMatchObject({ options: true, protocol: 2, totalBytes: 32 })
  })

  it.each([
    ['TCP', 6, 19, 'truncated'],
    ['UDP', 17, 7, 'truncated'],
    ['ICMP', 1, 7, 'truncated'],
    ['TCP with an impossible header', 6, 20, 'badLength'],
  ])('of too little %s is none', (_, protocol, length, error) => {
    expect(
      readSummary(
        ipPacket(protocol, length, () => {}),
        AT,
        'in',
        'vmx1',
      ),
    ).toBe(error)
  })
})
