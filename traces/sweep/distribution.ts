import { percentile } from '../statistics.ts'

/** A quantile of the runs, and where that of all possible runs lies, with 95 % confidence. */
export interface Quantile {
  readonly percent: number
  readonly value: number
  /** Null where the runs are too few to bound it on that side. */
  readonly from: number | null
  readonly to: number | null
}

/** The distribution of one figure over the runs of a sweep. */
export interface Distribution {
  readonly runs: number
  readonly min: number
  readonly max: number
  readonly mean: number
  readonly quantiles: readonly Quantile[]
  /** Runs by equal intervals from `from` to `to`; the last one holds its upper end too. */
  readonly histogram: readonly {
    readonly from: number
    readonly to: number
    readonly runs: number
  }[]
}

export const QUANTILE_PERCENTS = [5, 25, 50, 75, 95, 99] as const
const BINS = 20
/** The standard normal quantile of 97.5 %. */
const Z_95 = 1.959964

/** @returns null when there is nothing to tell */
export function distributionOf(values: readonly number[]): Distribution | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const [min, max] = [sorted[0] as number, sorted.at(-1) as number]
  return {
    runs: sorted.length,
    min,
    max,
    mean: sorted.reduce((total, each) => total + each, 0) / sorted.length,
    quantiles: QUANTILE_PERCENTS.map((percent) => quantileOf(sorted, percent)),
    histogram: histogramOf(sorted, min, max),
  }
}

/**
 * The interval between two of the sorted values: how many of n values lie below a quantile is
 * binomial, here by its normal approximation (Hahn and Meeker, Statistical Intervals, 5.2). It takes
 * no shape of the distribution for granted.
 */
function quantileOf(sorted: readonly number[], percent: number): Quantile {
  const share = percent / 100
  const expected = sorted.length * share
  const margin = Z_95 * Math.sqrt(expected * (1 - share))
  const lowRank = Math.floor(expected - margin)
  const highRank = Math.ceil(expected + margin) + 1
  return {
    percent,
    value: percentile(sorted, percent),
    from: sorted[lowRank - 1] ?? null,
    to: sorted[highRank - 1] ?? null,
  }
}

function histogramOf(sorted: readonly number[], min: number, max: number) {
  if (min === max) return [{ from: min, to: max, runs: sorted.length }]
  const width = (max - min) / BINS
  const counts = new Array<number>(BINS).fill(0)
  for (const value of sorted) {
    const bin = Math.min(BINS - 1, Math.floor((value - min) / width))
    counts[bin] = (counts[bin] as number) + 1
  }
  return counts.map((runs, bin) => ({ from: min + bin * width, to: min + (bin + 1) * width, runs }))
}
