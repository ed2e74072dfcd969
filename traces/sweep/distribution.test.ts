import { describe, expect, it } from 'vitest'
import { RandomStream } from '../../engine/random.ts'
import { distributionOf } from './distribution.ts'

describe('the distribution of a figure', () => {
  it('has its extremes, its mean, and quantiles by nearest rank', () => {
    const all = distributionOf(Array.from({ length: 100 }, (_, index) => 100 - index))
    expect(all).toMatchObject({ runs: 100, min: 1, max: 100, mean: 50.5 })
    expect(all?.quantiles.map(({ percent, value }) => [percent, value])).toEqual([
      [5, 5],
      [25, 25],
      [50, 50],
      [75, 75],
      [95, 95],
      [99, 99],
    ])
  })

  it('has a histogram that holds every run once, also when all are equal', () => {
    const counted = (values: number[]) =>
      distributionOf(values)?.histogram.reduce((total, { runs }) => total + runs, 0)
    expect(counted([0, 1, 2, 3, 1_000_000])).toBe(5)
    expect(counted([7, 7, 7])).toBe(3)
  })

  it('is nothing without runs, and bounds no quantile by a single one', () => {
    expect(distributionOf([])).toBeNull()
    expect(distributionOf([5])?.quantiles).toContainEqual({
      percent: 50,
      value: 5,
      from: null,
      to: null,
    })
  })

  it('has intervals that hold the true quantile 95 times in 100', () => {
    const draws = new RandomStream('distribution')
    const [trials, missed] = [400, new Map<number, number>()]
    for (let trial = 0; trial < trials; trial++) {
      const values = Array.from({ length: 200 }, () => draws.integer(0, 1_000_000))
      for (const { percent, from, to } of distributionOf(values)?.quantiles ?? []) {
        const truth = percent * 10_000
        const holds = (from ?? 0) <= truth && truth <= (to ?? 1_000_000)
        missed.set(percent, (missed.get(percent) ?? 0) + (holds ? 0 : 1))
      }
    }
    // 20 of 400 are expected; 40 would be more than four deviations above.
    for (const misses of missed.values()) expect(misses).toBeLessThan(40)
  })
})
