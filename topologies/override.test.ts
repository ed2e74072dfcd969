import { describe, expect, it } from 'vitest'
import type { Scenario } from './document.ts'
import { readScenario } from './read.ts'
import { edited, problemsIn, SMALL } from './small.fixture.ts'

function withSet(...overrides: string[]): Scenario {
  const result = readScenario(SMALL, overrides)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.scenario
}

describe('--set', () => {
  it('goes by field, by index and by name', () => {
    const scenario = withSet(
      'seed=7',
      'topology.firewalls[0].bootDuration=20s',
      'topology.firewalls.fw2.virtualIps.1.advskew=50',
      'topology.firewalls[fw2].bootDuration=10s',
      'topology.switches.sw1.ports.Gi1/0/1.allowedVlans=[110, 120, 199]',
      'faults[0].at={ from: 14s, to: 15s }',
    )
    expect(scenario.seed).toBe(7)
    expect(scenario.topology.firewalls.map((it) => it.bootDuration)).toEqual(['20s', '10s'])
    expect(scenario.topology.firewalls[1]?.virtualIps[1]?.advskew).toBe(50)
    expect(scenario.topology.switches[0]?.ports[0]).toMatchObject({ allowedVlans: [110, 120, 199] })
    expect(scenario.faults[0]?.at).toEqual({ from: '14s', to: '15s' })
  })

  it('takes names with dots in them', () => {
    const scenario = withSet('topology.esxiHosts.esx1.advanced.Net.BlockGuestBPDU=0')
    expect(scenario.topology.esxiHosts[0]?.advanced['Net.BlockGuestBPDU']).toBe(0)
  })

  it('makes fields that are valid but absent', () => {
    const path = 'topology.esxiHosts.esx1.vswitches.vSwitch0.portGroups.SERVER.security'
    const scenario = withSet(
      'flows.ping.stop=20s',
      'topology.firewalls.fw1.carp.preempt=false',
      `${path}.forgedTransmits=reject`,
    )
    expect(scenario.flows[0]?.stop).toBe('20s')
    expect(scenario.topology.firewalls[0]?.carp.preempt).toBe(false)
    expect(scenario.topology.esxiHosts[0]?.vswitches[0]?.portGroups[1]?.security).toEqual({
      promiscuousMode: 'reject',
      macChanges: 'accept',
      forgedTransmits: 'reject',
    })
  })

  it('reaches port groups through their vSwitch', () => {
    const path = 'topology.esxiHosts.esx1.vswitches.vSwitch0.security.promiscuousMode'
    const [vswitch] = withSet(`${path}=accept`).topology.esxiHosts[0]?.vswitches ?? []
    expect(vswitch?.portGroups.map((it) => it.security.promiscuousMode)).toEqual([
      'accept',
      'accept',
      'accept',
    ])
  })

  it('knows wildcards', () => {
    const scenario = withSet(
      '**.forgedTransmits=reject',
      'topology.firewalls.*.virtualIps[*].advbase=2',
      '**.advskew=7',
    )
    const [vswitch] = scenario.topology.esxiHosts[0]?.vswitches ?? []
    expect(vswitch?.security.forgedTransmits).toBe('reject')
    expect(vswitch?.portGroups.map((it) => it.security.forgedTransmits)).toEqual([
      'reject',
      'reject',
      'reject',
    ])
    const virtualIps = scenario.topology.firewalls.flatMap((it) => it.virtualIps)
    expect(virtualIps.map((it) => [it.advbase, it.advskew])).toEqual([
      [2, 7],
      [2, 7],
      [2, 7],
      [2, 7],
    ])
  })

  it('works in order, each on what the earlier ones left', () => {
    expect(withSet('seed=7', 'seed=8').seed).toBe(8)
    expect(withSet('flows=[]', 'faults=[]').faults).toEqual([])
  })

  it('leaves what it was given alone', () => {
    expect(withSet('seed=7').seed).toBe(7)
    expect(withSet('language=en').seed).toBe(1)
  })

  it('can mend a scenario', () => {
    const text = edited(['duration: 60s', 'duration: 20s'])
    expect(problemsIn(text)).toHaveLength(1)
    expect(problemsIn(text, ['duration=60s'])).toEqual([])
  })
})

