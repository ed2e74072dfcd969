import { describe, expect, it } from 'vitest'
import type { TcpFlowMetrics } from '../flows/tcp.ts'
import { flowOf, runScenario, textOfFile } from './run-scenario.fixture.ts'

/**
 * A ping that survives a failover proves nothing about state synchronisation, since the new MASTER
 * makes a new state for it. A TCP session in the middle of its life does.
 */

const SEEDS = [1, 2, 3, 4, 5, 6]
const SECOND_US = 1_000_000
const RTO_MIN_US = 200_000
const ROUND_TRIP_MAX_US = 1_000
/** From the first sending to the nth retransmission, each timeout twice the one before. */
const waitedUs = (retransmissions: number): number => RTO_MIN_US * (2 ** retransmissions - 1)
const sessionOf = (...args: Parameters<typeof runScenario>) =>
  flowOf(runScenario(...args).metrics, 'ssh') as TcpFlowMetrics

describe('with pfsync, a session older than two seconds', () => {
  it.each(SEEDS)('survives the cut and the return without a break (seed %i)', (seed) => {
    const ssh = sessionOf('tcp-with-pfsync', `seed=${seed}`)
    expect(ssh.sessions).toEqual({ opened: 1, survived: 1, reset: 0, timedOut: 0 })
    expect([ssh.lost, ssh.outages.length]).toEqual([0, 1])
  })

  it.each(SEEDS)('stalls for the outage and the rest of the RTO back-off (seed %i)', (seed) => {
    const { metrics, timeline } = runScenario('tcp-with-pfsync', `seed=${seed}`)
    const ssh = flowOf(metrics, 'ssh') as TcpFlowMetrics
    const { downUs = 0, upUs } = ssh.outages[0] ?? {}
    // A key each second: the first one after the cut is lost.
    const [, openedAt = ''] = /([\d.]+) +\S+ +ssh: session opened/.exec(timeline) ?? []
    const openedUs = Math.round(Number(openedAt) * 1_000_000)
    const lostUs = downUs + SECOND_US - ((downUs - openedUs) % SECOND_US)
    // It is sent again 200 ms later, the least that Linux waits, and then each time twice as late,
    // until one gets through: the first after the outage.
    let retransmissions = 1
    while (lostUs + waitedUs(retransmissions) < (upUs ?? 0)) retransmissions++
    const expectedUs = waitedUs(retransmissions)
    expect(ssh.longestStallUs).toBeGreaterThanOrEqual(expectedUs)
    expect(ssh.longestStallUs).toBeLessThan(expectedUs * 1.01 + ROUND_TRIP_MAX_US)
    expect(ssh.retransmissions).toBe(retransmissions)
  })
})

describe('without pfsync, the same session', () => {
  it.each(SEEDS)('dies at the cut, and the next one at the return (seed %i)', (seed) => {
    const ssh = sessionOf('tcp-without-pfsync', `seed=${seed}`)
    expect(ssh.sessions).toEqual({ opened: 3, survived: 1, reset: 0, timedOut: 2 })
    const causes = new Set(ssh.losses.map(({ cause, at }) => `${cause} at ${at}`))
    expect([...causes]).toEqual([
      'noState at pfsense2 VLANMGMT: Default deny rule IPv4',
      // The last keys that were typed never left the station: TCP waited to be heard first.
      'unsent at ',
      'noState at pfsense1 VLANMGMT: Default deny rule IPv4',
    ])
  })

  it('no request died before it was made', () => {
    for (const scenario of ['tcp-without-pfsync', 'young-state', 'split-roles-client-to-server']) {
      const lost = textOfFile(runScenario(scenario), 'events.jsonl')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter(({ kind }) => kind === 'probe.lost')
      const { flows } = runScenario(scenario).metrics
      for (const { flow, probe, timeUs } of lost) {
        const loss = flows
          .find(({ name }) => name === flow)
          ?.losses.find((it) => it.probe === probe)
        expect(timeUs).toBeGreaterThanOrEqual(loss?.sentUs ?? Infinity)
      }
    }
  })

  it.each(SEEDS)('a call goes on as soon as its packets can cross (seed %i)', (seed) => {
    const { metrics } = runScenario('tcp-without-pfsync', `seed=${seed}`)
    const voice = flowOf(metrics, 'voice')
    expect(voice.lossPeriods).toHaveLength(1)
    expect(voice.outages).toHaveLength(1)
    const lostUs = voice.lost * 20_000
    expect(Math.abs(lostUs - (voice.outages[0]?.durationUs ?? 0))).toBeLessThanOrEqual(20_000)
  })

  it('differs from it by that option only', () => {
    const { metrics } = runScenario('tcp-with-pfsync', '**.pfsync.enabled=false')
    const { digest, ...rest } = metrics
    // It says what to expect of it, which the other one does not.
    const scenario = runScenario('tcp-without-pfsync')
    const { digest: other, differences: _, ...without } = scenario.metrics
    expect({ ...rest, scenario: '' }).toEqual({ ...without, scenario: '' })
    expect(digest).toBe(other)
  })
})

describe('a session whose state never reached the peer', () => {
  it('dies when it was younger than the batch of pfsync', () => {
    const ssh = sessionOf('young-state')
    expect(ssh.sessions).toMatchObject({ opened: 2, timedOut: 1 })
    expect(ssh.losses[0]?.at).toBe('pfsense2 VLANMGMT: Default deny rule IPv4')
  })

  it('and lives when it was a second older', () => {
    const ssh = sessionOf('young-state', 'flows.ssh.start=10.4s')
    expect(ssh.sessions).toMatchObject({ opened: 1, survived: 1 })
  })

  it('dies when the SYNC link was down, which CARP did not notice', () => {
    const { metrics } = runScenario('sync-link-cut')
    expect((flowOf(metrics, 'ssh') as TcpFlowMetrics).sessions).toMatchObject({ timedOut: 1 })
    expect(metrics.failovers.map(({ fault }) => fault)).toEqual(['power-off pfsense1'])
  })
})

describe('sessions', () => {
  it.each([
    'tcp-without-pfsync',
    'nat-interface-address',
    'split-roles-client-to-server',
    'reboot',
  ])('opened end in one of three ways (%s)', (scenario) => {
    const flows = runScenario(scenario).metrics.flows.filter(({ kind }) => kind === 'tcp')
    expect(flows.length).toBeGreaterThan(0)
    for (const flow of flows) {
      const { opened, survived, reset, timedOut } = (flow as TcpFlowMetrics).sessions
      expect(survived + reset + timedOut).toBe(opened)
    }
  })
})

describe('states', () => {
  it('of the peer are counted as synced, on the node that took them over', () => {
    const { nodes } = runScenario('tcp-with-pfsync').metrics
    expect(nodes.pfsense2?.states?.synced).toBeGreaterThan(2)
    expect(nodes.pfsense1?.states?.synced).toBeGreaterThanOrEqual(2)
    const alone = runScenario('tcp-without-pfsync').metrics.nodes
    expect([alone.pfsense1?.states?.synced, alone.pfsense2?.states?.synced]).toEqual([0, 0])
  })
})
