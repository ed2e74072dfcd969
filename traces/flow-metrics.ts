import { MILLISECOND_NS, type Nanoseconds, toMicroseconds } from '../engine/time.ts'
import type { FlowLog, ProbeRecord } from './flow-log.ts'
import { type Impairment, lastedUntilNs, type OutageLog } from './outage-log.ts'
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
  /** Ground truth: when packets crossed by chance only. Absent: never. `untilUs` null: to the end. */
  readonly impairments?: readonly {
    readonly fromUs: number
    readonly untilUs: number | null
    readonly lossProbability: number
  }[]
  /** False: its host was off when it should have started, or had no address to send from. */
  readonly started?: false
  /** The losses, by cause, during whose whole journey a path existed. Absent: none. */
  readonly lostWhileUp?: Readonly<Record<string, number>>
  /**
   * The bounds of the longest outage by the losses alone, if each run of losses was one outage. The
   * upper one holds in any case.
   */
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

/** What the client of a flow could know. */
export type ProbeMetrics = Omit<
  FlowMetrics,
  'outages' | 'impairments' | 'started' | 'lostWhileUp' | 'losses'
>

/** @param runEndNs the end of the run; the flow's client may have ended before */
export function measureFlow(log: FlowLog, truth: OutageLog, runEndNs: Nanoseconds): FlowMetrics {
  const endNs = truth.endNs ?? runEndNs
  const lost = new Set(lossesOf(log, endNs))
  const { outageBoundsUs, ...probes } = measureProbes(log, lost, endNs)
  return {
    ...probes,
    outages: truth.outages.map((outage) => {
      const downUs = toMicroseconds(outage.downNs)
      return {
        downUs,
        upUs: outage.upNs === undefined ? null : toMicroseconds(outage.upNs),
        durationUs: toMicroseconds(lastedUntilNs(outage, runEndNs)) - downUs,
      }
    }),
    ...(truth.impairments.length === 0 ? {} : { impairments: truth.impairments.map(impairmentOf) }),
    ...lostWhileUp(lost, truth, endNs),
    outageBoundsUs,
    losses: [...lost].map(explainLoss),
  }
}

/** @param endNs when the client ended, or was watched no more */
export function measureProbes(
  log: FlowLog,
  lost: ReadonlySet<ProbeRecord>,
  endNs: Nanoseconds,
): ProbeMetrics {
  const { probes } = log
  // A probe still under way when the run ends is neither received nor lost: it does not count.
  const decided = probes.filter((probe) => isAnswered(probe) || lost.has(probe))
  const rttsUs = probes.flatMap(({ rttNs }) => (rttNs === undefined ? [] : [toMicroseconds(rttNs)]))
  return {
    name: log.name,
    kind: log.kind,
    sent: decided.length,
    received: decided.length - lost.size,
    lost: lost.size,
    lossRatio: decided.length === 0 ? 0 : lost.size / decided.length,
    duplicates: probes.reduce((total, { duplicates }) => total + duplicates, 0),
    reordered: countReordered(log.arrivals),
    rttUs: summariseRtts(rttsUs),
    lossPeriods: lossPeriodsOf(decided, lost),
    outageBoundsUs: boundsOf(decided, lost, endNs),
  }
}

/** Losses that no outage explains, such as those of a full queue. */
function lostWhileUp(
  lost: ReadonlySet<ProbeRecord>,
  truth: OutageLog,
  endNs: Nanoseconds,
): Pick<FlowMetrics, 'lostWhileUp'> {
  const counts: Record<string, number> = {}
  for (const probe of lost) {
    const { sentNs, death, failedNs = endNs } = probe
    if (!truth.wasUpThroughout(sentNs, death?.timeNs ?? failedNs)) continue
    const { cause } = explainLoss(probe)
    counts[cause] = (counts[cause] ?? 0) + 1
  }
  return Object.keys(counts).length === 0 ? {} : { lostWhileUp: counts }
}

function impairmentOf({ fromNs, untilNs, lossProbability }: Impairment) {
  const untilUs = untilNs === undefined ? null : toMicroseconds(untilNs)
  return {
    fromUs: toMicroseconds(fromNs),
    untilUs,
    lossProbability: Number(lossProbability.toFixed(9)),
  }
}

