import { describe, expect, it } from 'vitest'
import type { JournalEntry } from '../../engine/journal.ts'
import { SECOND_NS } from '../../engine/time.ts'
import { CARP_GROUP } from '../../protocols/carp/wire.ts'
import { arp, dissect, echo } from '../frames.fixture.ts'
import { CountingWatch, mac } from '../laboratory.fixture.ts'
import {
  hostOnCables,
  PC_IP,
  PC_MAC,
  PEER_IP,
  PEER_MAC,
  Probe,
  peerAnswer,
} from './host.fixture.ts'
import type { HostSystem } from './host.ts'
import { joinGroup } from './igmp.ts'
import type { IpInterface } from './interface.ts'

const BOOT_NS = 30 * SECOND_NS
const PING = echo({ to: PC_MAC, from: PEER_MAC }, { source: PEER_IP, target: PC_IP })
const ASKED = arp({ senderMac: PEER_MAC, senderIp: PEER_IP, targetIp: PC_IP })

/** The kinds of frames that the peer got since the last call. */
function heard(peer: ReturnType<ReturnType<typeof hostOnCables>['peer']>): string[] {
  return peer.takeReceived().map((hex) => (dissect(hex).arp === undefined ? 'ip' : 'arp'))
}

describe('a host whose power is cut', () => {
  it('loses what waited for an answer, and says nothing more', () => {
    const { lab, host, peer } = hostOnCables()
    const probe = new Probe(lab, host)
    probe.send(PEER_IP)
    probe.send(PEER_IP)
    lab.runForSeconds(0.5)
    peer().takeReceived()
    host.powerOff()
    expect(lab.takeDrops()).toEqual(Array(2).fill('poweredOff at pc'))
    lab.settle()
    expect(heard(peer())).toEqual([])
    expect(probe.errors).toEqual([])
    expect(lab.drops).toEqual([])
  })

  it('loses what is on its way to it and from it, and is silent to all that follows', () => {
    const { lab, host, peer } = hostOnCables()
    peer().send(ASKED)
    lab.runFor(100_000)
    expect(heard(peer())).toEqual(['arp'])
    peer().send(PING)
    lab.runFor(1_000)
    peer().send(PING)
    host.powerOff()
    peer().send(PING)
    lab.settle()
    expect(heard(peer())).toEqual([])
    expect(peer().port.up).toBe(false)
    expect(lab.drops).toEqual([
      'poweredOff at peer of eth0 eth0',
      'poweredOff at peer of eth0 eth0',
      'poweredOff at pc eth0',
    ])
  })

  it('runs neither its timers nor its deferred tasks', () => {
    const { lab, host, running } = hostOnCables()
    const { stack } = running()
    const ran: string[] = []
    stack.timer(() => ran.push('timer')).arm(SECOND_NS)
    stack.defer(() => ran.push('deferred'))
    host.powerOff()
    lab.settle()
    expect(ran).toEqual([])
  })

  it('notes it in the journal, once, and forgets the filter of its NIC', () => {
    const { lab, host } = hostOnCables()
    const told: JournalEntry[] = []
    lab.world.journal.listen((entry) => told.push(entry))
    const nic = host.nics[0]
    nic?.requestPromiscuous()
    nic?.joinGroup(mac('01:00:5e:00:00:12'))
    lab.runForSeconds(1)
    host.powerOff()
    host.powerOff()
    expect(told).toEqual([
      { timeNs: SECOND_NS, node: 'pc', kind: 'node.poweredOff', text: 'powered off', details: {} },
    ])
    expect(nic?.promiscuous).toBe(false)
    expect(nic?.hasJoined(mac('01:00:5e:00:00:12'))).toBe(false)
  })
})

