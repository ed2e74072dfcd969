import { describe, expect, it } from 'vitest'
import { csvOf } from './csv.ts'
import type { SweepRecord } from './record.ts'
import { pointsOf, type SweepPlan, summarise } from './summary.ts'

const PLAN: SweepPlan = {
  scenario: 'my scenario.yaml',
  version: '1',
  firstSeed: 1,
  runs: 2,
  overrides: ['timing=vm'],
  parameters: [
    { path: 'a', values: ['1', '{ x: 2 }'] },
    { path: 'b', values: ['on', 'off'] },
  ],
}

function record(index: number, outageUs: number, lost: number): SweepRecord {
  const flow = { name: 'ping', kind: 'linux-ping', sent: 10, lost, outageUs }
  const flows = [{ ...flow, totalOutageUs: outageUs, outageBoundsUs: [0, 9] as const }]
  return { index, point: Math.floor(index / 2), seed: 1 + (index % 2), flows }
}

const RECORDS = [5, 7, 0, 3, 1, 2, 4].map((outageUs, index) => record(index, outageUs, index % 2))
const FAILED: SweepRecord = { index: 7, point: 3, seed: 2, error: 'internal, "fault"', flows: [] }

describe('the points of a sweep', () => {
  it('are all combinations, of which the last parameter varies fastest', () => {
    expect(pointsOf(PLAN)).toEqual([
      { a: '1', b: 'on' },
      { a: '1', b: 'off' },
      { a: '{ x: 2 }', b: 'on' },
      { a: '{ x: 2 }', b: 'off' },
    ])
    expect(pointsOf({ ...PLAN, parameters: [] })).toEqual([{}])
  })
})

describe('the summary of a sweep', () => {
  const summary = summarise(PLAN, [...RECORDS, FAILED])

  it('has for each point and flow the distribution, the counts and the worst seeds', () => {
    const [first, second] = summary.points
    expect(first?.flows[0]).toMatchObject({
      outageUs: { runs: 2, min: 5, max: 7 },
      lost: [
        { lost: 0, runs: 1 },
        { lost: 1, runs: 1 },
      ],
    })
    expect(first?.flows[0]?.worst.map(({ seed, outageUs }) => [seed, outageUs])).toEqual([
      [2, 7],
      [1, 5],
    ])
    // A run without an outage is no worst one.
    expect(second?.flows[0]?.worst).toHaveLength(1)
  })

  it('repeats a run by a command that a shell takes', () => {
    expect(summary.points[2]?.flows[0]?.worst[0]?.command).toBe(
      "bascule run 'my scenario.yaml' --seed 2 --set timing=vm --set 'a={ x: 2 }' --set b=on",
    )
  })

  it('repeats a run of the mended variant as such', () => {
    const [, , point] = summarise({ ...PLAN, fixed: true }, RECORDS).points
    expect(point?.flows[0]?.worst[0]?.command).toContain("'my scenario.yaml' --fixed --seed 2")
  })

  it('lists a run that failed, and leaves it out of the distributions', () => {
    expect(summary.failed).toEqual([
      {
        seed: 2,
        settings: { a: '{ x: 2 }', b: 'off' },
        why: 'internal, "fault"',
        command:
          "bascule run 'my scenario.yaml' --seed 2 --set timing=vm --set 'a={ x: 2 }' --set b=off",
      },
    ])
    expect(summary.points[3]?.flows[0]?.outageUs?.runs).toBe(1)
  })
})

describe('sweep.csv', () => {
  it('has a row for each run and flow, and one for a run that failed', () => {
    const lines = csvOf(PLAN, [...RECORDS.slice(0, 1), FAILED]).split('\r\n')
    expect(lines).toEqual([
      'seed,a,b,flow,kind,sent,lost,outage_us,total_outage_us,outage_bound_low_us,outage_bound_high_us,failed',
      '1,1,on,ping,linux-ping,10,0,5,5,0,9,',
      '2,{ x: 2 },off,,,,,,,,,"internal, ""fault"""',
      '',
    ])
  })
})
