import { describe, expect, it } from 'vitest'
import { problemOf } from '../small.fixture.ts'

describe('faults', () => {
  it.each([
    [
      'node: fw1, at: 30s',
      'node: fwl, at: 30s',
      '[1].node: unknown firewall or host "fwl"; did you mean fw1? expected fw1, fw2, server or station',
    ],
    ['at: 30s', 'at: 60s', '[1].at: expected a time before the end of the run (60s), got 60s'],
    [
      'at: 30s',
      'at: { from: 50s, to: 61s }',
      '[1].at.to: expected a time no later than the end of the run (60s), got 61s',
    ],
    [
      'at: 30s',
      'at: { from: 60s, to: 61s }',
      '[1].at.from: expected a time before the end of the run (60s), got 60s',
    ],
    [
      'at: 30s',
      'at: { from: 31s, to: 30s }',
      '[1].at.from: expected a time before to (30s), got 31s',
    ],
    [
      'at: 30s',
      'at: { from: 30s, to: 30s }',
      '[1].at.from: expected a time before to (30s), got 30s',
    ],
    [
      'at: 30s',
      'at: 12.5s',
      '[1].at: the power-off at line 55 may come later; expected a time after it',
    ],
    [
      'node: fw1, at: 30s',
      'node: fw2, at: 30s',
      '[1]: fw2 is never off before this power-on; expected an earlier power-off or halt of it, or powerState: poweredOff',
    ],
    [
      'power-on, node: fw1',
      'link-up, node: fw1, nic: vmx0',
      '[1]: vmx0 of fw1 is never down before this link-up; expected an earlier link-down of it',
    ],
    [
      'power-on, node: fw1',
      'link-down, node: fw1, nic: vmx7',
      '[1].nic: unknown NIC of fw1 "vmx7"; did you mean vmx0? expected vmx0',
    ],
    [
      'power-on, node: fw1',
      'interface-disable, node: fw1, interface: SRV',
      '[1].interface: unknown interface of fw1 "SRV"; expected SERVER or MGMT',
    ],
    [
      'power-on, node: fw1',
      'interface-enable, node: fw1, interface: MGMT',
      '[1]: MGMT of fw1 is never disabled before this interface-enable; expected an earlier interface-disable of it, or enabled: false',
    ],
    [
      'power-on, node: fw1',
      'maintenance-enter, node: server',
      '[1].node: unknown firewall "server"; expected fw1 or fw2',
    ],
    [
      'power-on, node: fw1',
      'maintenance-leave, node: fw1',
      '[1]: fw1 is never in maintenance before this maintenance-leave; expected an earlier maintenance-enter of it',
    ],
    [
      'power-on, node: fw1',
      'reboot, node: server',
      '[1].node: unknown firewall "server"; expected fw1 or fw2',
    ],
    [
      'power-on, node: fw1',
      'carp-enable, node: fw1',
      '[1]: fw1 never has CARP disabled before this carp-enable; expected an earlier carp-disable of it',
    ],
    [
      'power-on, node: fw1',
      'interface-apply, node: server, interface: eth0',
      '[1].node: unknown firewall "server"; expected fw1 or fw2',
    ],
    [
      'power-on, node: fw1',
      'interface-apply, node: fw1, interface: SRV',
      '[1].interface: unknown interface of fw1 "SRV"; expected SERVER or MGMT',
    ],
    [
      'power-on, node: fw1',
      'virtual-ip-apply, node: fw1, interface: MGMT, vhid: 2',
      '[1].vhid: MGMT of fw1 has no VHID 2; it has 5',
    ],
  ])('%j -> %j', (from, to, expected) => {
    expect(problemOf([from, to])).toBe(`small.yaml:56: faults${expected}`)
  })

  it.each([
    ['at: 30s', 'at: 13s'],
    ['at: 30s', 'at: { from: 59s, to: 60s }'],
    ['power-on, node: fw1', 'link-down, node: esx1, nic: vmnic0'],
    ['power-on, node: fw1', 'power-off, node: server'],
    ['power-on, node: fw1', 'interface-disable, node: server, interface: eth0'],
    ['power-off, node: fw1', 'halt, node: fw1'],
    ['power-on, node: fw1', 'carp-disable, node: fw2'],
    ['power-on, node: fw1', 'virtual-ip-apply, node: fw1, interface: MGMT, vhid: 5'],
  ])('%j -> %j is fine', (from, to) => {
    expect(problemOf([from, to])).toBe('')
  })

  it('pull no cable where there is none', () => {
    const spare = '        - { name: vmnic1, macAddress: "02:00:5e:00:53:02" }\n      vswitches:\n'
    expect(
      problemOf(
        ['power-on, node: fw1', 'link-down, node: esx1, nic: vmnic1'],
        ['      vswitches:\n', spare],
      ),
    ).toMatch(/faults\[1\]\.nic: no cable ends at vmnic1 of esx1; expected a NIC with a cable/)
  })

  it('mend what was broken from the start', () => {
    expect(
      problemOf(
        ['node: fw1, at: 30s', 'node: fw2, at: 30s'],
        ['    - name: fw2\n', '    - name: fw2\n      powerState: poweredOff\n'],
      ),
    ).toBe('')
    expect(
      problemOf(
        ['power-on, node: fw1', 'interface-enable, node: fw1, interface: MGMT'],
        ['name: MGMT, nic: vmx0', 'name: MGMT, enabled: false, nic: vmx0'],
      ),
    ).toBe('')
  })
})
