import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import { toHex } from '../../protocols/bytes.ts'
import { arp, dissect, echo, ipv4, type PacketText } from '../frames.fixture.ts'
import { ip, mac } from '../laboratory.fixture.ts'
import { type HostText, hostOnCables, PEER_MAC } from './host.fixture.ts'
import type { IpInterface } from './interface.ts'

const LEFT_MAC = '02:00:00:00:00:10'
const RIGHT_MAC = '02:00:00:00:00:11'
const SERVER_MAC = '02:00:00:00:00:20'
const CLIENT = '10.0.0.2'
const SERVER = '10.0.1.2'
const ROUTED = { source: CLIENT, target: SERVER }
const TO_ROUTER = { to: LEFT_MAC, from: PEER_MAC }

/** A router with the client on its left and the server on its right, both of which it knows. */
function router(text: HostText = {}) {
  const made = hostOnCables({
    name: 'router',
    system: 'freebsd',
    forwarding: true,
    nics: { left: LEFT_MAC, right: RIGHT_MAC },
    interfaces: [
      { name: 'LEFT', nic: 'left', address: '10.0.0.254/24' },
      { name: 'RIGHT', nic: 'right', address: '10.0.1.254/24' },
    ],
    ...text,
  })
  const { lab, peer } = made
  peer('left').send(arp({ senderMac: PEER_MAC, senderIp: CLIENT, targetIp: '10.0.0.254' }))
  peer('right').send(arp({ senderMac: SERVER_MAC, senderIp: SERVER, targetIp: '10.0.1.254' }))
  lab.runForSeconds(0.1)
  return made
}

describe('a packet that is routed', () => {
  it('goes on from NIC to next hop with one hop less, and otherwise as it was', () => {
    const packets = fc.record({
      ttl: fc.integer({ min: 2, max: 255 }),
      protocol: fc.integer({ min: 0, max: 255 }),
      identification: fc.integer({ min: 0, max: 0xffff }),
      dontFragment: fc.boolean(),
    })
    const payloads = fc.uint8Array({ minLength: 26, maxLength: 200 })
    const { lab, peer } = router()
    fc.assert(
      fc.property(packets, payloads, (packet, payload) => {
        peer('right').takeReceived()
        peer('left').send(ipv4(TO_ROUTER, { ...ROUTED, ...packet }, payload))
        lab.runFor(100_000)
        const expected = ipv4(
          { to: SERVER_MAC, from: RIGHT_MAC },
          { ...ROUTED, ...packet, ttl: packet.ttl - 1 },
          payload,
        )
        expect(peer('right').takeReceived()).toEqual([toHex(expected)])
      }),
    )
    expect(lab.drops).toEqual([])
  })

  it('moves between VLANs of one NIC', () => {
    const { lab, peer } = router({
      interfaces: [
        { name: 'V10', nic: 'left', vlanId: 10, address: '10.0.0.254/24' },
        { name: 'V20', nic: 'left', vlanId: 20, address: '10.0.1.254/24' },
      ],
    })
    const server = { senderMac: SERVER_MAC, senderIp: SERVER, targetIp: '10.0.1.254' }
    peer('left').send(arp(server, { vlanId: 20 }))
    lab.runFor(100_000)
    peer('left').takeReceived()
    peer('left').send(echo({ ...TO_ROUTER, vlanId: 10 }, ROUTED))
    lab.runFor(100_000)
    const expected = echo({ to: SERVER_MAC, from: LEFT_MAC, vlanId: 20 }, { ...ROUTED, ttl: 63 })
    expect(peer('left').takeReceived()).toEqual([toHex(expected)])
  })

  it('is taken from a virtual MAC that the interface stands for', () => {
    const virtual = '00:00:5e:00:01:01'
    const { lab, host, exchange } = router()
    const send = () => exchange(echo({ ...TO_ROUTER, to: virtual }, ROUTED), 'left')
    expect(send()).toEqual([])
    const left = host.findInterface('LEFT') as IpInterface
    left.judgeUnicast = (target) => (target === mac(virtual) ? 'accept' : undefined)
    expect(send()).toMatchObject([{ nic: 'right', ethernet: { source: mac(RIGHT_MAC) } }])
    left.judgeUnicast = () => 'virtualMacNotMaster'
    expect(send()).toEqual([])
    expect(lab.drops).toEqual(['notForUs at router LEFT', 'virtualMacNotMaster at router LEFT'])
  })

  it('is not for a host that does not forward', () => {
    const { lab, exchange } = router({ forwarding: false })
    expect(exchange(echo(TO_ROUTER, ROUTED), 'left')).toEqual([])
    expect(lab.drops).toEqual(['notOurAddress at router LEFT'])
  })

  it('is not routed to a group', () => {
    const { lab, host, exchange } = router()
    host.findInterface('LEFT')?.joinGroup(ip('239.1.1.1'))
    const toGroup = { to: '01:00:5e:01:01:01', from: PEER_MAC }
    expect(exchange(echo(toGroup, { ...ROUTED, target: '239.1.1.1' }), 'left')).toEqual([])
    expect(lab.drops).toEqual([])
  })
})

