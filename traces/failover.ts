import type { JournalEntry } from '../engine/journal.ts'
import { type Nanoseconds, toMicroseconds } from '../engine/time.ts'
import { lastedUntilNs, type Outage } from './outage-log.ts'

/** One failover in `metrics.json`: what followed from one fault. Times are µs from the start. */
export interface FailoverMetrics {
  /** What was done, and to which node: `power-off pfsense1`; several at one instant, with commas. */
  readonly fault: string
  readonly atUs: number
  /** Who was MASTER of the first VHID that moved, and who became it. */
  readonly nodes: { readonly from: string | null; readonly to: string }
  readonly perVhid: readonly VhidFailover[]
  /** From the fault to the last decision of a new MASTER; of a power-on, its boot included. */
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
  /** How long both were MASTER; to the end of the run, if they still are. */
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
 * Reads the failovers out of a run's journal: per fault, the VHIDs that got a new MASTER because of
 * it. What comes loose between a fault and the next one is laid at its door, even if the new MASTER
 * decides only after the next one. Faults at one instant count as one.
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

interface Fault {
  readonly timeNs: Nanoseconds
  readonly text: string
}

/** A reboot takes its VHIDs away by its first half, and gets them back by its second. */
const WHAT_HAPPENS = new Set(['fault', 'node.restarted'])

function readFaults(entries: readonly JournalEntry[]): Fault[] {
  const faults: Fault[] = []
  for (const { kind, timeNs, text } of entries) {
    if (!WHAT_HAPPENS.has(kind)) continue
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
  readonly metrics: VhidFailover
}

function summarise(
  fault: Fault,
  moves: readonly Move[],
  outages: readonly Outage[],
  endNs: Nanoseconds,
): FailoverMetrics {
  const [first] = moves.toSorted((a, b) => a.metrics.newMasterUs - b.metrics.newMasterUs)
  const atUs = toMicroseconds(fault.timeNs)
  const decidedUs = Math.max(...moves.map(({ metrics }) => metrics.newMasterUs))
  const spans = outages.map((outage) => ({
    downUs: toMicroseconds(outage.downNs),
    upUs: toMicroseconds(lastedUntilNs(outage, endNs)),
  }))
  const wholeUs = Math.max(decidedUs, ...spans.map(({ upUs }) => upUs))
  return {
    fault: fault.text,
    atUs,
    nodes: { from: first?.from ?? null, to: first?.to ?? '' },
    perVhid: moves.map(({ metrics }) => metrics).toSorted((a, b) => a.vhid - b.vhid),
    detectionUs: decidedUs - atUs,
    switchoverUs: wholeUs - decidedUs,
    recoveryUs: wholeUs - atUs,
    serviceOutageUs: Math.max(0, ...spans.map(({ downUs, upUs }) => upUs - downUs)),
  }
}

/** Several reigns may follow from one fault, as when both nodes vie; the last one counts. */
function lastMoveOf(history: VhidHistory, window: Window, endNs: Nanoseconds): Move | undefined {
  const { reigns } = history
  const reign = reigns.findLast((each) => isIn(window, cameLooseNs(each, reigns)))
  if (reign === undefined) return undefined
  const before = reigns.findLast(
    (each) => each.fromNs < window.fromNs && (each.toNs ?? endNs) >= window.fromNs,
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
  const bothUntilNs = Math.min(before?.toNs ?? endNs, reign.toNs ?? endNs)
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

/** When a VHID was there for the taking: no MASTER any more, or else this one's own decision. */
function cameLooseNs(reign: Reign, reigns: readonly Reign[]): Nanoseconds {
  const earlier = reigns.slice(0, reigns.indexOf(reign))
  const endsNs = earlier.map(({ toNs }) => toNs ?? Number.POSITIVE_INFINITY)
  return earlier.length === 0 ? reign.fromNs : Math.min(reign.fromNs, Math.max(...endsNs))
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
    } else if (ENDS_OF_LIFE.has(kind)) {
      for (const history of histories.values()) endReign(history, node, timeNs)
    }
  }
  return [...histories.values()]
}

const ENDS_OF_LIFE = new Set(['node.poweredOff', 'node.restarted', 'node.halted'])

function endReign({ reigns }: VhidHistory, node: string, timeNs: Nanoseconds): void {
  const reign = reigns.findLast((each) => each.node === node)
  if (reign !== undefined) reign.toNs ??= timeNs
}
