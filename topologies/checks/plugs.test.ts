import { describe, expect, it } from 'vitest'
import { problemOf } from '../small.fixture.ts'

describe('plugs', () => {
  const plug = 'topology.firewalls[0].nics[0].connectedTo'
  it.each([
    [
      'esxiHost: esx1, portGroup: TRUNK',
      'esxiHost: esx2, portGroup: TRUNK',
      `23: ${plug}.esxiHost: unknown ESXi host "esx2"; did you mean esx1? expected esx1`,
    ],
    [
      'portGroup: TRUNK',
      'portGroup: TRUNC',
      `23: ${plug}.portGroup: unknown port group of esx1 "TRUNC"; did you mean TRUNK? expected TRUNK, SERVER or CLIENT`,
    ],
    [
      'switch: sw1, port: Gi1/0/2',
      'switch: core, port: Gi1/0/2',
      '49: topology.hosts[1].nics[0].connectedTo.switch: unknown switch "core"; expected sw1',
    ],
    [
      'port: Gi1/0/2',
      'port: Gi1/0/9',
      '49: topology.hosts[1].nics[0].connectedTo.port: unknown port of sw1 "Gi1/0/9"; did you mean Gi1/0/1? expected Gi1/0/1 or Gi1/0/2',
    ],
    [
      'port: Gi1/0/2',
      'port: Gi1/0/1',
      '49: topology.hosts[1].nics[0].connectedTo.port: this port already takes the cable at line 7; expected a port that is free',
    ],
    [
      '[vmnic0]',
      '[vmnic1]',
      '10: topology.esxiHosts[0].vswitches[0].uplinks[0]: unknown vmnic of esx1 "vmnic1"; did you mean vmnic0? expected vmnic0',
    ],
    [
      '{ switch: sw1, port: Gi1/0/2 }',
      '{ node: server2, nic: eth0 }',
      '49: topology.hosts[1].nics[0].connectedTo.node: unknown node "server2"; did you mean server? expected esx1, fw1, fw2, server or station',
    ],
    [
      '{ switch: sw1, port: Gi1/0/2 }',
      '{ node: server, nic: eth1 }',
      '49: topology.hosts[1].nics[0].connectedTo.nic: unknown NIC of server "eth1"; did you mean eth0? expected eth0',
    ],
    [
      '{ switch: sw1, port: Gi1/0/2 }',
      '{ node: server, nic: eth0 }',
      '49: topology.hosts[1].nics[0].connectedTo.nic: the cable at line 43 already ends at this NIC; expected a NIC that is free',
    ],
    [
      '{ switch: sw1, port: Gi1/0/2 }',
      '{ node: station, nic: eth0 }',
      '49: topology.hosts[1].nics[0].connectedTo: a cable from a NIC to itself; expected another NIC',
    ],
  ])('lead somewhere free: %j -> %j', (from, to, expected) => {
    expect(problemOf([from, to])).toBe(`small.yaml:${expected}`)
  })

  it('agree on what cable it is', () => {
    const free = 'macAddress: "00:50:56:11:00:01", linkSpeedMbps: 100'
    const toStation = [
      ['macAddress: "00:50:56:11:00:01", connectedTo: { esxiHost: esx1, portGroup: SERVER }', free],
      ['{ switch: sw1, port: Gi1/0/2 }', '{ node: server, nic: eth0 }, linkSpeedMbps: 10000'],
    ] as const
    expect(problemOf(...toStation)).toBe(
      'small.yaml:43: topology.hosts[0].nics[0].linkSpeedMbps: expected 10000 as at the other end of the cable (line 49), got 100',
    )
    expect(problemOf(...toStation, ['linkSpeedMbps: 100 ', 'linkSpeedMbps: 10000 '])).toBe('')
  })
})
