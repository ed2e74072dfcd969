import { describe, expect, it } from 'vitest'
import { edited, problemsIn } from './small.fixture.ts'

const VIP = 'topology.firewalls[0].virtualIps[0]'

describe('a field', () => {
  it('that is unknown is answered with those that are known, and the likely one', () => {
    expect(problemsIn(edited(['vhid: 2,', 'vhid: 2, advskw: 100,']))).toEqual([
      `small.yaml:28: ${VIP}.advskw: unknown field; did you mean advskew? expected interface, vhid, address, description, password, advbase or advskew`,
    ])
    expect(problemsIn(edited(['vhid: 2,', 'vhid: 2, color: blue,']))).toEqual([
      `small.yaml:28: ${VIP}.color: unknown field; expected interface, vhid, address, description, password, advbase or advskew`,
    ])
  })

  it('that is required and misspelt is one problem, not two', () => {
    expect(problemsIn(edited(['vhid: 2,', 'vihd: 2,']))).toEqual([
      `small.yaml:28: ${VIP}.vihd: unknown field; did you mean vhid? expected interface, vhid, address, description, password, advbase or advskew`,
    ])
    expect(problemsIn(edited(['  switches:', '  swiches:']))).toEqual([
      'small.yaml:15: topology.swiches: unknown field; did you mean switches? expected esxiHosts, switches, firewalls or hosts',
    ])
  })

  it('that is required and missing stands at the line of the object that lacks it', () => {
    expect(problemsIn(edited([', password: secret-2', '']))).toEqual([
      `small.yaml:28: ${VIP}.password: missing; expected a password of at least 1 character`,
    ])
    expect(problemsIn(edited(['    - name: fw2\n      nics:', '    - nics:']))[0]).toMatch(
      /^small.yaml:30: topology.firewalls\[1\].name: missing; expected the name of a firewall/,
    )
  })

  it('without a value has nothing', () => {
    expect(problemsIn(edited(['vhid: 2,', 'vhid: ,']))).toEqual([
      `small.yaml:28: ${VIP}.vhid: expected an integer from 1 to 255, got nothing`,
    ])
  })
})

describe('a value', () => {
  const vhid = 'expected an integer from 1 to 255'
  const address =
    'expected an interface address such as 10.10.110.251/24, neither the network itself nor its broadcast'
  const mac = 'expected the MAC address of one card such as 00:50:56:01:00:01'
  const long = 'expected a duration above zero such as 90s, 12.5s or 500ms'

  it.each([
    ['vhid: 2,', 'vhid: 300,', `28: ${VIP}.vhid: ${vhid}, got 300`],
    ['vhid: 2,', 'vhid: 0,', `28: ${VIP}.vhid: ${vhid}, got 0`],
    ['vhid: 2,', 'vhid: 0.5,', `28: ${VIP}.vhid: ${vhid}, got 0.5`],
    ['vhid: 2,', 'vhid: two,', `28: ${VIP}.vhid: ${vhid}, got "two"`],
    ['vhid: 2,', 'vhid: "2",', `28: ${VIP}.vhid: ${vhid}, got "2"`],
    ['vhid: 2,', 'vhid: [2],', `28: ${VIP}.vhid: ${vhid}, got a list`],
    ['vhid: 2,', 'vhid: .inf,', `28: ${VIP}.vhid: ${vhid}, got Infinity`],
    [
      'vhid: 2,',
      'vhid: 2, advskew: 255,',
      `28: ${VIP}.advskew: expected an integer from 0 to 254, got 255`,
    ],
    [
      'vhid: 2,',
      'vhid: 2, advbase: 0,',
      `28: ${VIP}.advbase: expected an integer from 1 to 254, got 0`,
    ],
    [
      'secret-2',
      '1234',
      `28: ${VIP}.password: expected a password of at least 1 character, got 1234 (between quotes it is text)`,
    ],
    ['secret-2', '""', `28: ${VIP}.password: expected a password of at least 1 character, got ""`],
    ['10.10.110.254/24', '10.10.110.254', `28: ${VIP}.address: ${address}, got "10.10.110.254"`],
    [
      '10.10.110.254/24',
      '10.10.300.254/24',
      `28: ${VIP}.address: ${address}, got "10.10.300.254/24"`,
    ],
    [
      '10.10.110.254/24',
      '10.10.110.254/33',
      `28: ${VIP}.address: ${address}, got "10.10.110.254/33"`,
    ],
    ['10.10.110.254/24', '10.10.110.0/24', `28: ${VIP}.address: ${address}, got "10.10.110.0/24"`],
    [
      '10.10.110.254/24',
      '10.10.110.255/24',
      `28: ${VIP}.address: ${address}, got "10.10.110.255/24"`,
    ],
    ['10.10.110.254/24', '224.0.0.18/24', `28: ${VIP}.address: ${address}, got "224.0.0.18/24"`],
    [
      '00:50:56:01:00:01',
      '00:50:56:01:00',
      `23: topology.firewalls[0].nics[0].macAddress: ${mac}, got "00:50:56:01:00"`,
    ],
    [
      '00:50:56:01:00:01',
      '00-50-56-01-00-01',
      `23: topology.firewalls[0].nics[0].macAddress: ${mac}, got "00-50-56-01-00-01"`,
    ],
    [
      '00:50:56:01:00:01',
      '01:00:5e:00:00:12',
      `23: topology.firewalls[0].nics[0].macAddress: ${mac}, got "01:00:5e:00:00:12"`,
    ],
    ['duration: 60s', 'duration: 60', `2: duration: ${long}, got 60`],
    ['duration: 60s', 'duration: -60s', `2: duration: ${long}, got "-60s"`],
    ['duration: 60s', 'duration: 0s', `2: duration: ${long}, got "0s"`],
    ['duration: 60s', 'duration: a minute', `2: duration: ${long}, got "a minute"`],
    [
      'name: small',
      'name: ../up',
      '1: name: expected a name, 1 to 64 letters, digits, dots, dashes and underscores, got "../up"',
    ],
    [
      'to: 10.10.110.10 ',
      'to: server ',
      '53: flows[0].to: expected an IPv4 address of one machine such as 10.10.110.254, got "server"',
    ],
    [
      'to: 10.10.110.10 ',
      'to: 10.10.110.10, phase: never ',
      '53: flows[0].phase: expected random, or a duration such as 90s, 12.5s, 500ms or 15us, got "never"',
    ],
    [
      'vlanId: 4095',
      'vlanId: 4096',
      '12: topology.esxiHosts[0].vswitches[0].portGroups[0].vlanId: expected an integer from 0 to 4095, got 4096',
    ],
    [
      'vlanId: 4095',
      'vlanId: 4095, security: { macChanges: deny }',
      '12: topology.esxiHosts[0].vswitches[0].portGroups[0].security.macChanges: expected accept or reject, got "deny"',
    ],
    [
      'uplinks: [vmnic0]',
      'uplinks: vmnic0',
      '10: topology.esxiHosts[0].vswitches[0].uplinks: expected a list of names of vmnics, got "vmnic0"',
    ],
    [
      'duration: 60s',
      'duration: 60s\ncaptures: { points: some }',
      '3: captures.points: expected all, none, or a list of capture points, got "some"',
    ],
    [
      'duration: 60s',
      'duration: 60s\nseed: 9007199254740993',
      '3: seed: expected an integer from 0 to 9007199254740991, got 9007199254740992',
    ],
  ])('%j -> %j', (from, to, problem) => {
    expect(problemsIn(edited([from, to]))).toEqual([`small.yaml:${problem}`])
  })
})

