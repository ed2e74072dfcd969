import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ScenarioRun } from '../simulation/run.ts'
import { resolveScenario } from '../topologies/read.ts'
import { randomNetworks } from './random-network.fixture.ts'

/**
 * The ground truth against real probes, in networks that nobody thought of. A run whose probes
 * disagree with the truth ends with an internal fault (`ScenarioRun.finish`).
 * `ORACLE_RUNS=2000 npx vitest run tests/oracle.test.ts` searches longer.
 */
const RUNS = Number(process.env.ORACLE_RUNS ?? 40)

describe('frames and walks agree', () => {
  it(`in ${RUNS} random networks with random faults`, () => {
    const seen = { answered: 0, lost: 0, outages: 0 }
    fc.assert(
      fc.property(randomNetworks, (document) => {
        const result = resolveScenario(document)
        expect(result.ok ? [] : result.problems).toEqual([])
        if (!result.ok) return
        const { metrics } = new ScenarioRun(result.scenario, 'test').finish()
        for (const { received, lost, outages } of metrics.flows) {
          seen.answered += received
          seen.lost += lost
          seen.outages += outages.length
        }
      }),
      { numRuns: RUNS, ...(process.env.ORACLE_RUNS ? {} : { seed: 7 }) },
    )
    // Or else the property would be about nothing.
    expect(Math.min(seen.answered, seen.lost, seen.outages)).toBeGreaterThan(RUNS / 2)
  }, 3_600_000)
})