describe('a host that is switched on again', () => {
  it('is there when it has booted, and not before', () => {
    const { lab, host, peer, exchange } = hostOnCables()
    host.powerOff()
    host.powerOn()
    expect([host.power, host.running, peer().port.up]).toEqual(['booting', undefined, false])
    lab.runFor(BOOT_NS - 1)
    expect(host.power).toBe('booting')
    lab.runFor(1)
    expect([host.power, peer().port.up]).toEqual(['running', true])
    expect(exchange(ASKED)).toHaveLength(1)
  })

  it('boots once, however often the button is pressed, and not if the power goes meanwhile', () => {
    const { lab, host } = hostOnCables()
    host.powerOn()
    expect(host.power).toBe('running')
    host.powerOff()
    host.powerOn()
    lab.runFor(BOOT_NS / 2)
    host.powerOn()
    lab.runFor(BOOT_NS / 2)
    expect(host.power).toBe('running')
    host.powerOff()
    host.powerOn()
    lab.runFor(BOOT_NS / 2)
    host.powerOff()
    lab.settle()
    expect(host.power).toBe('off')
  })

  it('knows nobody any more and counts from the start', () => {
    const { lab, host, peer, running } = hostOnCables({ system: 'windows' })
    peer().send(ASKED)
    lab.runForSeconds(0.1)
    running().icmp.nextWindowsSequence()
    const before = running()
    host.powerOff()
    host.powerOn()
    lab.runFor(BOOT_NS)
    peer().takeReceived()
    expect(running()).not.toBe(before)
    expect(running().icmp.nextWindowsSequence()).toBe(1)
    new Probe(lab, host).send(PEER_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual(['arp'])
  })

  it('has the system it was made with, made anew and booted at each boot', () => {
    const log: string[] = []
    let boots = 0
    const system = (): HostSystem => {
      const name = `system ${++boots}`
      return {
        linkChanged: (nic, up) => log.push(`${name}: ${nic.name} ${up ? 'up' : 'down'}`),
        boot: (hasLongBooted, complete) => {
          log.push(`${name}: ${hasLongBooted ? 'has long booted' : 'boots'}`)
          complete()
        },
      }
    }
    const { lab, host, peer } = hostOnCables({}, () => system)
    peer().port.setPlugged(false)
    peer().port.setPlugged(true)
    host.powerOff()
    host.powerOn()
    lab.runFor(BOOT_NS)
    peer().port.setPlugged(false)
    expect(log).toEqual([
      'system 1: has long booted',
      'system 1: eth0 down',
      'system 1: eth0 up',
      'system 2: boots',
      'system 2: eth0 down',
    ])
  })

  it('has its interfaces as they were last configured', () => {
    const { lab, host, exchange } = hostOnCables()
    const reboot = () => {
      host.powerOff()
      host.powerOn()
      lab.runFor(BOOT_NS)
    }
    host.setInterfaceEnabled('eth0', false)
    reboot()
    expect(host.findInterface('eth0')?.enabled).toBe(false)
    expect(exchange(ASKED)).toEqual([])
    host.powerOff()
    host.setInterfaceEnabled('eth0', true)
    host.powerOn()
    lab.runFor(BOOT_NS)
    expect(exchange(ASKED)).toHaveLength(1)
  })
})

describe('an interface that is disabled', () => {
  it('has no address, no route and no neighbours until it is enabled again', () => {
    const { lab, host, peer } = hostOnCables()
    const probe = new Probe(lab, host)
    probe.send(PEER_IP)
    peer().send(peerAnswer())
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual(['arp', 'ip'])

    const watch = new CountingWatch()
    const on = host.findInterface('eth0')
    if (on !== undefined) watch.note(on.settings)
    host.setInterfaceEnabled('eth0', false)
    host.setInterfaceEnabled('eth0', false)
    expect(watch.outdatings).toBe(1)
    expect(host.findInterface('eth0')?.addresses).toEqual([])
    expect(probe.send(PEER_IP)).toBe(0)
    expect(peer().port.up).toBe(true)

    host.setInterfaceEnabled('eth0', true)
    probe.send(PEER_IP)
    lab.runForSeconds(0.1)
    expect(heard(peer())).toEqual(['arp'])
  })

  it('loses what waited there, and asks no more', () => {
    const { lab, host, peer } = hostOnCables()
    new Probe(lab, host).send(PEER_IP)
    lab.runForSeconds(0.5)
    peer().takeReceived()
    host.setInterfaceEnabled('eth0', false)
    lab.settle()
    expect(lab.drops).toEqual(['interfaceDisabled at pc eth0'])
    expect(heard(peer())).toEqual([])
  })

  it('may be so from the start', () => {
    const { host, exchange } = hostOnCables({
      interfaces: [{ name: 'eth0', address: `${PC_IP}/24`, enabled: false }],
    })
    expect(exchange(ASKED)).toEqual([])
    host.setInterfaceEnabled('eth0', true)
    expect(exchange(ASKED)).toHaveLength(1)
  })

  it('leaves the others of its NIC alone', () => {
    const { host, exchange } = hostOnCables({
      interfaces: [
        { name: 'V10', vlanId: 10, address: `${PC_IP}/24` },
        { name: 'V20', vlanId: 20, address: '10.0.20.1/24' },
      ],
    })
    host.setInterfaceEnabled('V20', false)
    const ask = { senderMac: PEER_MAC, senderIp: PEER_IP, targetIp: PC_IP }
    expect(exchange(arp(ask, { vlanId: 10 }))).toHaveLength(1)
    expect(exchange(arp(ask, { vlanId: 20 }))).toEqual([])
  })
})

describe('a group that a host joins', () => {
  it('is reported at once and once more within a second, so that a loss does no harm', () => {
    const { lab, host, peer, running } = hostOnCables()
    const on = host.findInterface('eth0') as IpInterface
    joinGroup(lab.world, running().stack, on, CARP_GROUP)
    expect(host.nics[0]?.hasJoined(mac('01:00:5e:00:00:12'))).toBe(true)
    lab.settle()
    const reports = peer().received
    expect(reports).toHaveLength(2)
    expect((reports[1]?.timeNs ?? 0) - (reports[0]?.timeNs ?? 0)).toBeLessThanOrEqual(SECOND_NS)
    for (const { hex } of reports) {
      expect(dissect(hex)).toMatchObject({
        ethernet: { destination: mac('01:00:5e:00:00:16'), source: mac(PC_MAC) },
        ipv4: { ttl: 1, protocol: 2, headerBytes: 24, tos: 0xc0 },
      })
    }
  })
})