describe('a packet that cannot be routed', () => {
  /** What the router tells the client, taken apart, and the packet that it quotes. */
  function told(made: ReturnType<typeof router>, packet: Partial<PacketText>) {
    const sent = echo(TO_ROUTER, { ...ROUTED, ...packet })
    const answers = made.exchange(sent, 'left')
    // IP header and 8 bytes, as FreeBSD quotes.
    return { answers, quoted: toHex(sent.subarray(14, 14 + 20 + 8)) }
  }

  it('for its time to live says so', () => {
    const made = router()
    const { answers, quoted } = told(made, { ttl: 1 })
    expect(answers).toMatchObject([
      {
        nic: 'left',
        ethernet: { destination: mac(PEER_MAC), source: mac(LEFT_MAC) },
        ipv4: { source: ip('10.0.0.254'), destination: ip(CLIENT), ttl: 64 },
        icmp: { kind: 'timeExceeded', code: 0 },
        icmpBody: quoted,
      },
    ])
    expect(made.lab.drops).toEqual(['ttlExceeded at router LEFT'])
  })

  it('for want of a route says that the network cannot be reached', () => {
    const made = router()
    const { answers, quoted } = told(made, { target: '192.0.2.1' })
    expect(answers).toMatchObject([{ icmp: { kind: 'unreachable', code: 0 }, icmpBody: quoted }])
    expect(made.lab.drops).toEqual(['noRoute at router LEFT'])
  })

  it.each([
    ['linux', 3],
    ['freebsd', 5],
  ] as const)(
    'because nobody answers ARP says so in the end (%s: after %i s)',
    (system, seconds) => {
      const { lab, peer } = router({ system })
      peer('left').takeReceived()
      const { nowNs } = lab
      peer('left').send(echo(TO_ROUTER, { ...ROUTED, target: '10.0.1.9' }))
      lab.runForSeconds(seconds + 1)
      const [answer] = peer('left').received
      expect(dissect(answer?.hex ?? '')).toMatchObject({
        ipv4: { source: ip('10.0.0.254'), destination: ip(CLIENT) },
        icmp: { kind: 'unreachable', code: 1 },
      })
      expect(Math.floor(((answer?.timeNs ?? 0) - nowNs) / SECOND_NS)).toBe(seconds)
      expect(lab.drops).toEqual(['neighbourUnresolved at router'])
    },
  )

  it('because it is too long says how long it may be', () => {
    const made = router()
    const packet = { ...ROUTED, dontFragment: true }
    const fitting = ipv4(TO_ROUTER, { ...packet, protocol: 17 }, new Uint8Array(1480))
    expect(made.exchange(fitting, 'left')).toMatchObject([{ nic: 'right' }])
    const tooLong = ipv4(TO_ROUTER, { ...packet, protocol: 17 }, new Uint8Array(1481))
    expect(made.exchange(tooLong, 'left')).toMatchObject([
      { nic: 'left', icmp: { kind: 'unreachable', code: 4, nextHopMtu: 1500 } },
    ])
    expect(made.lab.drops).toEqual(['mtuExceeded at router LEFT'])
  })

  it('is not answered when it is an error itself, or of no single sender', () => {
    const { lab, exchange } = router()
    const lost = { ...ROUTED, ttl: 1 }
    const unreachable = Uint8Array.of(3, 1, ...new Uint8Array(34))
    expect(exchange(ipv4(TO_ROUTER, lost, unreachable), 'left')).toEqual([])
    expect(exchange(echo(TO_ROUTER, { ...lost, source: '0.0.0.0' }), 'left')).toEqual([])
    expect(exchange(echo(TO_ROUTER, { ...lost, source: '224.0.0.9' }), 'left')).toEqual([])
    expect(lab.drops).toEqual(Array(3).fill('ttlExceeded at router LEFT'))
    expect(exchange(echo(TO_ROUTER, lost, { reply: true }), 'left')).toHaveLength(1)
  })
})

describe('a packet that is no good', () => {
  it('goes nowhere: its header is corrupt', () => {
    const { lab, exchange } = router()
    const bytes = echo(TO_ROUTER, ROUTED)
    bytes[14 + 8] = 63 // the TTL, without the checksum
    expect(exchange(bytes, 'left')).toEqual([])
    expect(lab.drops).toEqual(['badChecksum at router LEFT'])
  })

  it('goes nowhere: it was cut', () => {
    const { lab, exchange } = router()
    expect(exchange(echo(TO_ROUTER, ROUTED).subarray(0, 40), 'left')).toEqual([])
    expect(lab.drops).toEqual(['malformed at router LEFT'])
  })

  it('goes nowhere: no service takes its protocol', () => {
    const { lab, exchange } = router()
    const toRouter = { source: CLIENT, target: '10.0.0.254', protocol: 47 }
    expect(exchange(ipv4(TO_ROUTER, toRouter, new Uint8Array(8)), 'left')).toEqual([])
    expect(lab.drops).toEqual(['unknownProtocol at router LEFT'])
  })
})