describe('a choice between mappings', () => {
  const plug = 'small.yaml:23: topology.firewalls[0].nics[0].connectedTo'

  it('is read as the one that was meant', () => {
    expect(problemsIn(edited(['portGroup: TRUNK', 'portgroup: TRUNK']))).toEqual([
      `${plug}.portgroup: unknown field; did you mean portGroup? expected esxiHost or portGroup`,
    ])
    expect(problemsIn(edited(['portGroup: TRUNK', 'portGroup: 7']))).toEqual([
      `${plug}.portGroup: expected the name of a port group, 1 to 64 characters, got 7 (between quotes it is text)`,
    ])
    expect(problemsIn(edited(['mode: access', 'mode: acess']))).toEqual([
      'small.yaml:19: topology.switches[0].ports[1].mode: expected access or trunk, got "acess"',
    ])
    expect(problemsIn(edited([', mode: access', '']))).toEqual([
      'small.yaml:19: topology.switches[0].ports[1].mode: missing; expected access or trunk',
    ])
  })

  it('names them all when that cannot be told', () => {
    const forms = 'expected { esxiHost, portGroup }, { switch, port } or { node, nic }'
    expect(problemsIn(edited(['portGroup: TRUNK', 'port: TRUNK']))).toEqual([
      `${plug}: ${forms}, got a mapping with esxiHost, port`,
    ])
    expect(problemsIn(edited(['{ esxiHost: esx1, portGroup: TRUNK }', 'esx1']))).toEqual([
      `${plug}: ${forms}, got "esx1"`,
    ])
  })

  it('of faults goes by their kind', () => {
    expect(problemsIn(edited(['kind: power-on', 'kind: poweron']))).toEqual([
      expect.stringMatching(
        /^small.yaml:56: faults\[1\].kind: expected power-off, .* got "poweron"$/,
      ),
    ])
    expect(problemsIn(edited(['node: fw1, at: 30s', 'node: fw1, nic: vmx0, at: 30s']))).toEqual([
      'small.yaml:56: faults[1].nic: unknown field; expected kind, node or at',
    ])
    expect(problemsIn(edited(['kind: power-on', 'kind: link-up']))).toEqual([
      'small.yaml:56: faults[1].nic: missing; expected the name of a NIC, 1 to 64 characters',
    ])
    expect(
      problemsIn(edited(['  - { kind: power-on, node: fw1, at: 30s }', '  - power-on'])),
    ).toEqual(['small.yaml:56: faults[1]: expected a mapping with a kind, got "power-on"'])
  })

  it('of instants takes a duration or a range', () => {
    expect(problemsIn(edited(['at: 30s', 'at: soon']))).toEqual([
      'small.yaml:56: faults[1].at: expected a duration such as 90s, 12.5s, 500ms or 15us, got "soon"',
    ])
    expect(problemsIn(edited(['at: 30s', 'at: -30s']))[0]).toContain('got "-30s"')
    expect(problemsIn(edited(['at: 30s', 'at: 12']))).toEqual([
      'small.yaml:56: faults[1].at: expected a duration such as 12s, or a range such as { from: 12s, to: 13s }, got 12',
    ])
    expect(problemsIn(edited(['from: 12s', 'frm: 12s']))).toEqual([
      'small.yaml:55: faults[0].at.frm: unknown field; did you mean from? expected from or to',
    ])
  })
})
