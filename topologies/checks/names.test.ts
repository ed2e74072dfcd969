import { describe, expect, it } from 'vitest'
import { edited, problemOf, problemsIn } from '../small.fixture.ts'

describe('names', () => {
  it.each([
    [
      'name: fw2',
      'name: fw1',
      '30: topology.firewalls[1].name: fw1 is already the name of a node at line 21; expected another name',
    ],
    [
      'name: fw2',
      'name: sw1',
      '30: topology.firewalls[1].name: sw1 is already the name of a node at line 16; expected another name',
    ],
    [
      'name: Gi1/0/2',
      'name: Gi1/0/1',
      '19: topology.switches[0].ports[1].name: Gi1/0/1 is already the name of a port at line 18; expected another name',
    ],
    [
      'name: CLIENT',
      'name: SERVER',
      '14: topology.esxiHosts[0].vswitches[0].portGroups[2].name: SERVER is already the name of a port group at line 13; expected another name',
    ],
    [
      '[vmnic0]',
      '[vmnic0, vmnic0]',
      '10: topology.esxiHosts[0].vswitches[0].uplinks[1]: vmnic0 is already an uplink at line 10; expected a vmnic that is free',
    ],
    [
      '"02:00:5e:00:53:11"',
      '"00:50:56:01:00:01"',
      '49: topology.hosts[1].nics[0].macAddress: 00:50:56:01:00:01 is already the address of the NIC at line 23; expected one of its own',
    ],
    [
      '"02:00:5e:00:53:11"',
      '"02:00:5E:00:53:01"',
      '49: topology.hosts[1].nics[0].macAddress: 02:00:5E:00:53:01 is already the address of the NIC at line 7; expected one of its own',
    ],
  ])('are unique: %j -> %j', (from, to, expected) => {
    const text = edited([from, to])
    expect(problemsIn(text)).toContain(`small.yaml:${expected}`)
  })

  it('of flows and interfaces too', () => {
    const flow = '  - { name: ping, kind: windows-ping, from: station, to: 10.10.110.10 }\n'
    expect(problemOf([flow, `${flow}${flow.replace('ping', 'PING')}`])).toBe(
      'small.yaml:54: flows[1].name: PING is already the name of a flow at line 53; expected another name',
    )
    expect(
      problemOf(['name: MGMT, nic: vmx0, vlanId: 199,', 'name: SERVER, nic: vmx0, vlanId: 199,']),
    ).toContain(
      'small.yaml:26: topology.firewalls[0].interfaces[1].name: SERVER is already the name of an interface at line 25; expected another name',
    )
  })
})
