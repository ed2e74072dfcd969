import { describe, expect, it } from 'vitest'
import { pfSenseIn } from '../devices/pfsense/faults/pfsense-fault.ts'
import { SECOND_NS } from '../engine/time.ts'
import { formatIpv4 } from '../protocols/addresses.ts'
import { ScenarioRun } from '../simulation/run.ts'
import { finalStatus, flowOf, runScenario, scenarioOf } from './run-scenario.fixture.ts'

/**
 * What only the primary was told, and who acts on it once it is gone: a change is saved at 3 s,
 * pfsense1 is cut at 12 s, and everything new from 20 s on is the business of pfsense2.
 */

const FIREWALLS = 'topology.firewalls'
const SERVER = '10.10.110.10'
const VIP = '10.10.210.253'
const SAVE = '{ kind: save, node: pfsense1, at: 3s }'
const CUT = '{ kind: power-off, node: pfsense1, at: 12s }'
const FAULTS = ['duration=40s', `faults=[${SAVE}, ${CUT}]`]
/** Without it nothing comes. */
const RULE_FOR_SYNC = {
  interface: 'SYNC',
  action: 'pass',
  protocol: 'any',
  source: 'any',
  destination: 'any',
  description: '',
} as const
const unticked = (section: string) => `**.configSync.sections.${section}=false`

describe('a port forward of the primary', () => {
  const forward = `{ interface: WAN, destination: ${VIP}, port: 2222, target: ${SERVER}, targetPort: 22 }`
  const flow = `{ name: ssh-in, kind: tcp, from: wan-host, to: ${VIP}, port: 2222, start: 20s, timeout: 5s }`
  /** So that there is something to forward to. */
  const listener = `{ name: ssh, kind: tcp, from: client1, to: ${SERVER} }`
  const sessions = (...overrides: string[]) => {
    const { metrics } = runScenario(
      'config-sync',
      ...FAULTS,
      `flows=[${flow}, ${listener}]`,
      `${FIREWALLS}.pfsense1.filter.portForwards=[${forward}]`,
      ...overrides,
    )
    return flowOf(metrics, 'ssh-in').received
  }

  it('works on the secondary: NAT is one section, its rule belongs to another', () => {
    expect(sessions()).toBeGreaterThan(15)
    expect([sessions(unticked('nat')), sessions(unticked('rules'))]).toEqual([0, 0])
  })

  it('needs no rule with pass', () => {
    const pass = `${FIREWALLS}.pfsense1.filter.portForwards[0].filterRule=pass`
    expect(sessions(pass, unticked('rules'))).toBeGreaterThan(15)
  })
})

describe('outbound NAT of the primary', () => {
  const rule = `{ interface: WAN, source: 10.10.110.0/24, target: ${VIP} }`
  /** What a ping from the server becomes on pfsense2. */
  const translated = (...overrides: string[]) => {
    const scenario = scenarioOf(
      'config-sync',
      ...FAULTS,
      'flows=[{ name: out, kind: windows-ping, from: srv-server, to: 203.0.113.10, start: 20s }]',
      `${FIREWALLS}.pfsense1.filter.outboundNat={ mode: manual, rules: [${rule}] }`,
      ...overrides,
    )
    const run = new ScenarioRun(scenario, 'test')
    run.advance(30 * SECOND_NS)
    const states = pfSenseIn(run.network, 'pfsense2').states?.all() ?? []
    const outwards = states.filter(
      ({ wire, direction }) => direction === 'out' && wire.protocol === 1,
    )
    const ends = outwards.flatMap(({ wire }) => [wire.address0, wire.address1])
    return new Set(ends.map(formatIpv4).filter((each) => each !== '203.0.113.10'))
  }

  it('translates on the secondary', () => {
    expect([...translated()]).toEqual([VIP])
    // In mode Automatic, which is what it had.
    expect([...translated(unticked('nat'))]).toEqual(['10.10.210.252'])
  })
})

