import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../../protocols/bytes.ts'
import { ETHERNET_HEADER_BYTES } from '../../../protocols/ethernet/wire.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { dissect, ipv4 } from '../../frames.fixture.ts'
import type { IpStack } from '../../host/ip-stack.ts'
import { ip, mac } from '../../laboratory.fixture.ts'
import { segmentOf, tcpFrame, udpFrame } from '../../segments.fixture.ts'
import { Walk } from '../../walk.ts'
import { ANYWHERE } from './rule.ts'
import {
  firewallOnCables,
  fromGateway1,
  fromGateway2,
  fromServer,
  LAN_RULE,
  MACS,
  OWN,
  SERVER,
  STRANGER,
} from './service.fixture.ts'

const PORTS = { sourcePort: 40_000, destinationPort: 22 }
const REJECT_ALL = {
  ...LAN_RULE,
  rule: { ...LAN_RULE.rule, action: 'reject', source: ANYWHERE, description: 'go away' },
} as const

describe('what a rule rejects', () => {
  const rejecting = () => firewallOnCables({ rules: [REJECT_ALL] })
  const out = { source: SERVER, target: STRANGER }

  it('is answered by RST in the name of the target, past the filter, if it is TCP', () => {
    const { send, filter, lab } = rejecting()
    const data = new Uint8Array(5)
    const answers = send(tcpFrame(fromServer, out, { ...PORTS, flags: ['syn'], data }), 'vmx2')
    expect(answers.map(({ nic }) => nic)).toEqual(['vmx2'])
    const [answer] = answers
    expect(dissect(answer?.hex ?? '')).toMatchObject({
      ethernet: { destination: mac(MACS.server), source: mac(MACS.lan) },
      ipv4: {
        source: ip(STRANGER),
        destination: ip(SERVER),
        ttl: 64,
        tos: 0x10,
        dontFragment: true,
        totalBytes: 40,
      },
    })
    expect(segmentOf(answer?.hex ?? '')).toBe('Flags [R.], seq 0, ack 1006, win 0, length 0')
    expect(filter()?.states.size).toBe(0)
    expect(lab.drops).toEqual(['filtered at fw LAN: USER_RULE: go away'])
  })

  it('gets the sequence number that it expects, when it is in the middle of a connection', () => {
    const { send } = rejecting()
    const segment = { ...PORTS, flags: ['ack', 'fin'], acknowledgement: 77 } as const
    const [answer] = send(tcpFrame(fromServer, out, segment), 'vmx2')
    expect(segmentOf(answer?.hex ?? '')).toBe('Flags [R.], seq 77, ack 1001, win 0, length 0')
  })

  it('is not answered when it is RST, or its checksum is wrong', () => {
    const { send } = rejecting()
    expect(send(tcpFrame(fromServer, out, { ...PORTS, flags: ['rst'] }), 'vmx2')).toEqual([])
    const broken = tcpFrame(fromServer, out, { ...PORTS, flags: ['syn'] })
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1
    expect(send(broken, 'vmx2')).toEqual([])
  })

  it('is answered by port unreachable from the firewall, with its header and 8 bytes, if UDP', () => {
    const { send, filter } = rejecting()
    const datagram = udpFrame(fromServer, out, PORTS)
    const [answer] = send(datagram, 'vmx2')
    const at = ETHERNET_HEADER_BYTES
    expect(dissect(answer?.hex ?? '')).toMatchObject({
      ipv4: { source: ip(OWN.lan), destination: ip(SERVER), ttl: 64, tos: 0 },
      icmp: { kind: 'unreachable', code: 3 },
      icmpBody: toHex(datagram.subarray(at, at + 28)),
    })
    expect(filter()?.states.size).toBe(0)
  })

  it('is answered from the address that was asked, where that is the own one', () => {
    const { send } = rejecting()
    const asked = { source: SERVER, target: OWN.wan1 }
    const [answer] = send(udpFrame(fromServer, asked, PORTS), 'vmx2')
    expect(dissect(answer?.hex ?? '').ipv4).toMatchObject({ source: ip(OWN.wan1) })
  })

  it('is not answered when it went to everybody on the link', () => {
    const { send } = rejecting()
    const toAll = { to: 'ff:ff:ff:ff:ff:ff', from: MACS.server }
    expect(send(udpFrame(toAll, out, PORTS), 'vmx2')).toEqual([])
  })
})

describe('whatever comes in', () => {
  it('is answered or dropped, and nothing is lost count of', () => {
    const { peer, lab } = firewallOnCables({ rules: [REJECT_ALL] })
    const protocols = fc.constantFrom(IP_PROTOCOL.tcp, IP_PROTOCOL.udp, IP_PROTOCOL.icmp, 47)
    fc.assert(
      fc.property(protocols, fc.uint8Array({ maxLength: 60 }), (protocol, payload) => {
        peer('vmx2').send(ipv4(fromServer, { source: SERVER, target: STRANGER, protocol }, payload))
        lab.runFor(1_000_000)
        lab.world.assertFramesConserved()
      }),
    )
  })
})

