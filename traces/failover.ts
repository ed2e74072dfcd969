import type { EventKind, JournalEntry } from '../engine/journal.ts'
import { type Nanoseconds, toMicroseconds } from '../engine/time.ts'
import { lastedUntilNs, type Outage } from './outage-log.ts'

/** One failover in `metrics.json`: what followed from one fault. Times are µs from the start. */
export interface FailoverMetrics {
  /** The fault and its node: `power-off pfsense1`; several at one instant, with commas. */
  readonly fault: string
  readonly atUs: number
  /** The old and the new active member of the first group that moved. */
  readonly nodes: { readonly from: string | null; readonly to: string }
  readonly groups: readonly GroupFailover[]
  /** The arithmetic behind the decisions, a sentence each. */
  readonly because: readonly string[]
  /** From the fault to the last decision of a new active member; of a power-on, its boot included. */
  readonly detectionUs: number
  /** From that decision to the service being whole again; 0 when it was not interrupted. */
  readonly switchoverUs: number
  /** From the fault to the service being whole again: detection and switchover. */
  readonly recoveryUs: number
  /** The longest outage of a flow that the fault caused. */
  readonly serviceOutageUs: number
}

/** A redundancy group that moved to another node. */
export interface GroupFailover {
  /** `carp`. */
  readonly protocol: string
  /** The number of the group: a VHID. */
  readonly id: number
  readonly interface: string
  /** The last advertisement of the old member before the new one decided; null: there was none. */
  readonly lastAdvertUs: number | null
  readonly newActiveUs: number
  readonly firstAdvertUs: number | null
  /** When the old member ceased to be active, by hearing of it or by dying; null: it did not. */
  readonly oldStandbyUs: number | null
  /** How long both were active; to the end of the run, if they still are. */
  readonly dualActiveUs: number
}

interface Reign {
  readonly node: string
  readonly fromNs: Nanoseconds
  toNs: Nanoseconds | undefined
  readonly because: string | undefined
}

interface GroupHistory {
  readonly group: Pick<GroupFailover, 'protocol' | 'id' | 'interface'>
  /** When its first member began to take part: the first election is of that. */
  formedNs: Nanoseconds | undefined
  readonly reigns: Reign[]
  readonly advertisements: { readonly node: string; readonly timeNs: Nanoseconds }[]
}

/**
 * Reads the failovers out of a run's journal: per fault, the groups that got a new active
 * member because of it. A group that lost its member between a fault and the next one counts for the
 * first of them, even if the new member decides after the second. Faults at one instant count as one.
 */
export function measureFailovers(
  entries: readonly JournalEntry[],
  outages: readonly Outage[],
  endNs: Nanoseconds,
): FailoverMetrics[] {
  const histories = readHistories(entries)
  const faults = readFaults(entries)
  return faults.flatMap((fault, index) => {
    const window = { fromNs: fault.timeNs, untilNs: faults[index + 1]?.timeNs ?? endNs + 1 }
    const moves = histories.flatMap((history) => lastMoveOf(history, window, endNs) ?? [])
    const caused = outages.filter(({ downNs }) => isIn(window, downNs))
    return moves.length === 0 ? [] : [summarise(fault, moves, caused, endNs)]
  })
}

export interface Fault {
  readonly timeNs: Nanoseconds
  readonly text: string
}

/** A reboot loses its groups by its first half, and gets them back by its second. */
const FAULT_KINDS: readonly EventKind[] = ['fault', 'node.restarted']

/** The faults of a run; those of one instant are one. */
export function readFaults(entries: readonly JournalEntry[]): Fault[] {
  const faults: Fault[] = []
  for (const { kind, timeNs, text } of entries) {
    if (!FAULT_KINDS.includes(kind)) continue
    const last = faults.at(-1)
    if (last?.timeNs !== timeNs) faults.push({ timeNs, text })
    else faults.splice(-1, 1, { timeNs, text: `${last.text}, ${text}` })
  }
  return faults
}

/** From a fault, included, to the next one. */
interface Window {
  readonly fromNs: Nanoseconds
  readonly untilNs: Nanoseconds
}

function isIn({ fromNs, untilNs }: Window, timeNs: Nanoseconds): boolean {
  return timeNs >= fromNs && timeNs < untilNs
}

interface Move {
  readonly from: string | undefined
  readonly to: string
  readonly because: string | undefined
  readonly metrics: GroupFailover
}

