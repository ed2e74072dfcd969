import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../../protocols/bytes.ts'
import { ICMP_HEADER_BYTES, writeIcmpError } from '../../protocols/icmp/wire.ts'
import { Decider } from '../decider.ts'
import { arp, dissect, echo, ipv4 } from '../frames.fixture.ts'
import { ip, mac } from '../laboratory.fixture.ts'
import {
  type HostText,
  hostOnCables,
  PC_IP,
  PC_MAC,
  PEER_IP,
  PEER_MAC,
  Probe,
  peerAnswer,
} from './host.fixture.ts'
import type { IpInterface } from './interface.ts'

const TO_PC = { to: PC_MAC, from: PEER_MAC }
const PING = { source: PEER_IP, target: PC_IP }
const PONG = { source: PC_IP, target: PEER_IP }
const BACK = { to: PEER_MAC, from: PC_MAC }

/** A host that knows its peer. */
function acquainted(text: HostText = {}) {
  const made = hostOnCables(text)
  made.peer().send(arp({ senderMac: PEER_MAC, senderIp: PEER_IP, targetIp: PC_IP }))
  made.lab.runForSeconds(0.1)
  return made
}

describe('an echo request to a host', () => {
  it.each([
    ['windows', 128],
    ['linux', 64],
    ['freebsd', 64],
  ] as const)('is answered with the TTL of its system and without DF (%s: %i)', (system, ttl) => {
    const { exchange } = acquainted({ system })
    const request = echo(TO_PC, { ...PING, dontFragment: true, ttl: 17 })
    expect(exchange(request)).toMatchObject([
      {
        ethernet: { destination: mac(PEER_MAC), source: mac(PC_MAC) },
        ipv4: { source: ip(PC_IP), destination: ip(PEER_IP), ttl, dontFragment: false, tos: 0 },
      },
    ])
  })

  it('gets back its identifier, its sequence number and all of its data', () => {
    const { exchange } = acquainted()
    const numbers = fc.integer({ min: 0, max: 0xffff })
    const texts = fc
      .uint8Array({ maxLength: 1472 })
      .chain((data) =>
        fc.record({ identifier: numbers, sequence: numbers, data: fc.constant(data) }),
      )
    fc.assert(
      fc.property(texts, ({ identifier, sequence, data }) => {
        const text = { identifier, sequence, data: toHex(data) }
        expect(exchange(echo(TO_PC, PING, text))).toMatchObject([
          { icmp: { kind: 'echo', reply: true, identifier, sequence }, icmpBody: text.data },
        ])
      }),
    )
  })

  it('is answered from the address that was asked, even one of another interface', () => {
    const { exchange } = acquainted({
      nics: { eth0: PC_MAC, eth1: '02:00:00:00:00:11' },
      interfaces: [
        { name: 'eth0', address: `${PC_IP}/24` },
        { name: 'eth1', nic: 'eth1', address: '10.0.1.1/24' },
      ],
    })
    const answers = exchange(echo(TO_PC, { ...PING, target: '10.0.1.1' }))
    expect(answers).toMatchObject([{ nic: 'eth0', ipv4: { source: ip('10.0.1.1') } }])
  })

  it('is answered by way of the gateway when it comes from afar', () => {
    const { lab, peer, exchange } = acquainted({ routes: { '0.0.0.0/0': '10.0.0.254' } })
    const [asked] = exchange(echo(TO_PC, { ...PING, source: '192.0.2.1' }))
    expect(asked?.arp).toMatchObject({ targetIp: ip('10.0.0.254') })
    peer().send(peerAnswer('10.0.0.254', '02:00:00:00:00:fe'))
    lab.runFor(100_000)
    expect(dissect(peer().takeReceived()[0] ?? '')).toMatchObject({
      ethernet: { destination: mac('02:00:00:00:00:fe') },
      ipv4: { destination: ip('192.0.2.1') },
    })
  })

  it('is answered for a shared address only while that is active here, and by the NIC', () => {
    const { host, exchange } = acquainted()
    const owner = { active: true, mac: mac('00:00:5e:00:01:01'), election: new Decider('election') }
    const on = host.findInterface('eth0') as IpInterface
    on.addAddress({ address: ip('10.0.0.254'), length: 24, owner })
    const toVip = echo(TO_PC, { ...PING, target: '10.0.0.254' })
    const fromVip = { ethernet: { source: mac(PC_MAC) }, ipv4: { source: ip('10.0.0.254') } }
    expect(exchange(toVip)).toMatchObject([fromVip])
    owner.active = false
    expect(exchange(toVip)).toEqual([])
  })

  it.each([
    ['everybody', { to: 'broadcast', from: PEER_MAC }, '255.255.255.255'],
    ['everybody on the network', { to: 'broadcast', from: PEER_MAC }, '10.0.0.255'],
  ])('is taken in but not answered when it is for %s', (_whom, header, target) => {
    const { lab, exchange } = acquainted()
    expect(exchange(echo(header, { ...PING, target }))).toEqual([])
    expect(lab.drops).toEqual([])
  })

  it('is not answered when its checksum is wrong', () => {
    const { lab, exchange } = acquainted()
    const bytes = echo(TO_PC, PING)
    bytes[bytes.length - 1] = 0
    expect(exchange(bytes)).toEqual([])
    expect(lab.drops).toEqual(['badChecksum at pc eth0'])
  })
})

