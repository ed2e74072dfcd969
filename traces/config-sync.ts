import type { JournalEntry } from '../engine/journal.ts'
import { type Nanoseconds, toMicroseconds } from '../engine/time.ts'

/** One synchronisation of a configuration in `metrics.json`. Times are µs from the start. */
export interface ConfigSyncMetrics {
  /** When the first change was saved that it carried. */
  readonly atUs: number
  /** When the script began. */
  readonly startedUs: number
  readonly from: string
  /** The peer's name, or its address if it belongs to no node. */
  readonly to: string
  readonly result:
    | 'synchronized'
    | 'loop'
    | 'nothingSelected'
    | 'versionMismatch'
    | 'authenticationFailed'
    | 'failed'
    | 'interrupted'
  /** How often the last method was called that was called at all. */
  readonly attempts: number
  /** When the peer had the rules in force; null if never. */
  readonly appliedUs: number | null
}

/** Reads the synchronisations out of a run's journal, in the order in which they began. */
export function measureConfigSyncs(
  entries: readonly JournalEntry[],
  nodeOf: ReadonlyMap<string, string>,
): ConfigSyncMetrics[] {
  return entries.flatMap((entry, index) =>
    entry.kind === 'sync.started' ? [measure(entries, entry, index, nodeOf)] : [],
  )
}

function measure(
  entries: readonly JournalEntry[],
  started: JournalEntry,
  index: number,
  nodeOf: ReadonlyMap<string, string>,
): ConfigSyncMetrics {
  const { node: from, details = {} } = started
  const to = nodeOf.get(String(details.to)) ?? String(details.to)
  const later = entries.slice(index + 1)
  const isOwn = (each: JournalEntry): boolean =>
    each.node === from && each.details?.sync === details.sync
  // None is told by a node that died over it.
  const ended = later.find((each) => each.kind === 'sync.ended' && isOwn(each))
  const during = later.slice(0, ended === undefined ? undefined : later.indexOf(ended))
  const atPeer = during.filter(
    (each) => each.node === to && nodeOf.get(String(each.details?.from)) === from,
  )
  const merged = atPeer.findLast(({ kind }) => kind === 'sync.merged')
  const wasLoop = atPeer.some(({ kind }) => kind === 'sync.loop')
  const calls = during.filter((each) => each.kind === 'sync.call' && isOwn(each))
  return {
    atUs: toMicroseconds(savedNs(entries, index, from) ?? started.timeNs),
    startedUs: toMicroseconds(started.timeNs),
    from,
    to,
    result: wasLoop ? 'loop' : resultOf(ended),
    attempts: Number(ended?.details?.attempts ?? calls.at(-1)?.details?.attempt ?? 0),
    appliedUs: merged === undefined ? null : appliedUs(entries, merged),
  }
}

function resultOf(ended: JournalEntry | undefined): ConfigSyncMetrics['result'] {
  const result = ended?.details?.result
  return result === undefined ? 'interrupted' : (result as ConfigSyncMetrics['result'])
}

/** The first save since the synchronisation before, which carried all that came earlier. */
function savedNs(
  entries: readonly JournalEntry[],
  index: number,
  node: string,
): Nanoseconds | undefined {
  const earlier = entries.slice(0, index).filter((each) => each.node === node)
  const before = earlier.findLastIndex(({ kind }) => kind === 'sync.started')
  return earlier.slice(before + 1).find(({ kind }) => kind === 'config.saved')?.timeNs
}

/** The first load of the rules behind the take-over, unless the node died before. */
function appliedUs(entries: readonly JournalEntry[], merged: JournalEntry): number | null {
  const next = entries
    .slice(entries.indexOf(merged))
    .find(
      ({ node, kind }) =>
        node === merged.node && (kind === 'filter.loaded' || kind === 'node.poweredOff'),
    )
  return next?.kind === 'filter.loaded' ? toMicroseconds(next.timeNs) : null
}
