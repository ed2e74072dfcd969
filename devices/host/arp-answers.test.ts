import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../../protocols/bytes.ts'
import { Decider } from '../decider.ts'
import { arp, dissect, ethernet } from '../frames.fixture.ts'
import { ip, mac } from '../laboratory.fixture.ts'
import { hostOnCables, PC_IP, PC_MAC, PEER_IP, PEER_MAC, runningOf } from './host.fixture.ts'
import type { IpInterface } from './interface.ts'

const VIRTUAL_MAC = '00:00:5e:00:01:01'
const VIRTUAL_IP = '10.0.0.254'

function ask(targetIp: string, header: { to?: string; vlanId?: number } = {}): Uint8Array {
  return arp({ senderMac: PEER_MAC, senderIp: PEER_IP, targetIp }, header)
}

function reply(senderMac: string, senderIp: string, header: { vlanId?: number } = {}): string {
  return toHex(
    arp(
      { operation: 'reply', senderMac, senderIp, targetMac: PEER_MAC, targetIp: PEER_IP },
      { from: PC_MAC, ...header },
    ),
  )
}

function asked(hosts: ReturnType<typeof hostOnCables>, bytes: Uint8Array, nic = 'eth0'): string[] {
  hosts.peer(nic).takeReceived()
  hosts.peer(nic).send(bytes)
  hosts.lab.runFor(100_000)
  return hosts.peer(nic).takeReceived()
}

describe('a request for an address of the host', () => {
  it('is answered to the one who asked', () => {
    expect(asked(hostOnCables(), ask(PC_IP))).toEqual([reply(PC_MAC, PC_IP)])
  })

  it('is answered when it came by unicast, as a verification does', () => {
    expect(asked(hostOnCables(), ask(PC_IP, { to: PC_MAC }))).toEqual([reply(PC_MAC, PC_IP)])
  })

  it('is answered from 0.0.0.0 too, as whoever is about to take the address asks', () => {
    const probe = arp({ senderMac: PEER_MAC, senderIp: '0.0.0.0', targetIp: PC_IP })
    expect(asked(hostOnCables(), probe)).toHaveLength(1)
  })

  it('is answered on the VLAN it came from, with the tag', () => {
    const hosts = hostOnCables({
      interfaces: [
        { name: 'LAN' },
        { name: 'VLAN10', vlanId: 10, address: `${PC_IP}/24` },
        { name: 'VLAN20', vlanId: 20, address: '10.0.20.1/24' },
      ],
    })
    expect(asked(hosts, ask(PC_IP, { vlanId: 10 }))).toEqual([reply(PC_MAC, PC_IP, { vlanId: 10 })])
    expect(asked(hosts, ask(PC_IP, { vlanId: 20 }))).toEqual([])
    expect(asked(hosts, ask(PC_IP))).toEqual([])
    expect(hosts.lab.drops).toEqual([])
    expect(asked(hosts, ask(PC_IP, { vlanId: 30 }))).toEqual([])
    expect(hosts.lab.drops).toEqual(['noVlanInterface at pc eth0'])
  })

  it('is not answered for anybody else, nor for the network of another cable', () => {
    const hosts = hostOnCables({
      nics: { eth0: PC_MAC, eth1: '02:00:00:00:00:11' },
      interfaces: [
        { name: 'eth0', address: `${PC_IP}/24` },
        { name: 'eth1', nic: 'eth1', address: '10.0.1.1/24' },
      ],
    })
    expect(asked(hosts, ask('10.0.0.9'))).toEqual([])
    expect(asked(hosts, ask('10.0.1.1'))).toEqual([])
  })

  it('is not answered while the interface is disabled', () => {
    const hosts = hostOnCables()
    hosts.host.setInterfaceEnabled('eth0', false)
    expect(asked(hosts, ask(PC_IP))).toEqual([])
    expect(hosts.lab.takeDrops()).toEqual(['interfaceDisabled at pc eth0'])
    hosts.host.setInterfaceEnabled('eth0', true)
    expect(asked(hosts, ask(PC_IP))).toEqual([reply(PC_MAC, PC_IP)])
  })

  it('is not noticed when it is addressed to another station', () => {
    const hosts = hostOnCables()
    expect(asked(hosts, ask(PC_IP, { to: '02:00:00:00:00:77' }))).toEqual([])
    expect(hosts.lab.drops).toEqual(['notForUs at pc eth0'])
  })
})

