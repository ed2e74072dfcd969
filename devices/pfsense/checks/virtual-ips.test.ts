import { describe, expect, it } from 'vitest'
import { edited, problemOf, problemsIn } from '../../../topologies/small.fixture.ts'

describe('virtual IPs', () => {
  const second = 'topology.firewalls[1].virtualIps[0].vhid'

  it('share a VHID across a cluster, and across VLANs', () => {
    expect(problemOf(['vhid: 5', 'vhid: 2'], ['vhid: 5', 'vhid: 2'])).toBe('')
  })

  it('do not repeat a VHID on one broadcast domain', () => {
    const own =
      '        - { interface: SERVER, vhid: 2, address: 10.10.110.254/24, password: secret-2 }\n'
    expect(problemOf([own, own + own.replace('.254', '.253')])).toContain(
      'small.yaml:29: topology.firewalls[0].virtualIps[1].vhid: fw1 already holds VHID 2 on this segment, at line 28; expected a VHID that is free there',
    )
  })

  it('do not give one VHID two addresses on a segment', () => {
    expect(
      problemOf([
        '10.10.110.254/24, password: secret-2, advskew',
        '10.10.110.253/24, password: secret-2, advskew',
      ]),
    ).toBe(
      `small.yaml:37: ${second}: fw1 holds VHID 2 on this segment for 10.10.110.254, at line 28; expected that address instead of 10.10.110.253, or a VHID that is free there`,
    )
  })

  it('may differ in their mask, as pfSense lets them', () => {
    expect(
      problemOf([
        '10.10.110.254/24, password: secret-2, advskew',
        '10.10.110.254/32, password: secret-2, advskew',
      ]),
    ).toBe('')
  })

  it('meet where two VLANs are one broadcast domain', () => {
    // The station's switch port hands VLAN 199 to a firewall that sees it untagged.
    const text = edited(
      [
        '{ esxiHost: esx1, portGroup: TRUNK } }\n      interfaces:\n        - { name: SERVER, nic: vmx0, vlanId: 110, address: 10.10.110.252/24 }\n        - { name: MGMT, nic: vmx0, vlanId: 199, address',
        '{ switch: sw1, port: Gi1/0/3 } }\n      interfaces:\n        - { name: SERVER, nic: vmx0, vlanId: 110, address: 10.10.110.252/24 }\n        - { name: MGMT, nic: vmx0, address',
      ],
      [
        'vlanId: 199 }\n  firewalls',
        'vlanId: 199 }\n        - { name: Gi1/0/3, mode: access, vlanId: 199 }\n  firewalls',
      ],
      [
        '10.10.199.254/24, password: secret-5, advskew',
        '10.10.199.253/24, password: secret-5, advskew',
      ],
    )
    expect(problemsIn(text)).toEqual([
      'small.yaml:39: topology.firewalls[1].virtualIps[1].vhid: fw1 holds VHID 5 on this segment for 10.10.199.254, at line 30; expected that address instead of 10.10.199.253, or a VHID that is free there',
    ])
    expect(problemsIn(text.replace('allowedVlans: [110, 199]', 'allowedVlans: [110]'))).toEqual([])
  })

  it('stand on an interface with an address', () => {
    expect(problemOf(['interface: SERVER', 'interface: SEVER'])).toBe(
      'small.yaml:28: topology.firewalls[0].virtualIps[0].interface: unknown interface of fw1 "SEVER"; did you mean SERVER? expected SERVER or MGMT',
    )
    expect(problemOf(['vlanId: 110, address: 10.10.110.251/24', 'vlanId: 110'])).toBe(
      'small.yaml:28: topology.firewalls[0].virtualIps[0].interface: SERVER has no address of its own; expected an interface with an address',
    )
  })
})
