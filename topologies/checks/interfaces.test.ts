import { describe, expect, it } from 'vitest'
import { problemOf } from '../small.fixture.ts'

describe('interfaces', () => {
  it.each([
    [
      'name: SERVER, nic: vmx0',
      'name: SERVER, nic: vmx1',
      '25: topology.firewalls[0].interfaces[0].nic: unknown NIC of fw1 "vmx1"; did you mean vmx0? expected vmx0',
    ],
    [
      'nic: vmx0, vlanId: 199,',
      'nic: vmx0, vlanId: 110,',
      '26: topology.firewalls[0].interfaces[1].vlanId: vmx0 with VLAN 110 already belongs to the interface at line 25; expected another VLAN or NIC',
    ],
    [
      'gateway: 10.10.199.1 ',
      'gateway: 10.10.198.1 ',
      '26: topology.firewalls[0].interfaces[1].gateway: expected an address in the network of 10.10.199.251/24, got 10.10.198.1',
    ],
    [
      'address: 10.10.110.251/24',
      'address: 10.10.110.251/24, gateway: 10.10.110.1',
      '26: topology.firewalls[0].interfaces[1].gateway: the default route is already at line 25; expected one for the machine',
    ],
    [
      'address: 10.10.199.10/24, gateway: 10.10.199.254',
      'gateway: 10.10.199.254',
      '51: topology.hosts[1].interfaces[0].gateway: a gateway but no address; expected an address on the same network',
    ],
    [
      'gateway: 10.10.199.254 }\n',
      'gateway: 10.10.199.254 }\n      routes: [{ to: 10.9.0.0/16, via: 10.9.0.1 }]\n',
      '52: topology.hosts[1].routes[0].via: expected an address in the network of 10.10.199.10/24, got 10.9.0.1',
    ],
    [
      'gateway: 10.10.199.254 }\n',
      'gateway: 10.10.199.254 }\n      routes: [{ to: 10.9.0.1/16, via: 10.10.199.1 }]\n',
      '52: topology.hosts[1].routes[0].to: expected an IPv4 network such as 10.10.0.0/16, with no bits set behind the prefix, got "10.9.0.1/16"',
    ],
  ])('fit their machine: %j -> %j', (from, to, expected) => {
    expect(problemOf([from, to])).toBe(`small.yaml:${expected}`)
  })

  it('may share a NIC between untagged frames and VLANs', () => {
    expect(
      problemOf([
        '        - { name: SERVER, nic: vmx0',
        '        - { name: LAN, nic: vmx0 }\n        - { name: SERVER, nic: vmx0',
      ]),
    ).toBe('')
  })
})