describe('a floating rule of the primary', () => {
  const rule = `{ action: block, quick: true, protocol: icmp, destination: ${SERVER}, description: no ping }`
  const losses = (...overrides: string[]) => {
    const { metrics } = runScenario(
      'config-sync',
      ...FAULTS,
      `flows=[{ name: ping, kind: linux-ping, from: client1, to: ${SERVER}, start: 20s }]`,
      `${FIREWALLS}.pfsense1.filter.floatingRules=[${rule}]`,
      ...overrides,
    )
    return [...new Set(flowOf(metrics, 'ping').losses.map(({ at }) => at))]
  }

  it('counts on the secondary, before those of the tabs', () => {
    expect(losses()).toEqual(['pfsense2 VLANCLIENT: USER_RULE: no ping'])
    expect(losses(unticked('rules'))).toEqual([])
  })
})

describe('the OpenVPN server of the primary', () => {
  const vpnAt = (port: number, ...overrides: string[]) => {
    const { metrics } = runScenario(
      'vpn-reconnect',
      ...FAULTS,
      `flows.vpn.port=${port}`,
      'flows.vpn.start=20s',
      `${FIREWALLS}.pfsense1.openvpn.port=1195`,
      // The rule of the wizard is about port 1194.
      `${FIREWALLS}.*.filter.floatingRules=[{ quick: true, protocol: udp, destination: ${VIP} }]`,
      ...overrides,
    )
    return flowOf(metrics, 'vpn').received
  }

  it('answers at its new port on the secondary', () => {
    expect(vpnAt(1195)).toBeGreaterThan(10)
    expect(vpnAt(1195, unticked('openvpn'))).toBe(0)
  })

  it('comes to a secondary that had none, with the rules that it needs', () => {
    const scenario = scenarioOf('vpn-reconnect', ...FAULTS, 'flows.vpn.start=20s')
    const [first, second] = scenario.topology.firewalls
    if (first === undefined || second?.filter === undefined) throw new Error('two firewalls')
    const { openvpn: _, ...without } = second
    const bare = { ...without, filter: { ...second.filter, rules: [RULE_FOR_SYNC] } }
    const topology = { ...scenario.topology, firewalls: [first, bare] }
    const { metrics } = new ScenarioRun({ ...scenario, topology }, 'test').finish()
    expect(flowOf(metrics, 'vpn').received).toBeGreaterThan(10)
  })
})

describe('a virtual IP that is changed on the primary', () => {
  const changed = (change: string, ...overrides: string[]) =>
    runScenario(
      'config-sync',
      'duration=60s',
      `faults=[{ kind: virtual-ip-apply, node: pfsense1, interface: WAN, vhid: 1, at: 10s, ${change} }]`,
      'flows=[]',
      ...overrides,
    )
  const linesOf = (timeline: string, text: string) =>
    timeline.split('\n').filter((line) => line.includes(text))

  it('starts over on both, and the rules of the secondary wait for its pfsync', () => {
    const { metrics, timeline } = changed('advskew: 20')
    for (const node of ['pfsense1', 'pfsense2']) {
      expect(linesOf(timeline, `${node}  WAN@1: INIT -> BACKUP (init`)).toHaveLength(1)
    }
    expect(finalStatus(metrics, 'pfsense1')).toContain('WAN@1 MASTER')
    const [sync] = metrics.configSync
    expect(sync).toMatchObject({ startedUs: 11_000_000, result: 'synchronized' })
    // The wait of 31 s, the event and the load.
    expect(sync?.appliedUs).toBeGreaterThan((11 + 31 + 1) * 1_000_000)
    expect(sync?.appliedUs).toBeLessThan((11 + 31 + 3) * 1_000_000)
  })

  it('is a matter of the same password on both: else there are two MASTERs (L09)', () => {
    const roles = (...overrides: string[]) => {
      const { metrics } = changed('password: other', ...overrides)
      return ['pfsense1', 'pfsense2'].map((node) => finalStatus(metrics, node)[0])
    }
    expect(roles()).toEqual(['WAN@1 MASTER', 'WAN@1 BACKUP'])
    expect(roles(unticked('virtualIps'))).toEqual(['WAN@1 MASTER', 'WAN@1 MASTER'])
  })
})
