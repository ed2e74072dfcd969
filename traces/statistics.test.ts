import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { percentile, summariseRtts } from './statistics.ts'

const rtts = fc.array(fc.integer({ min: 0, max: 4_000_000 }), { minLength: 1, maxLength: 300 })

describe('a summary of round-trip times', () => {
  it('is of the population, with mean and deviation in whole microseconds', () => {
    expect(summariseRtts([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({
      min: 2,
      p50: 4,
      p95: 9,
      p99: 9,
      max: 9,
      mean: 5,
      stddev: 2,
    })
    expect(summariseRtts([0, 1])).toMatchObject({ mean: 1, stddev: 1 })
    expect(summariseRtts([0, 0, 1])).toMatchObject({ mean: 0, stddev: 0 })
  })

  it('of one is that one', () => {
    expect(summariseRtts([104])).toEqual({
      min: 104,
      p50: 104,
      p95: 104,
      p99: 104,
      max: 104,
      mean: 104,
      stddev: 0,
    })
  })

  it('of none is none', () => {
    expect(summariseRtts([])).toBeNull()
  })

  it('sorts by value, not by spelling, and leaves its input alone', () => {
    const input = [1000, 9, 200]
    expect(summariseRtts(input)).toMatchObject({ min: 9, p50: 200, max: 1000 })
    expect(input).toEqual([1000, 9, 200])
  })

  it('is in order, whatever went in', () => {
    fc.assert(
      fc.property(rtts, (values) => {
        const { min, p50, p95, p99, max, mean, stddev } = summariseRtts(values) ?? {
          ...{ min: 0, p50: 0, p95: 0, p99: 0, max: -1, mean: 0, stddev: 0 },
        }
        expect([min, p50, p95, p99, max]).toEqual([min, p50, p95, p99, max].sort((a, b) => a - b))
        expect(mean).toBeGreaterThanOrEqual(min)
        expect(mean).toBeLessThanOrEqual(max)
        // Popoviciu: no spread is wider than half the range.
        expect(stddev).toBeLessThanOrEqual(Math.ceil((max - min) / 2))
      }),
    )
  })
})

describe('a percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1)

  it('is the value of the nearest rank', () => {
    expect(percentile(hundred, 50)).toBe(50)
    expect(percentile(hundred, 95)).toBe(95)
    expect(percentile(hundred, 99)).toBe(99)
    expect(percentile(hundred, 100)).toBe(100)
    expect(percentile([10, 20], 50)).toBe(10)
    expect(percentile([10, 20, 30], 50)).toBe(20)
    expect(percentile([10, 20, 30], 99)).toBe(30)
    expect(percentile([10, 20, 30], 0)).toBe(10)
  })

  it('is not thrown off by binary fractions', () => {
    // 7 / 100 * 100 is 7.000000000000001.
    expect(hundred.map((percent) => percentile(hundred, percent))).toEqual(hundred)
  })

  it('is the smallest value that enough others do not exceed', () => {
    fc.assert(
      fc.property(rtts, fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const sorted = values.toSorted((a, b) => a - b)
        const value = percentile(sorted, percent)
        const share = (of: (each: number) => boolean) => sorted.filter(of).length * 100
        expect(share((each) => each <= value)).toBeGreaterThanOrEqual(percent * sorted.length)
        expect(share((each) => each < value)).toBeLessThan(percent * sorted.length)
      }),
    )
  })
})