/** A flow's lost probes, in the order sent. */
export function lossesOf({ probes }: FlowLog, endNs: Nanoseconds): ProbeRecord[] {
  // As iputils after its last probe: a reply may take twice as long as the slowest one so far.
  const waitNs = 2 * probes.reduce((longest, { rttNs = 0 }) => Math.max(longest, rttNs), 0)
  return probes.filter((probe) => {
    if (isAnswered(probe)) return false
    if (probe.failedNs !== undefined) return true
    // One copy has ended; another may still be under way.
    return probe.death !== undefined && endNs - probe.sentNs > waitNs
  })
}

function isAnswered(probe: ProbeRecord): boolean {
  return probe.receivedNs !== undefined
}

export function explainLoss(probe: ProbeRecord): LossMetrics {
  return {
    probe: probe.probe,
    sentUs: toMicroseconds(probe.sentNs),
    cause: probe.death?.cause ?? causeWithoutDeath(probe),
    at: probe.death?.at ?? '',
    frameId: probe.death?.frameId ?? probe.packetId,
  }
}

const WHOLE_CAUSES: readonly string[] = ['refused', 'reset', 'malformed', 'unsent']

/**
 * The connection was refused or cut; it waited behind others that did not get through; or the packet was never made, or still waits: for an ARP
 * answer, or on its way.
 */
function causeWithoutDeath({ packetId, failure }: ProbeRecord): string {
  if (failure !== undefined && WHOLE_CAUSES.includes(failure)) return failure
  return packetId === 0 ? 'transmitFailed' : 'inFlight'
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
function lossPeriodsOf(
  probes: readonly ProbeRecord[],
  lost: ReadonlySet<ProbeRecord>,
): FlowMetrics['lossPeriods'] {
  const periods: { startUs: number; endUs: number; lost: number }[] = []
  let last: (typeof periods)[number] | undefined
  for (const probe of probes) {
    const sentUs = toMicroseconds(probe.sentNs)
    if (!lost.has(probe)) {
      last = undefined
    } else if (last === undefined) {
      last = { startUs: sentUs, endUs: sentUs, lost: 1 }
      periods.push(last)
    } else {
      last.endUs = sentUs
      last.lost++
    }
  }
  return periods
}

/**
 * With a the last good probe before a run of losses, b its first, c its last and e the first good
 * one after it, the outage lasted longer than c - b and shorter than e - a. The first probe stands
 * for a missing a, the end for a missing e. Between two good probes, an outage may have gone
 * unnoticed if it was shorter than the silence between them. So the longest outage lies between the
 * largest of the lower bounds and the largest of the upper ones.
 */
function boundsOf(
  probes: readonly ProbeRecord[],
  lost: ReadonlySet<ProbeRecord>,
  endNs: Nanoseconds,
): [number, number] {
  const quickestNs = probes.reduce((least, { rttNs = least }) => Math.min(least, rttNs), Infinity)
  let low = 0
  let high = 0
  let silentFromUs = toMicroseconds(probes[0]?.sentNs ?? 0)
  let firstLostUs: number | undefined
  for (const probe of probes) {
    const sentUs = toMicroseconds(probe.sentNs)
    if (lost.has(probe)) {
      firstLostUs ??= sentUs
      low = Math.max(low, sentUs - firstLostUs)
    } else {
      high = Math.max(high, sentUs + waitedUs(probe, quickestNs) - silentFromUs)
      silentFromUs = sentUs
      firstLostUs = undefined
    }
  }
  return [low, Math.max(high, toMicroseconds(endNs) - silentFromUs)]
}

/**
 * How long a good probe may have waited on its way, as for an ARP answer: what it proves, it proves
 * from then on. In whole milliseconds; less is the usual unevenness.
 */
function waitedUs({ rttNs = 0 }: ProbeRecord, quickestNs: Nanoseconds): number {
  return Math.floor((rttNs - quickestNs) / MILLISECOND_NS) * 1000
}
