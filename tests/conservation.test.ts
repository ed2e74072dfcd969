import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomFaults, withFaults } from './random-faults.fixture.ts'
import { runScenario } from './run-scenario.fixture.ts'

/** A run ends with the conservation law checked (`ScenarioRun.finish` throws otherwise). */

describe('frames are conserved', () => {
  it('whatever breaks, and whenever', () => {
    fc.assert(
      fc.property(randomFaults, fc.nat(1_000_000), (faults, seed) => {
        const { metrics } = runScenario('no-fault', ...withFaults(faults, seed))
        const { sent, delivered, inFlight, dropped } = metrics.frames
        const sum = Object.values(dropped).reduce((total, count) => total + count, 0)
        expect(sent).toBe(delivered + sum + inFlight)
        for (const flow of metrics.flows) {
          expect(flow.sent).toBe(flow.received + flow.lost)
          for (const { cause } of flow.losses) expect(cause).not.toBe('')
        }
      }),
      { numRuns: 60 },
    )
  })
})