describe('a request for an address that the host shares', () => {
  function sharing() {
    const hosts = hostOnCables()
    const owner = { active: false, mac: mac(VIRTUAL_MAC), election: new Decider('election') }
    const on = hosts.host.findInterface('eth0') as IpInterface
    const address = { address: ip(VIRTUAL_IP), length: 24, owner }
    on.addAddress(address)
    return { ...hosts, owner, on, address }
  }

  it('is answered only while the address is active here', () => {
    const hosts = sharing()
    expect(asked(hosts, ask(VIRTUAL_IP))).toEqual([])
    hosts.owner.active = true
    expect(asked(hosts, ask(VIRTUAL_IP))).toHaveLength(1)
    hosts.owner.active = false
    expect(asked(hosts, ask(VIRTUAL_IP))).toEqual([])
  })

  it('gets the virtual MAC, by a frame that comes from the NIC itself', () => {
    const hosts = sharing()
    hosts.owner.active = true
    expect(asked(hosts, ask(VIRTUAL_IP))).toEqual([reply(VIRTUAL_MAC, VIRTUAL_IP)])
    expect(asked(hosts, ask(PC_IP))).toEqual([reply(PC_MAC, PC_IP)])
  })

  it('is not answered any more once the address is gone', () => {
    const hosts = sharing()
    hosts.owner.active = true
    hosts.on.removeAddress(hosts.address)
    expect(asked(hosts, ask(VIRTUAL_IP))).toEqual([])
  })
})

describe('the announcement of an address', () => {
  it('is the gratuitous ARP of vector V3, byte for byte', () => {
    const { lab, host, peer } = hostOnCables({
      nics: { vmx0: '00:0c:29:aa:00:01' },
      interfaces: [{ name: 'WAN', nic: 'vmx0', address: '10.10.210.251/24' }],
    })
    const { stack } = runningOf(host)
    const owner = { active: true, mac: mac(VIRTUAL_MAC), election: new Decider('election') }
    stack.arp.announce(host.findInterface('WAN') as IpInterface, {
      address: ip('10.10.210.253'),
      length: 24,
      owner,
    })
    lab.settle()
    expect(peer('vmx0').takeReceived()).toEqual([
      toHex(
        fromHex(`ffffffffffff 000c29aa0001 0806 0001
          0800 06 04 0001 00005e000101 0a0ad2fd
          000000000000 0a0ad2fd`),
      ),
    ])
  })

  it('of an address that is its own carries the MAC of the NIC', () => {
    const { lab, host, peer } = hostOnCables()
    const on = host.findInterface('eth0') as IpInterface
    runningOf(host).stack.arp.announce(on, { address: ip(PC_IP), length: 24 })
    lab.settle()
    const expected = arp({ senderMac: PC_MAC, senderIp: PC_IP, targetIp: PC_IP })
    expect(peer().takeReceived()).toEqual([toHex(expected)])
  })
})

describe('a frame that is no good', () => {
  it.each([
    [
      'an ARP packet cut short',
      ethernet({ to: PC_MAC, from: PEER_MAC }, 0x0806, new Uint8Array(27)),
      'malformed',
    ],
    ['a type that nobody knows', ethernet({ to: PC_MAC, from: PEER_MAC }), 'unknownProtocol'],
    [
      'a reverse ARP, of which ESXi sends many',
      ethernet({ to: 'broadcast', from: PEER_MAC }, 0x8035),
      'unknownProtocol',
    ],
    [
      'a group that was not joined',
      ethernet({ to: '01:00:5e:00:00:12', from: PEER_MAC }),
      'groupNotJoined',
    ],
  ])('(%s) is dropped', (_what, bytes, cause) => {
    const hosts = hostOnCables()
    expect(asked(hosts, bytes)).toEqual([])
    expect(hosts.lab.drops).toEqual([`${cause} at pc eth0`])
  })
})

describe('a handler of another EtherType', () => {
  it('gets its frames without their tag, and sends its own', () => {
    const heartbeat = 0x8890
    const { lab, host, exchange } = hostOnCables({
      interfaces: [{ name: 'HA', nic: 'eth0', vlanId: 5 }],
    })
    const { stack } = runningOf(host)
    stack.handleEtherType(heartbeat, (frame, arrival) => {
      // An echo: it only shows that what came in can go out again.
      stack.transmitTo(arrival, mac(PEER_MAC), lab.world.frames.copy(frame))
      lab.world.frames.deliver(frame)
    })
    const payload = new Uint8Array([1, 2, 3])
    const sent = ethernet({ to: PC_MAC, from: PEER_MAC, vlanId: 5 }, heartbeat, payload)
    const back = ethernet({ to: PEER_MAC, from: PC_MAC, vlanId: 5 }, heartbeat, payload)
    expect(exchange(sent)).toEqual([{ nic: 'eth0', ...dissect(toHex(back)) }])
  })
})
