import type { JournalEntry } from '../engine/journal.ts'
import { type Nanoseconds, toMicroseconds } from '../engine/time.ts'
import type { Outage } from './outage-log.ts'

/** One failover in `metrics.json`: what followed from one fault. Times are µs from the start. */
export interface FailoverMetrics {
  /** What was done, and to which node: `power-off pfsense1`. */
  readonly fault: string
  readonly atUs: number
  /** Who was MASTER of the first VHID that moved, and who became it. */
  readonly nodes: { readonly from: string | null; readonly to: string }
  readonly perVhid: readonly VhidFailover[]
  /** From the fault to the last decision of a new MASTER. */
  readonly detectionUs: number
  /** From that decision to the service being whole again; 0 when it was not interrupted. */
  readonly switchoverUs: number
  /** From the fault to the service being whole again: detection and switchover. */
  readonly recoveryUs: number
  /** The longest outage of a flow that the fault caused. */
  readonly serviceOutageUs: number
}

export interface VhidFailover {
  readonly vhid: number
  readonly interface: string
  /** The last advertisement of the old MASTER before the new one decided; null if there was none. */
  readonly lastAdvertUs: number | null
  readonly newMasterUs: number
  readonly firstAdvertUs: number | null
  /** When the old MASTER ceased to be one, by hearing of it or by dying; null if it did not. */
  readonly oldBackupUs: number | null
  /** How long both were MASTER. */
  readonly dualMasterUs: number
}

interface Reign {
  readonly node: string
  readonly fromNs: Nanoseconds
  toNs: Nanoseconds | undefined
}

interface VhidHistory {
  readonly vhid: number
  readonly interface: string
  readonly reigns: Reign[]
  readonly advertisements: { readonly node: string; readonly timeNs: Nanoseconds }[]
}

/**
 * Reads the failovers out of a run's journal: per fault, the VHIDs that got a new MASTER before
 * the next fault.
 */
export function measureFailovers(
  entries: readonly JournalEntry[],
  outages: readonly Outage[],
  endNs: Nanoseconds,
): FailoverMetrics[] {
  const histories = readHistories(entries)
  const faults = entries.filter(({ kind }) => kind === 'fault')
  return faults.flatMap((fault, index) => {
    const untilNs = faults[index + 1]?.timeNs ?? endNs
    const moved = histories.flatMap((history) => lastMoveOf(history, fault.timeNs, untilNs) ?? [])
    const caused = outages.filter(({ downNs }) => downNs >= fault.timeNs && downNs < untilNs)
    return moved.length === 0 ? [] : [summarise(fault, moved, caused, endNs)]
  })
}

interface Move {
  readonly from: string | undefined
  readonly to: string
  readonly metrics: VhidFailover
}

function summarise(
  fault: JournalEntry,
  moves: readonly Move[],
  outages: readonly Outage[],
  endNs: Nanoseconds,
): FailoverMetrics {
  const [first] = moves.toSorted((a, b) => a.metrics.newMasterUs - b.metrics.newMasterUs)
  const atUs = toMicroseconds(fault.timeNs)
  const decidedUs = Math.max(...moves.map(({ metrics }) => metrics.newMasterUs))
  const wholeNs = outages.map(({ upNs }) => upNs ?? endNs)
  const wholeUs = Math.max(decidedUs, ...wholeNs.map(toMicroseconds))
  return {
    fault: fault.text,
    atUs,
    nodes: { from: first?.from ?? null, to: first?.to ?? '' },
    perVhid: moves.map(({ metrics }) => metrics).toSorted((a, b) => a.vhid - b.vhid),
    detectionUs: decidedUs - atUs,
    switchoverUs: wholeUs - decidedUs,
    recoveryUs: wholeUs - atUs,
    serviceOutageUs: Math.max(
      0,
      ...outages.map(({ downNs, upNs }) => toMicroseconds(upNs ?? endNs) - toMicroseconds(downNs)),
    ),
  }
}

/** Several reigns may begin between two faults, as when both nodes vie; the last one counts. */
function lastMoveOf(
  history: VhidHistory,
  fromNs: Nanoseconds,
  untilNs: Nanoseconds,
): Move | undefined {
  const { reigns } = history
  const reign = reigns.findLast((each) => each.fromNs >= fromNs && each.fromNs < untilNs)
  if (reign === undefined) return undefined
  const before = reigns.findLast(
    (each) => each.fromNs < fromNs && (each.toNs === undefined || each.toNs >= fromNs),
  )
  if (before?.node === reign.node) return undefined
  const newMasterNs = reign.fromNs
  const isOf = (node: string | undefined) => (each: { node: string }) => each.node === node
  const last = history.advertisements
    .filter(isOf(before?.node))
    .findLast(({ timeNs }) => timeNs <= newMasterNs)
  const first = history.advertisements
    .filter(isOf(reign.node))
    .find(({ timeNs }) => timeNs >= newMasterNs)
  const bothUntilNs = Math.min(before?.toNs ?? untilNs, reign.toNs ?? untilNs)
  return {
    from: before?.node,
    to: reign.node,
    metrics: {
      vhid: history.vhid,
      interface: history.interface,
      lastAdvertUs: microsecondsOrNull(last?.timeNs),
      newMasterUs: toMicroseconds(newMasterNs),
      firstAdvertUs: microsecondsOrNull(first?.timeNs),
      oldBackupUs: microsecondsOrNull(before?.toNs),
      dualMasterUs:
        before === undefined ? 0 : toMicroseconds(Math.max(0, bothUntilNs - newMasterNs)),
    },
  }
}

function microsecondsOrNull(timeNs: Nanoseconds | undefined): number | null {
  return timeNs === undefined ? null : toMicroseconds(timeNs)
}

function readHistories(entries: readonly JournalEntry[]): VhidHistory[] {
  const histories = new Map<string, VhidHistory>()
  const historyOf = ({ details = {} }: JournalEntry): VhidHistory => {
    const vhid = Number(details.vhid)
    const on = String(details.interface)
    const key = `${on}@${vhid}`
    let history = histories.get(key)
    if (history === undefined) {
      history = { vhid, interface: on, reigns: [], advertisements: [] }
      histories.set(key, history)
    }
    return history
  }
  for (const entry of entries) {
    const { timeNs, node, kind, details } = entry
    if (kind === 'carp.advertisement') {
      historyOf(entry).advertisements.push({ node, timeNs })
    } else if (kind === 'carp.state' && details?.after === 'MASTER') {
      historyOf(entry).reigns.push({ node, fromNs: timeNs, toNs: undefined })
    } else if (kind === 'carp.state' || kind === 'carp.removed') {
      endReign(historyOf(entry), node, timeNs)
    } else if (kind === 'node.poweredOff') {
      for (const history of histories.values()) endReign(history, node, timeNs)
    }
  }
  return [...histories.values()]
}

function endReign({ reigns }: VhidHistory, node: string, timeNs: Nanoseconds): void {
  const reign = reigns.findLast((each) => each.node === node)
  if (reign !== undefined) reign.toNs ??= timeNs
}