function summarise(
  fault: Fault,
  moves: readonly Move[],
  outages: readonly Outage[],
  endNs: Nanoseconds,
): FailoverMetrics {
  const inOrder = moves.toSorted((a, b) => a.metrics.newActiveUs - b.metrics.newActiveUs)
  const [first] = inOrder
  const atUs = toMicroseconds(fault.timeNs)
  const decidedUs = Math.max(...moves.map(({ metrics }) => metrics.newActiveUs))
  const spans = outages.map((outage) => ({
    downUs: toMicroseconds(outage.downNs),
    upUs: toMicroseconds(lastedUntilNs(outage, endNs)),
  }))
  const wholeUs = Math.max(decidedUs, ...spans.map(({ upUs }) => upUs))
  return {
    fault: fault.text,
    atUs,
    nodes: { from: first?.from ?? null, to: first?.to ?? '' },
    groups: moves.map(({ metrics }) => metrics).toSorted((a, b) => a.id - b.id),
    because: [...new Set(inOrder.flatMap(({ because }) => because ?? []))],
    detectionUs: decidedUs - atUs,
    switchoverUs: wholeUs - decidedUs,
    recoveryUs: wholeUs - atUs,
    serviceOutageUs: Math.max(0, ...spans.map(({ downUs, upUs }) => upUs - downUs)),
  }
}

/** Several reigns may follow from one fault, as when both nodes vie; the last one counts. */
function lastMoveOf(history: GroupHistory, window: Window, endNs: Nanoseconds): Move | undefined {
  const { reigns } = history
  const reign = reigns.findLast((each) => isIn(window, cameLooseNs(each, history)))
  if (reign === undefined) return undefined
  const before = reigns.findLast(
    (each) => each.fromNs < window.fromNs && (each.toNs ?? endNs) >= window.fromNs,
  )
  if (before?.node === reign.node) return undefined
  const newActiveNs = reign.fromNs
  const isOf = (node: string | undefined) => (each: { node: string }) => each.node === node
  const last = history.advertisements
    .filter(isOf(before?.node))
    .findLast(({ timeNs }) => timeNs <= newActiveNs)
  const first = history.advertisements
    .filter(isOf(reign.node))
    .find(({ timeNs }) => timeNs >= newActiveNs)
  const bothUntilNs = Math.min(before?.toNs ?? endNs, reign.toNs ?? endNs)
  return {
    from: before?.node,
    to: reign.node,
    because: reign.because,
    metrics: {
      ...history.group,
      lastAdvertUs: microsecondsOrNull(last?.timeNs),
      newActiveUs: toMicroseconds(newActiveNs),
      firstAdvertUs: microsecondsOrNull(first?.timeNs),
      oldStandbyUs: microsecondsOrNull(before?.toNs),
      dualActiveUs:
        before === undefined ? 0 : toMicroseconds(Math.max(0, bothUntilNs - newActiveNs)),
    },
  }
}

/** When the group had no active member any more, or was formed, or else when this one decided. */
function cameLooseNs(reign: Reign, { reigns, formedNs }: GroupHistory): Nanoseconds {
  const earlier = reigns.slice(0, reigns.indexOf(reign))
  if (earlier.length === 0) return formedNs ?? reign.fromNs
  const endsNs = earlier.map(({ toNs }) => toNs ?? Number.POSITIVE_INFINITY)
  return Math.min(reign.fromNs, Math.max(...endsNs))
}

function microsecondsOrNull(timeNs: Nanoseconds | undefined): number | null {
  return timeNs === undefined ? null : toMicroseconds(timeNs)
}

function readHistories(entries: readonly JournalEntry[]): GroupHistory[] {
  const histories: GroupHistory[] = []
  const historyOf = ({ protocol, id, interface: on }: GroupHistory['group']): GroupHistory => {
    const known = histories.find(
      ({ group }) => group.id === id && group.interface === on && group.protocol === protocol,
    )
    if (known !== undefined) return known
    const group = { protocol, id, interface: on }
    const history: GroupHistory = { group, formedNs: undefined, reigns: [], advertisements: [] }
    histories.push(history)
    return history
  }
  for (const { timeNs, node, kind, details } of entries) {
    if (kind === 'role.changed') historyOf(details).formedNs ??= timeNs
    if (kind === 'role.advertisement') {
      historyOf(details).advertisements.push({ node, timeNs })
    } else if (kind === 'role.changed' && details.role === 'active') {
      const { because } = details
      historyOf(details).reigns.push({ node, fromNs: timeNs, toNs: undefined, because })
    } else if (kind === 'role.changed' || kind === 'role.removed') {
      endReign(historyOf(details), node, timeNs)
    } else if (ENDS_OF_LIFE.includes(kind)) {
      for (const history of histories) endReign(history, node, timeNs)
    }
  }
  return histories
}

const ENDS_OF_LIFE: readonly EventKind[] = ['node.poweredOff', 'node.restarted', 'node.halted']

function endReign({ reigns }: GroupHistory, node: string, timeNs: Nanoseconds): void {
  const reign = reigns.findLast((each) => each.node === node)
  if (reign !== undefined) reign.toNs ??= timeNs
}
