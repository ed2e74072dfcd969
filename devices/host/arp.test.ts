import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import { formatMac } from '../../protocols/addresses.ts'
import { toHex } from '../../protocols/bytes.ts'
import { arp, dissect, echo } from '../frames.fixture.ts'
import { ip, type Recorder } from '../laboratory.fixture.ts'
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

const REQUEST = toHex(arp({ senderMac: PC_MAC, senderIp: PC_IP, targetIp: PEER_IP }))
const OTHER_MAC = '02:00:00:00:00:03'

function probing(text: HostText = {}) {
  const made = hostOnCables(text)
  return { ...made, probe: new Probe(made.lab, made.host) }
}

/** What the peer got, in words: `arp broadcast`, `echo 3 to 02:…`. */
function heard(peer: Recorder): string[] {
  return peer.takeReceived().map((hex) => {
    const { ethernet, icmp } = dissect(hex)
    const to = formatMac(ethernet.destination)
    if (icmp?.kind === 'echo') return `echo ${icmp.sequence} to ${to}`
    return to === 'ff:ff:ff:ff:ff:ff' ? 'arp broadcast' : `arp to ${to}`
  })
}

/** When the peer heard requests, in whole seconds. */
function requestTimes(peer: Recorder): number[] {
  const requests = peer.received.filter(({ hex }) => dissect(hex).arp !== undefined)
  return requests.map(({ timeNs }) => Math.floor(timeNs / SECOND_NS))
}