describe('a path that matches nothing', () => {
  it.each([
    [
      'topology.firewalls.fw3.bootDuration=20s',
      'topology.firewalls holds no fw3; did you mean fw1? expected fw1 or fw2, or an index from 0 to 1',
    ],
    [
      'topology.firewalls[2].bootDuration=20s',
      'topology.firewalls holds no 2; expected fw1 or fw2, or an index from 0 to 1',
    ],
    [
      'topology.firewalls.fw1.bootDuraton=20s',
      'topology.firewalls[0] has no field bootDuraton; did you mean bootDuration? expected name, product, powerState, bootDuration, nics, interfaces, boot, shutdownDuration, virtualIps, carp, filter, pfsync … (18 in all)',
    ],
    [
      'topolgy.firewalls=[]',
      'the scenario has no field topolgy; did you mean topology? expected name, summary, description, seed, timing, language, duration, settle, topology, flows, faults, budget … (19 in all)',
    ],
    ['faults[7].at=1s', 'faults holds no 7; expected an index from 0 to 1'],
    [
      'duration.seconds=1',
      'duration holds "60s", which has no seconds; expected a value for it as a whole',
    ],
    [
      'topology.hosts.server.routes.0.via=1.1.1.1',
      'topology.hosts[0].routes is an empty list; expected a path to something there',
    ],
    [
      '**.forgedTransmit=reject',
      'nothing in the scenario is called forgedTransmit; did you mean forgedTransmits? expected the name of a field that it has',
    ],
    [
      'topology.firewalls.**.mtu=9000',
      'nothing in topology.firewalls is called mtu; expected the name of a field that it has',
    ],
    [
      'topology.firewalls.*.mtu=9000',
      'topology.firewalls[0] has no field mtu; expected name, product, powerState, bootDuration, nics, interfaces, boot, shutdownDuration, virtualIps, carp, filter, pfsync … (18 in all)',
    ],
    [
      '__proto__.x=1',
      'the scenario has no field __proto__; expected name, summary, description, seed, timing, language, duration, settle, topology, flows, faults, budget … (19 in all)',
    ],
    [
      'constructor=1',
      'the scenario has no field constructor; expected name, summary, description, seed, timing, language, duration, settle, topology, flows, faults, budget … (19 in all)',
    ],
  ])('%s names the nearest part', (override, expected) => {
    expect(problemsIn(SMALL, [override])).toEqual([`--set ${override}: ${expected}`])
  })

  it.each(['seed', '=1', '', '.=1', 'topology.=1', '**=1'])('%j is no override', (override) => {
    expect(problemsIn(SMALL, [override])).toEqual([
      `--set ${override}: expected PATH=VALUE such as topology.firewalls[0].bootDuration=20s`,
    ])
  })
})

describe('a value that is wrong', () => {
  it('is the problem of its override', () => {
    expect(problemsIn(SMALL, ['topology.firewalls[0].virtualIps[0].vhid=300'])).toEqual([
      '--set topology.firewalls[0].virtualIps[0].vhid=300: expected an integer from 1 to 255, got 300',
    ])
    expect(problemsIn(SMALL, ['topology.firewalls.*.virtualIps.0.vhid=300'])).toEqual([
      '--set topology.firewalls.*.virtualIps.0.vhid=300: topology.firewalls[0].virtualIps[0].vhid: expected an integer from 1 to 255, got 300',
      '--set topology.firewalls.*.virtualIps.0.vhid=300: topology.firewalls[1].virtualIps[0].vhid: expected an integer from 1 to 255, got 300',
    ])
    expect(problemsIn(SMALL, ['duration=[1'])).toEqual([
      '--set duration=[1: expected a value that is YAML, got "[1"',
    ])
  })

  it('is so too when it shows elsewhere', () => {
    expect(problemsIn(SMALL, ['duration=20s', 'seed=2'])).toEqual([
      '--set duration=20s --set seed=2: faults[1].at: expected a time before the end of the run (20s), got 30s',
    ])
  })

  it('does not take the blame for the file', () => {
    const text = edited(['from: station', 'from: sation'])
    expect(problemsIn(text, ['seed=2', 'language=de'])).toEqual([
      'small.yaml:53: flows[0].from: unknown host "sation"; did you mean station? expected server or station',
      '--set language=de: expected fr or en, got "de"',
    ])
  })
})
