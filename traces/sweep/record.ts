import type { RunMetrics } from '../metrics.ts'

/** The figures of one run that a sweep keeps: a line of `runs.jsonl`. */
export interface SweepRecord {
  /** The place among all runs of the sweep, from 0. */
  readonly index: number
  /** Which combination of parameter values, from 0. */
  readonly point: number
  readonly seed: number
  /** Why the run failed; absent: it did not. */
  readonly error?: string
  /** Its budget was spent: the figures are partial. */
  readonly ended?: 'budget'
  readonly digest?: string
  readonly flows: readonly FlowRecord[]
}

export interface FlowRecord {
  readonly name: string
  readonly kind: string
  readonly sent: number
  readonly lost: number
  /** The longest outage of the ground truth; 0 without one. */
  readonly outageUs: number
  /** All its outages together. */
  readonly totalOutageUs: number
  /** What the losses alone tell of it. */
  readonly outageBoundsUs: readonly [number, number]
}

/** Where a run stands in its sweep. */
export type SweepPlace = Pick<SweepRecord, 'index' | 'point' | 'seed'>

export function recordOf({ index, point, seed }: SweepPlace, metrics: RunMetrics): SweepRecord {
  const { digest, ended } = metrics
  return {
    index,
    point,
    seed,
    ...(ended === undefined ? {} : { ended }),
    digest,
    flows: metrics.flows.map(({ name, kind, sent, lost, outages, outageBoundsUs }) => {
      const durationsUs = outages.map(({ durationUs }) => durationUs)
      return {
        name,
        kind,
        sent,
        lost,
        outageUs: Math.max(0, ...durationsUs),
        totalOutageUs: durationsUs.reduce((total, each) => total + each, 0),
        outageBoundsUs,
      }
    }),
  }
}