describe('a packet to a neighbour nobody knows yet', () => {
  it('waits for the answer to a broadcast, and is sent: delayed, not lost', () => {
    const { lab, peer, probe } = probing()
    probe.send(PEER_IP)
    lab.runForSeconds(0.5)
    expect(peer().takeReceived()).toEqual([REQUEST])
    peer().send(peerAnswer())
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual([`echo 1 to ${PEER_MAC}`])
    expect(lab.drops).toEqual([])
  })

  it('is one of several that keep their order, behind a single request', () => {
    const { lab, peer, probe } = probing()
    for (let sent = 0; sent < 3; sent++) probe.send(PEER_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual(['arp broadcast'])
    peer().send(peerAnswer())
    lab.runForSeconds(0.1)
    probe.send(PEER_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual([1, 2, 3, 4].map((number) => `echo ${number} to ${PEER_MAC}`))
  })

  it('is sent late when only the third request is answered', () => {
    const { lab, peer, probe } = probing()
    probe.send(PEER_IP)
    lab.runForSeconds(2.9)
    expect(requestTimes(peer())).toEqual([0, 1, 2])
    peer().takeReceived()
    peer().send(peerAnswer())
    lab.runForSeconds(5)
    expect(heard(peer())).toEqual([`echo 1 to ${PEER_MAC}`])
    expect(probe.errors).toEqual([])
  })

  it.each([
    ['windows', 16],
    ['linux', 101],
    ['freebsd', 1],
  ] as const)('pushes the oldest out where too many wait (%s: %i)', (system, room) => {
    const { lab, peer, probe } = probing({ system })
    for (let sent = 0; sent < room + 2; sent++) probe.send(PEER_IP)
    expect(lab.takeDrops()).toEqual(Array(2).fill('neighbourQueueFull at pc eth0'))
    peer().send(peerAnswer())
    lab.runForSeconds(0.1)
    const echoes = heard(peer()).filter((each) => each.startsWith('echo'))
    expect(echoes).toHaveLength(room)
    expect(echoes[0]).toBe(`echo 3 to ${PEER_MAC}`)
  })
})

describe('a neighbour that does not answer', () => {
  it('is asked three times, a second apart, and then the host itself says so', () => {
    const { lab, peer, probe } = probing()
    probe.send(PEER_IP)
    lab.runForSeconds(1)
    probe.send(PEER_IP)
    lab.settle()
    expect(requestTimes(peer())).toEqual([0, 1, 2])
    const error = { source: ip(PC_IP), kind: 'hostUnreachable', local: true, atNs: 3 * SECOND_NS }
    expect(probe.errors).toMatchObject([
      { ...error, sequence: 1 },
      { ...error, sequence: 2 },
    ])
    expect(lab.drops).toEqual(Array(2).fill('neighbourUnresolved at pc'))
  })

  it('is asked anew for the next packet; one that appeared meanwhile had to wait for that', () => {
    const { lab, peer, probe } = probing()
    probe.send(PEER_IP)
    lab.runForSeconds(3.5)
    peer().takeReceived()
    probe.send(PEER_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual(['arp broadcast'])
    peer().send(peerAnswer())
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual([`echo 2 to ${PEER_MAC}`])
  })

  it('on FreeBSD is asked five times, and anew for the next packet', () => {
    const { lab, peer, probe } = probing({ system: 'freebsd' })
    probe.send(PEER_IP)
    lab.runForSeconds(5)
    expect(requestTimes(peer())).toEqual([0, 1, 2, 3, 4])
    expect(probe.errors).toMatchObject([{ sequence: 1, atNs: 5 * SECOND_NS }])
    peer().takeReceived()
    probe.send(PEER_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual(['arp broadcast'])
  })
})

describe('what a host overhears', () => {
  it('spares it asking back who asked for it', () => {
    const { lab, peer, probe } = probing()
    peer().send(arp({ senderMac: PEER_MAC, senderIp: PEER_IP, targetIp: PC_IP }))
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual([`arp to ${PEER_MAC}`])
    probe.send(PEER_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual([`echo 1 to ${PEER_MAC}`])
  })

  const gratuitous = arp({ senderMac: OTHER_MAC, senderIp: PEER_IP, targetIp: PEER_IP })

  it('corrects what it knows: a gratuitous ARP', () => {
    const { lab, peer, probe } = probing()
    peer().send(arp({ senderMac: PEER_MAC, senderIp: PEER_IP, targetIp: PC_IP }))
    peer().send(gratuitous)
    lab.runForSeconds(0.1)
    peer().takeReceived()
    probe.send(PEER_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual([`echo 1 to ${OTHER_MAC}`])
  })

  it('is not believed where gratuitous ARP is not accepted, while a request for it is', () => {
    const { lab, peer, probe } = probing({
      arp: { timeoutNs: undefined, acceptGratuitousArp: false },
    })
    const toPeer = (): string[] => {
      lab.runForSeconds(0.1)
      peer().takeReceived()
      probe.send(PEER_IP)
      lab.runForSeconds(0.1)
      return heard(peer())
    }
    peer().send(arp({ senderMac: PEER_MAC, senderIp: PEER_IP, targetIp: PC_IP }))
    peer().send(gratuitous)
    expect(toPeer()).toEqual([`echo 1 to ${PEER_MAC}`])
    peer().send(arp({ senderMac: OTHER_MAC, senderIp: PEER_IP, targetIp: PC_IP }))
    expect(toPeer()).toEqual([`echo 2 to ${OTHER_MAC}`])
  })

  it('is not remembered of those it has never dealt with', () => {
    const { lab, peer, probe } = probing()
    peer().send(gratuitous)
    peer().send(arp({ senderMac: PEER_MAC, senderIp: PEER_IP, targetIp: '10.0.0.9' }))
    lab.runForSeconds(0.1)
    probe.send(PEER_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual(['arp broadcast'])
  })

  it('does not make it believe that its own address is elsewhere', () => {
    const { lab, peer, probe, exchange } = probing()
    peer().send(arp({ senderMac: OTHER_MAC, senderIp: PC_IP, targetIp: PC_IP }))
    lab.runForSeconds(0.1)
    const [answer] = exchange(arp({ senderMac: PEER_MAC, senderIp: PEER_IP, targetIp: PC_IP }))
    expect(formatMac(answer?.arp?.senderMac ?? 0)).toBe(PC_MAC)
    probe.send(PC_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).not.toContain(`echo 1 to ${OTHER_MAC}`)
  })
})

describe('an entry with a timeout of four hours', () => {
  const HOURS_4 = 4 * 3600

  it('sends into the void for four hours, then asks everybody', () => {
    const { lab, peer, probe } = probing({
      arp: { timeoutNs: HOURS_4 * SECOND_NS, acceptGratuitousArp: true },
    })
    peer().send(arp({ senderMac: PEER_MAC, senderIp: PEER_IP, targetIp: PC_IP }))
    lab.runForSeconds(HOURS_4 - 2)
    peer().takeReceived()
    probe.send(PEER_IP)
    lab.runForSeconds(1)
    expect(heard(peer())).toEqual([`echo 1 to ${PEER_MAC}`])
    lab.runForSeconds(2)
    probe.send(PEER_IP)
    lab.runForSeconds(0.5)
    expect(heard(peer())).toEqual(['arp broadcast'])
  })
})

describe('an entry that was trusted for long', () => {
  /** Past the longest trust of 45 s, with the entry used once more: then 5 s to the first probe. */
  function doubting(system: 'windows' | 'linux') {
    const made = probing({ system })
    made.probe.send(PEER_IP)
    made.peer().send(peerAnswer())
    made.lab.runForSeconds(50)
    made.probe.send(PEER_IP)
    made.lab.runForSeconds(1)
    made.peer().takeReceived()
    return made
  }

  it('is verified by up to three unicast requests, and used meanwhile', () => {
    const { lab, peer, probe } = doubting('windows')
    lab.runForSeconds(3.9)
    expect(heard(peer())).toEqual([])
    lab.runForSeconds(1.6)
    probe.send(PEER_IP)
    lab.runForSeconds(2)
    expect(heard(peer())).toEqual([
      `arp to ${PEER_MAC}`,
      `arp to ${PEER_MAC}`,
      `echo 3 to ${PEER_MAC}`,
      `arp to ${PEER_MAC}`,
    ])
    probe.send(PEER_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual(['arp broadcast'])
  })

  it('is trusted again when the neighbour answers', () => {
    const { lab, peer, probe } = doubting('windows')
    lab.runForSeconds(4.1)
    expect(heard(peer())).toEqual([`arp to ${PEER_MAC}`])
    peer().send(peerAnswer())
    lab.runForSeconds(10)
    probe.send(PEER_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual([`echo 3 to ${PEER_MAC}`])
  })

  it.each([
    ['linux', false],
    ['windows', true],
  ] as const)('is doubted on %s although pings are answered: %s', (system, doubted) => {
    const { lab, peer, probe } = probing({ system })
    probe.send(PEER_IP)
    peer().send(peerAnswer())
    for (let sequence = 1; sequence <= 12; sequence++) {
      lab.runForSeconds(5)
      const header = { to: PC_MAC, from: PEER_MAC }
      const packet = { source: PEER_IP, target: PC_IP }
      peer().send(echo(header, packet, { reply: true, identifier: 77, sequence }))
      probe.send(PEER_IP)
    }
    lab.runForSeconds(0.1)
    expect(heard(peer()).includes(`arp to ${PEER_MAC}`)).toBe(doubted)
  })
})