describe('an echo request of a host', () => {
  it('is on the wire as the program wants it, and known by its number', () => {
    const { lab, host, peer } = acquainted()
    peer().takeReceived()
    const packetId = new Probe(lab, host).send(PEER_IP, '0102030405')
    lab.runForSeconds(0.1)
    const [sent] = peer().received
    expect(sent?.packetId).toBe(packetId)
    const { ipv4: header } = dissect(sent?.hex ?? '')
    const expected = echo(
      BACK,
      { ...PONG, dontFragment: true, identification: header?.identification ?? 0 },
      { identifier: 77, data: '0102030405' },
    )
    expect(sent?.hex).toBe(toHex(expected))
  })

  it('numbers its IP headers one after the other', () => {
    const { lab, host, peer } = acquainted()
    peer().takeReceived()
    const probe = new Probe(lab, host)
    for (let sent = 0; sent < 3; sent++) probe.send(PEER_IP)
    lab.runForSeconds(0.1)
    const [first = 0, ...others] = peer()
      .takeReceived()
      .map((hex) => dissect(hex).ipv4?.identification ?? 0)
    expect(others).toEqual([(first + 1) & 0xffff, (first + 2) & 0xffff])
  })

  it('cannot even be built without a route', () => {
    const { lab, host } = acquainted()
    expect(new Probe(lab, host).send('192.0.2.1')).toBe(0)
    lab.settle()
    expect(lab.drops).toEqual([])
  })
})

describe('an echo reply', () => {
  const reply = (identifier: number) => echo(TO_PC, PING, { reply: true, identifier, sequence: 9 })

  it('goes to the program that it names', () => {
    const { lab, host, exchange } = acquainted()
    const [first, second] = [new Probe(lab, host, 77), new Probe(lab, host, 78)]
    exchange(reply(78))
    expect(first.replies).toEqual([])
    expect(second.replies).toEqual([{ source: ip(PEER_IP), sequence: 9, ttl: 64, payloadBytes: 8 }])
    expect(lab.drops).toEqual([])
  })

  it('that nobody waits for any more is a loss, and one that nobody ever asked for is not', () => {
    const { lab, host, exchange } = acquainted()
    const probe = new Probe(lab, host, 77)
    probe.verdict = 'late'
    exchange(reply(77))
    probe.verdict = 'unknown'
    exchange(reply(77))
    exchange(reply(1))
    expect(lab.drops).toEqual([
      'replyTooLate at pc eth0',
      'noListener at pc eth0',
      'noListener at pc eth0',
    ])
  })
})

describe('an ICMP error', () => {
  const errorAbout = (quoted: Uint8Array, type: 3 | 11, code: number, nextHopMtu = 0) => {
    const packet = quoted.subarray(14)
    const body = new Uint8Array(ICMP_HEADER_BYTES + 28)
    writeIcmpError(body, 0, { type, code, nextHopMtu }, packet)
    return ipv4(TO_PC, { ...PING, source: '10.0.0.254' }, body)
  }
  const request = echo(BACK, PONG, { identifier: 77, sequence: 5 })

  it.each([
    [11, 0, 'ttlExpired'],
    [3, 0, 'netUnreachable'],
    [3, 1, 'hostUnreachable'],
    [3, 2, 'protocolUnreachable'],
    [3, 3, 'portUnreachable'],
    [3, 4, 'fragmentationNeeded'],
  ] as const)('of type %i, code %i tells the program: %s', (type, code, kind) => {
    const { lab, host, exchange } = acquainted()
    const probe = new Probe(lab, host)
    expect(exchange(errorAbout(request, type, code, 1400))).toEqual([])
    const mtuBytes = code === 4 ? 1400 : 0
    const source = ip('10.0.0.254')
    expect(probe.errors).toMatchObject([{ source, sequence: 5, kind, local: false, mtuBytes }])
    expect(lab.drops).toEqual([])
  })

  it('about what others sent, or about an answer that the host gave, tells no program', () => {
    const { lab, host, exchange } = acquainted()
    const probe = new Probe(lab, host)
    exchange(errorAbout(echo(BACK, PONG, { identifier: 78 }), 3, 1))
    exchange(errorAbout(echo(BACK, PONG, { identifier: 77, reply: true }), 3, 1))
    expect(probe.errors).toEqual([])
  })

  it('is not made of an answer of the host that finds nobody', () => {
    const { lab, host, peer } = acquainted()
    const probe = new Probe(lab, host)
    peer().send(echo(TO_PC, { ...PING, source: '10.0.0.9' }, { identifier: 77 }))
    lab.runForSeconds(5)
    expect(lab.drops).toEqual(['neighbourUnresolved at pc'])
    expect(probe.errors).toEqual([])
  })
})

describe('the sequence numbers of Windows', () => {
  it('are one count for all programs of the host, from 1, of 16 bits', () => {
    const { icmp } = acquainted({ system: 'windows' }).running()
    expect([1, 2, 3].map(() => icmp.nextWindowsSequence())).toEqual([1, 2, 3])
    for (let skipped = 4; skipped <= 0xffff; skipped++) icmp.nextWindowsSequence()
    expect(icmp.nextWindowsSequence()).toBe(0)
  })
})

describe('other ICMP messages', () => {
  it('are taken in without a word', () => {
    const { lab, exchange } = acquainted()
    const timestamp = new Uint8Array(20)
    timestamp.set([13, 0, 0xf2, 0xff])
    expect(exchange(ipv4(TO_PC, PING, timestamp))).toEqual([])
    expect(lab.drops).toEqual([])
  })
})
