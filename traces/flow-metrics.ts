import { type Nanoseconds, toMicroseconds } from '../engine/time.ts'
import type { FlowLog, ProbeRecord } from './flow-log.ts'
import type { OutageLog } from './outage-log.ts'
import { type RttSummaryUs, summariseRtts } from './statistics.ts'

/** One flow in `metrics.json`. Times are µs from the start of the run. */
export interface FlowMetrics {
  readonly name: string
  readonly kind: string
  readonly sent: number
  readonly received: number
  readonly lost: number
  readonly lossRatio: number
  readonly duplicates: number
  readonly reordered: number
  readonly rttUs: RttSummaryUs | null
  /** Runs of consecutive losses, from the first lost probe's sending to the last one's. */
  readonly lossPeriods: readonly {
    readonly startUs: number
    readonly endUs: number
    readonly lost: number
  }[]
  /** Ground truth: when no packet of the flow could cross. `upUs` null: still so at the end. */
  readonly outages: readonly {
    readonly downUs: number
    readonly upUs: number | null
    readonly durationUs: number
  }[]
  /** What the probe alone proves about the longest outage: it lasted more, and less, than this. */
  readonly outageBoundsUs: readonly [number, number]
  readonly losses: readonly LossMetrics[]
}

export interface LossMetrics {
  readonly probe: number
  readonly sentUs: number
  readonly cause: string
  readonly at: string
  readonly frameId: number
}

export function measureFlow(log: FlowLog, truth: OutageLog, endNs: Nanoseconds): FlowMetrics {
  // A probe still under way when the run ends is neither received nor lost: it does not count.
  const decided = log.probes.filter((probe) => isAnswered(probe) || isLost(probe))
  const lost = decided.filter(isLost)
  const received = decided.length - lost.length
  const rttsUs = decided.flatMap(({ rttNs }) =>
    rttNs === undefined ? [] : [toMicroseconds(rttNs)],
  )
  return {
    name: log.name,
    kind: log.kind,
    sent: decided.length,
    received,
    lost: lost.length,
    lossRatio: decided.length === 0 ? 0 : lost.length / decided.length,
    duplicates: decided.reduce((total, { duplicates }) => total + duplicates, 0),
    reordered: countReordered(log.arrivals),
    rttUs: summariseRtts(rttsUs),
    lossPeriods: lossPeriodsOf(decided).map((run) => ({
      startUs: toMicroseconds((run[0] as ProbeRecord).sentNs),
      endUs: toMicroseconds((run.at(-1) as ProbeRecord).sentNs),
      lost: run.length,
    })),
    outages: truth.outages.map(({ downNs, upNs }) => ({
      downUs: toMicroseconds(downNs),
      upUs: upNs === undefined ? null : toMicroseconds(upNs),
      durationUs: toMicroseconds(upNs ?? endNs) - toMicroseconds(downNs),
    })),
    outageBoundsUs: boundsOf(decided),
    losses: lost.map(explainLoss),
  }
}

export function isLost(probe: ProbeRecord): boolean {
  return !isAnswered(probe) && (probe.failedNs !== undefined || probe.death !== undefined)
}

function isAnswered(probe: ProbeRecord): boolean {
  return probe.receivedNs !== undefined
}

export function explainLoss(probe: ProbeRecord): LossMetrics {
  return {
    probe: probe.probe,
    sentUs: toMicroseconds(probe.sentNs),
    // Without a death the packet still waits somewhere, for an ARP answer or for the wire.
    cause: probe.death?.cause ?? 'inFlight',
    at: probe.death?.at ?? '',
    frameId: probe.death?.frameId ?? probe.packetId,
  }
}

/** RFC 4737: a packet is reordered when one sent after it arrived before it. */
function countReordered(arrivals: readonly number[]): number {
  let expected = 0
  let reordered = 0
  for (const probe of arrivals) {
    if (probe < expected) reordered++
    else expected = probe + 1
  }
  return reordered
}

/** RFC 3357: each run of consecutive losses is one loss period. */
function lossPeriodsOf(probes: readonly ProbeRecord[]): ProbeRecord[][] {
  const periods: ProbeRecord[][] = []
  let run: ProbeRecord[] | undefined
  for (const probe of probes) {
    if (!isLost(probe)) {
      run = undefined
    } else if (run === undefined) {
      run = [probe]
      periods.push(run)
    } else run.push(probe)
  }
  return periods
}

/**
 * With a the last good probe before a run of losses, b its first, c its last and e the first good
 * one after it, the outage lasted longer than c - b and shorter than e - a. Of several runs the
 * one with the widest bounds is given; without a loss, the longest silence between two probes.
 */
function boundsOf(probes: readonly ProbeRecord[]): [number, number] {
  let bounds: [number, number] = [0, 0]
  let lastGood: ProbeRecord | undefined
  let run: { first: ProbeRecord; last: ProbeRecord } | undefined
  for (const probe of probes) {
    if (isLost(probe)) {
      run = { first: run?.first ?? probe, last: probe }
      continue
    }
    const low = run === undefined ? 0 : run.last.sentNs - run.first.sentNs
    const highFrom = lastGood ?? run?.first ?? probe
    const high = probe.sentNs - highFrom.sentNs
    if (toMicroseconds(high) > bounds[1]) bounds = [toMicroseconds(low), toMicroseconds(high)]
    lastGood = probe
    run = undefined
  }
  if (run === undefined) return bounds
  // Nothing good came after it: what is proved has no upper end but the last probe.
  const low = run.last.sentNs - run.first.sentNs
  const high = run.last.sentNs - (lastGood ?? run.first).sentNs
  return [toMicroseconds(low), Math.max(bounds[1], toMicroseconds(high))]
}
