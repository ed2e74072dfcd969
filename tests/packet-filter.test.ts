import { describe, expect, it } from 'vitest'
import type { TcpFlowMetrics } from '../flows/tcp.ts'
import { flowOf, runPings, runScenario } from './run-scenario.fixture.ts'

/** The firewall is a firewall: whole runs in which pf decides. */

const RULES = 'topology.firewalls.*.filter.rules'

describe('without a rule of the user', () => {
  const { metrics } = runPings('no-fault', `${RULES}=[]`)

  it('every ping dies where it comes in, by the default deny rule', () => {
    for (const { sent, lost, losses, outages } of metrics.flows) {
      expect(lost).toBe(sent)
      expect(outages).toMatchObject([{ upUs: null }])
      for (const { cause, at } of losses) {
        expect([cause, at]).toEqual(['filtered', 'pfsense1 VLANMGMT: Default deny rule IPv4'])
      }
    }
  })

  it('the election goes on: pfSense passes CARP by itself', () => {
    const [first, second] = metrics.status.slice(-2)
    expect(new Set(first?.rows.map(({ status }) => status))).toEqual(new Set(['MASTER']))
    expect(new Set(second?.rows.map(({ status }) => status))).toEqual(new Set(['BACKUP']))
  })
})

describe('a session that no rule lets in', () => {
  it('never opens: down from its first SYN to its end, and it says so', () => {
    const ssh = flowOf(runScenario('no-fault', `${RULES}=[]`).metrics, 'ssh') as TcpFlowMetrics
    expect(ssh).toMatchObject({ sent: 0, sessions: { opened: 0, survived: 0 } })
    expect(ssh.outages).toMatchObject([{ upUs: null }])
  })
})

describe('a rule of the user', () => {
  it('stops one protocol by its name', () => {
    const block = '{ interface: VLANMGMT, action: block, protocol: icmp, description: no pings }'
    const pass = '{ interface: VLANMGMT, source: 10.10.199.0/24, description: the rest }'
    const { metrics } = runScenario('no-fault', `${RULES}=[${block}, ${pass}]`)
    const { losses } = flowOf(metrics, 'mgmt-ping')
    expect(losses[0]).toMatchObject({
      cause: 'filtered',
      at: 'pfsense1 VLANMGMT: USER_RULE: no pings',
    })
  })
})

describe('what died by a rule names it', () => {
  it('by the default deny rule: a call, and a session whose state is not known', () => {
    const call = runScenario('no-fault', `${RULES}=[]`).metrics
    const { sent, losses } = flowOf(call, 'voice')
    expect(losses).toHaveLength(sent)
    const deny = (cause: string, node: string) => ({
      cause,
      at: `${node} VLANMGMT: Default deny rule IPv4`,
    })
    expect(losses.at(-1)).toMatchObject(deny('filtered', 'pfsense1'))
    const cut = runScenario('tcp-without-pfsync').metrics
    expect(flowOf(cut, 'ssh').losses[0]).toMatchObject(deny('noState', 'pfsense2'))
  })

  it('by a rule that rejects, which a client hears of at once', () => {
    const reject = '{ interface: VLANMGMT, action: reject, protocol: tcp, description: no ssh }'
    const { metrics, timeline } = runScenario('no-fault', `${RULES}=[${reject}]`)
    const { sessions } = flowOf(metrics, 'ssh') as TcpFlowMetrics
    expect(sessions).toEqual({ opened: 0, survived: 0, reset: 0, timedOut: 0 })
    // A new attempt each second, until the flow is stopped.
    expect(timeline.split('ssh: no session could be opened (reset)').length).toBeGreaterThan(50)
  })
})

describe('states', () => {
  it('are made in pairs, one per interface that a flow crosses, and expire', () => {
    const { metrics } = runScenario('power-off-return')
    const { pfsense1, pfsense2 } = metrics.nodes
    // Two pings, each with a state in on VLANMGMT and one out on VLANSERVER, and IGMP.
    expect(pfsense2?.states?.created).toBeGreaterThanOrEqual(4)
    expect(pfsense2?.states?.peak).toBeGreaterThanOrEqual(4)
    expect(pfsense2?.states?.expired).toBeGreaterThan(0)
    // After its boot pfsense1 has those of pfsense2, and makes none for what goes on.
    expect(pfsense1?.states?.synced).toBeGreaterThanOrEqual(4)
  })
})
