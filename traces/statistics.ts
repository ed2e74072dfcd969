/** Round-trip times in whole microseconds. */
export interface RttSummaryUs {
  readonly min: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
  readonly mean: number
  /** The deviation of the population, as `mdev` of iputils. */
  readonly stddev: number
}

/** @returns null when there is nothing to summarise */
export function summariseRtts(rttsUs: readonly number[]): RttSummaryUs | null {
  if (rttsUs.length === 0) return null
  const sorted = [...rttsUs].sort((a, b) => a - b)
  const sum = sorted.reduce((total, each) => total + each, 0)
  const mean = sum / sorted.length
  const variance = sorted.reduce((total, each) => total + (each - mean) ** 2, 0) / sorted.length
  return {
    min: sorted[0] as number,
    p50: percentile(sorted, 50),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
    max: sorted.at(-1) as number,
    mean: Math.round(mean),
    stddev: Math.round(Math.sqrt(variance)),
  }
}

/** Nearest rank: the smallest value that at least `percent` of all do not exceed. */
export function percentile(sorted: readonly number[], percent: number): number {
  const rank = Math.max(1, Math.ceil((percent * sorted.length) / 100))
  return sorted[rank - 1] as number
}
