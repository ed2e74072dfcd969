import { describe, expect, it } from 'vitest'
import { builtInScenarios, findBuiltIn } from '../built-in.ts'
import type { Scenario } from '../document.ts'
import { resolveScenario } from '../read.ts'
import { ownDocument } from './contents.ts'

function scenario(name: string): Scenario {
  const result = resolveScenario(findBuiltIn(name)?.document)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.scenario
}

describe('the built-in scenarios', () => {
  it.each(builtInScenarios)('$name has no problem', ({ name, document }) => {
    expect(resolveScenario(document)).toMatchObject({ ok: true, scenario: { name } })
    expect((ownDocument(name) as { summary: string }).summary).toMatch(/^.{10,80}$/)
  })

  it('are found by name, the default first', () => {
    expect(builtInScenarios.map((it) => it.name)).toEqual([
      'power-off-return',
      'power-off',
      'vlanclient-disabled',
      'lan-link-down',
      'maintenance-mode',
      'no-fault',
      'tcp-with-pfsync',
      'tcp-without-pfsync',
      'young-state',
      'sync-link-cut',
      'reboot',
      'disable-carp',
      'vpn-reconnect',
      'vpn-maintenance',
      'nat-interface-address',
      'nat-virtual-ip',
      'split-roles-client-to-server',
      'config-sync',
      'admin-vip',
      'team-reflection',
      'vss-default',
      'snapshot-stun',
      'hardened-forged',
      'password-mismatch',
      'stp-without-portfast',
    ])
    expect(findBuiltIn('power-off')?.document.duration).toBe('60s')
    expect(findBuiltIn('power')).toBeUndefined()
  })

  it('break what they are named after', () => {
    const at = { from: '12s', to: '13s' }
    expect(builtInScenarios.map(({ name }) => scenario(name).faults)).toEqual([
      [
        { kind: 'power-off', node: 'pfsense1', at },
        { kind: 'power-on', node: 'pfsense1', at: '30s' },
      ],
      [{ kind: 'power-off', node: 'pfsense1', at }],
      [{ kind: 'interface-disable', node: 'pfsense1', interface: 'VLANCLIENT', at }],
      [{ kind: 'link-down', node: 'pfsense1', nic: 'vmx1', at }],
      [
        { kind: 'maintenance-enter', node: 'pfsense1', at },
        { kind: 'maintenance-leave', node: 'pfsense1', at: '40s' },
      ],
      [],
      [
        { kind: 'power-off', node: 'pfsense1', at },
        { kind: 'power-on', node: 'pfsense1', at: '30s' },
      ],
      [
        { kind: 'power-off', node: 'pfsense1', at },
        { kind: 'power-on', node: 'pfsense1', at: '30s' },
      ],
      [{ kind: 'power-off', node: 'pfsense1', at: '12s' }],
      [
        { kind: 'link-down', node: 'pfsense1', nic: 'vmx2', at: '4s' },
        { kind: 'power-off', node: 'pfsense1', at },
      ],
      [{ kind: 'reboot', node: 'pfsense1', at }],
      [
        { kind: 'carp-disable', node: 'pfsense1', at },
        { kind: 'carp-enable', node: 'pfsense1', at: '30s' },
      ],
      [
        { kind: 'power-off', node: 'pfsense1', at },
        { kind: 'power-on', node: 'pfsense1', at: '90s' },
      ],
      [
        { kind: 'maintenance-enter', node: 'pfsense1', at },
        { kind: 'maintenance-leave', node: 'pfsense1', at: '50s' },
      ],
      [{ kind: 'power-off', node: 'pfsense1', at }],
      [{ kind: 'power-off', node: 'pfsense1', at }],
      [{ kind: 'interface-disable', node: 'pfsense1', interface: 'VLANCLIENT', at }],
      expect.arrayContaining([
        expect.objectContaining({ kind: 'save-rule', node: 'pfsense1', at: '10s' }),
        { kind: 'power-off', node: 'pfsense2', at: '40s' },
        expect.objectContaining({ kind: 'save', node: 'pfsense1', at: '45s' }),
      ]),
      [
        { kind: 'power-off', node: 'pfsense1', at },
        { kind: 'power-on', node: 'pfsense1', at: '30s' },
      ],
      [],
      [],
      [
        { kind: 'suspend', node: 'pfsense1', at: '15s' },
        { kind: 'resume', node: 'pfsense1', at: '18.7s' },
      ],
      [],
      [],
      [
        { kind: 'link-down', node: 'esx1', nic: 'vmnic0', at: '12s' },
        { kind: 'link-up', node: 'esx1', nic: 'vmnic0', at: '20s' },
      ],
    ])
  })
})

describe('the reference network', () => {
  const { topology, flows } = scenario('power-off-return')

  it('has the interfaces of the deployment, in its order', () => {
    const addresses = topology.firewalls.map((firewall) =>
      firewall.interfaces.map((it) => `${it.name} ${it.vlanId ?? '-'} ${it.address ?? '-'}`),
    )
    const expected = (own: number) => [
      `WAN - 10.10.210.${own}/24`,
      'LAN - -',
      `VLANSERVER 110 10.10.110.${own}/24`,
      `VLANCLIENT 120 10.10.120.${own}/24`,
      `VLANDMZ 140 10.10.140.${own}/24`,
      `VLANMGMT 199 10.10.199.${own}/24`,
      `VLANBACKUP 200 10.10.200.${own}/24`,
      `SYNC - 172.29.100.${own}/24`,
    ]
    expect(addresses).toEqual([expected(251), expected(252)])
  })

  it('has the virtual IPs of the deployment, the wrong mask included', () => {
    const rows = topology.firewalls.map(({ virtualIps }) =>
      virtualIps.map((it) => `${it.interface}@${it.vhid} ${it.address} ${it.description}`),
    )
    const expected = [
      'WAN@1 10.10.210.253/24 CARP WAN',
      'VLANSERVER@2 10.10.110.254/24 CARP SERVER',
      'VLANCLIENT@3 10.10.120.254/24 CARP CLIENT',
      'VLANDMZ@4 10.10.140.254/32 CARP DMZ',
      'VLANMGMT@5 10.10.199.254/24 CARP MGMT',
      'VLANBACKUP@6 10.10.200.254/24 CARP BACKUP',
    ]
    expect(rows).toEqual([expected, expected])
    expect(topology.firewalls.map((it) => it.virtualIps.map(({ advskew }) => advskew))).toEqual([
      [0, 0, 0, 0, 0, 0],
      [100, 100, 100, 100, 100, 100],
    ])
  })

  it('lets CARP through where the firewalls are, and nowhere else', () => {
    const portGroups = topology.esxiHosts[0]?.vswitches[0]?.portGroups ?? []
    const open = portGroups.filter((it) => it.security.promiscuousMode === 'accept')
    expect(open.map((it) => it.name)).toEqual(['WAN', 'LAN-TRUNK'])
  })

  it('is pinged from both management stations', () => {
    const pings = flows.filter(({ kind }) => kind.endsWith('-ping'))
    expect(pings.map(({ name, kind, from, to }) => [name, kind, from, to])).toEqual([
      ['mgmt-ping', 'windows-ping', 'mgmt-pc', '10.10.110.10'],
      ['mgmt-linux-ping', 'linux-ping', 'mgmt-linux', '10.10.110.10'],
    ])
  })
})