describe('a SYN with another number while a connection is opened', () => {
  it('is answered by a RST without ACK, so that the client starts anew', () => {
    const { send } = firewallOnCables()
    const out = { source: SERVER, target: STRANGER }
    send(tcpFrame(fromServer, out, { ...PORTS, flags: ['syn'], sequence: 1000 }), 'vmx2')
    const back = { source: STRANGER, target: SERVER }
    const ports = { sourcePort: PORTS.destinationPort, destinationPort: PORTS.sourcePort }
    const simultaneous = { ...ports, flags: ['syn'], sequence: 5 } as const
    send(tcpFrame(fromGateway1, back, simultaneous), 'vmx0')
    const wrong = {
      ...ports,
      flags: ['ack'],
      sequence: 5_000_000,
      acknowledgement: 123,
      data: new Uint8Array(9),
    } as const
    const answers = send(tcpFrame(fromGateway1, back, wrong), 'vmx0')
    expect(answers.map(({ nic, hex }) => [nic, segmentOf(hex)])).toEqual([
      ['vmx0', 'Flags [R], seq 123, win 0, length 0'],
    ])
  })
})

describe('the advertisement of the firewall itself, reflected', () => {
  it('is stopped by the rule that pfSense has for it', () => {
    const { peer, lab } = firewallOnCables()
    const packet = { source: OWN.wan1, target: OWN.wan1, protocol: IP_PROTOCOL.carp, ttl: 255 }
    peer('vmx0').send(ipv4(fromGateway1, packet, new Uint8Array(36)))
    lab.runFor(1_000_000)
    expect(lab.drops).toEqual(['filtered at fw WAN1: block in quick proto carp from (self)'])
  })
})

describe('with two WANs', () => {
  const WAN2_RULE = {
    interface: 'WAN2',
    rule: {
      action: 'pass',
      source: ANYWHERE,
      destination: ANYWHERE,
      description: 'all',
      tracker: 2,
    },
  } as const
  const syn = { ...PORTS, flags: ['syn'] } as const
  const synAck = {
    sourcePort: PORTS.destinationPort,
    destinationPort: PORTS.sourcePort,
    flags: ['syn', 'ack'],
    sequence: 9,
    acknowledgement: 1001,
  } as const
  const walk = (stack: IpStack, source: string, protocol: number = IP_PROTOCOL.tcp) => {
    const packet = {
      kind: 'ipv4',
      source: ip(source),
      target: ip(STRANGER),
      protocol,
      ttl: 64,
      totalBytes: 40,
      ports: { sourcePort: 22, targetPort: 40_000 },
    } as const
    const made = new Walk()
    stack.walkPacketOut(packet, made)
    return made.arrived.map(({ node }) => node)
  }

  it('answers leave by the one that the connection came in by: reply-to', () => {
    const { send, stack } = firewallOnCables({ rules: [LAN_RULE, WAN2_RULE] })
    const inwards = { source: STRANGER, target: SERVER }
    expect(send(tcpFrame(fromGateway2, inwards, syn), 'vmx1').map(({ nic }) => nic)).toEqual([
      'vmx2',
    ])
    const answers = send(tcpFrame(fromServer, { source: SERVER, target: STRANGER }, synAck), 'vmx2')
    expect(answers.map(({ nic }) => nic)).toEqual(['vmx1'])
    expect(dissect(answers[0]?.hex ?? '').ethernet).toMatchObject({
      destination: mac(MACS.gateway2),
      source: mac(MACS.wan2),
    })
    expect(walk(stack, SERVER)).toEqual(['peer of vmx1'])
  })

  it('what has the address of one leaves by it, whatever the routes say: route-to', () => {
    const { stack, running, peer, lab } = firewallOnCables()
    expect(walk(stack, OWN.wan2, IP_PROTOCOL.udp)).toEqual(['peer of vmx1'])
    expect(walk(stack, OWN.wan1, IP_PROTOCOL.udp)).toEqual(['peer of vmx0'])
    for (const nic of ['vmx0', 'vmx1']) peer(nic).takeReceived()
    const from = { address: ip(OWN.wan2), port: 22 }
    running().udp.send(from, { address: ip(STRANGER), port: 40_000 }, new Uint8Array(3))
    lab.runFor(1_000_000)
    expect(peer('vmx0').takeReceived()).toEqual([])
    const [sent] = peer('vmx1').takeReceived()
    expect(dissect(sent ?? '').ethernet).toMatchObject({
      destination: mac(MACS.gateway2),
      source: mac(MACS.wan2),
    })
  })

  it('the routing table decides of all else', () => {
    const { send } = firewallOnCables()
    const outwards = { source: SERVER, target: STRANGER }
    expect(send(tcpFrame(fromServer, outwards, syn), 'vmx2').map(({ nic }) => nic)).toEqual([
      'vmx0',
    ])
  })
})
