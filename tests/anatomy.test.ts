import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScenarioRun } from '../simulation/run.ts'
import { builtInScenarios } from '../topologies/built-in.ts'
import { resolveScenario } from '../topologies/read.ts'
import type { RunMetrics } from '../traces/metrics.ts'
import { randomNetworks } from './random-network.fixture.ts'
import { runScenario } from './run-scenario.fixture.ts'

/** The parts lie one behind the other, from the outage's beginning to its end. */
function expectToAddUp({ anatomy, flows }: RunMetrics): void {
  const outages = flows.flatMap((flow) =>
    flow.outages.map((each) => ({ flow: flow.name, ...each })),
  )
  expect(
    anatomy.map(({ flow, downUs, upUs, durationUs }) => ({ flow, downUs, upUs, durationUs })),
  ).toEqual(outages)
  for (const { downUs, durationUs, parts } of anatomy) {
    let fromUs = downUs
    for (const part of parts) {
      expect(part.fromUs).toBe(fromUs)
      expect(part.durationUs).toBeGreaterThanOrEqual(0)
      fromUs += part.durationUs
    }
    expect(fromUs - downUs).toBe(durationUs)
  }
}

describe('the parts of an outage add up to it', () => {
  it.each(builtInScenarios.map(({ name }) => name))(
    'in %s',
    (name) => {
      expectToAddUp(runScenario(name).metrics)
      expectToAddUp(runScenario(name, 'timing=vm', 'seed=5').metrics)
    },
    60_000,
  )

  it('in random networks with random faults', () => {
    let outages = 0
    fc.assert(
      fc.property(randomNetworks, (document) => {
        const result = resolveScenario(document)
        if (!result.ok) return
        const { metrics } = new ScenarioRun(result.scenario, 'test').finish()
        outages += metrics.anatomy.length
        expectToAddUp(metrics)
      }),
      { numRuns: 40, seed: 11 },
    )
    expect(outages).toBeGreaterThan(20)
  }, 120_000)
})

describe('what an outage waited for', () => {
  it('a power cut: only for the new MASTERs that its flow goes by', () => {
    const ping = runScenario('power-off').metrics.anatomy.find(({ flow }) => flow === 'mgmt-ping')
    expect(ping?.parts.map(({ part, at }) => [part, at])).toEqual([
      ['detection', ['VLANSERVER@2', 'VLANMGMT@5']],
    ])
    expect(ping?.fault).toBe('power-off pfsense1')
  })

  it('a cable that is plugged in again: for its link', () => {
    const { anatomy } = runScenario(
      'no-fault',
      'faults=[{kind: link-down, node: srv-server, nic: eth0, at: 10s}, {kind: link-up, node: srv-server, nic: eth0, at: 12s}]',
    ).metrics
    const ping = anatomy.find(({ flow }) => flow === 'mgmt-linux-ping')
    expect(ping?.durationUs).toBeGreaterThanOrEqual(2_000_000)
    expect(ping?.parts.map(({ part }) => part)).toContain('link')
  })
})
