import { expect, it } from 'vitest'
import { compareSweeps } from './compare.ts'
import { type SweepPlan, summarise } from './summary.ts'

const PLAN: SweepPlan = {
  scenario: 'power-off',
  version: '1',
  firstSeed: 1,
  runs: 100,
  overrides: [],
  parameters: [],
}

/** A sweep of 100 runs whose outages are `fromUs` and the 99 milliseconds after it. */
function sweepFrom(fromUs: number) {
  const flow = { name: 'ping', kind: 'linux-ping', sent: 9, lost: 2, totalOutageUs: 0 }
  const records = Array.from({ length: 100 }, (_, index) => ({
    index,
    point: 0,
    seed: 1 + index,
    flows: [{ ...flow, outageUs: fromUs + 1_000 * index, outageBoundsUs: [0, 1] as const }],
  }))
  return summarise(PLAN, records)
}

it('two sweeps differ for certain where the intervals of a quantile have nothing in common', () => {
  expect(compareSweeps(sweepFrom(2_000_000), sweepFrom(2_050_000))).toEqual([
    'flow  outage  A, s (95 % confidence)  B, s (95 % confidence)',
    'ping  median  2.049 (2.039 to 2.060)  2.099 (2.089 to 2.110)  A is shorter',
    'ping  95 %    2.094 (2.089 to ?)      2.144 (2.139 to ?)      no certain difference',
  ])
})
