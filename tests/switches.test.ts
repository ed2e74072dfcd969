import { describe, expect, it } from 'vitest'
import { runScenario } from './run-scenario.fixture.ts'

/** What the physical switches of the library do to a failover. */

/** The outages of each flow, in all. */
function outagesUs(name: string, ...overrides: string[]): number[] {
  return runScenario(name, ...overrides).metrics.flows.map(({ outages }) =>
    outages.reduce((sum, { downUs, upUs }) => sum + (upUs ?? Number.NaN) - downUs, 0),
  )
}

describe('stp-without-portfast', () => {
  it('adds 30 s to the return of an uplink, in STP and in RSTP', () => {
    for (const mode of ['stp', 'rstp']) {
      const override = `topology.switches.sw1.spanningTree.mode=${mode}`
      const [windows = 0, linux] = outagesUs('stp-without-portfast', override)
      expect(linux).toBe(38_000_000)
      // Windows has given its gateway up meanwhile, and asks for it once a second.
      expect(windows).toBeGreaterThanOrEqual(38_000_000)
      expect(windows).toBeLessThan(39_100_000)
    }
  })
})
