import { expect, it } from 'vitest'
import { type SweepPlan, summarise } from '../traces/sweep/summary.ts'
import { pageOf } from './sweep-page.ts'

const PLAN: SweepPlan = {
  scenario: '<script>.yaml',
  version: '1',
  firstSeed: 1,
  runs: 3,
  overrides: [],
  parameters: [{ path: 'a.advbase', values: ['1', '<b>'] }],
}

it('a page has every point, the failed runs and no mark-up of names, and loads nothing', () => {
  const flow = { name: 'ping', kind: 'linux-ping', sent: 9, lost: 2, totalOutageUs: 5 }
  const records = [0, 1, 2, 3, 4].map((index) => ({
    index,
    point: Math.floor(index / 3),
    seed: 1 + (index % 3),
    flows: [{ ...flow, outageUs: 1_500_000 + index, outageBoundsUs: [0, 1] as const }],
  }))
  const failed = { index: 5, point: 1, seed: 3, error: 'internal fault', flows: [] }
  const page = pageOf(summarise(PLAN, [...records, failed]))
  expect(page.match(/<h2>[^<]*/g)).toEqual([
    '<h2>Comparison',
    '<h2>advbase = 1',
    '<h2>advbase = &lt;b&gt;',
    '<h2>1 failed runs',
  ])
  expect(page).toContain('2 (3 runs)')
  expect(page).toContain('&lt;script&gt;.yaml')
  expect(page).not.toMatch(/<script|<b>|src=|href=|NaN|undefined/)
})
