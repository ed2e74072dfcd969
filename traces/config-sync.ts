import type { EventKind, JournalEntry } from '../engine/journal.ts'
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

type EntryOf<Kind extends EventKind> = Extract<JournalEntry, { kind: Kind }>

/** Entries that belong to one synchronisation by its number. */
type SyncEntry = EntryOf<'sync.ended' | 'sync.call'>

function measure(
  entries: readonly JournalEntry[],
  started: EntryOf<'sync.started'>,
  index: number,
  nodeOf: ReadonlyMap<string, string>,
): ConfigSyncMetrics {
  const { node: from, details } = started
  const to = nodeOf.get(details.to) ?? details.to
  const later = entries.slice(index + 1)
  const isOwn = (each: SyncEntry): boolean =>
    each.node === from && each.details.sync === details.sync
  // A node that died over it tells no end.
  const ended = later.find((each) => each.kind === 'sync.ended' && isOwn(each))
  const during = later.slice(0, ended === undefined ? undefined : later.indexOf(ended))
  const atPeer = during.flatMap((each) =>
    (each.kind === 'sync.merged' || each.kind === 'sync.loop') &&
    each.node === to &&
    nodeOf.get(each.details.from) === from
      ? [each]
      : [],
  )
  const merged = atPeer.findLast(({ kind }) => kind === 'sync.merged')
  const wasLoop = atPeer.some(({ kind }) => kind === 'sync.loop')
  const call = during.findLast((each) => each.kind === 'sync.call' && isOwn(each))
  const outcome = ended?.kind === 'sync.ended' ? ended.details : undefined
  const attempt = call?.kind === 'sync.call' ? call.details.attempt : 0
  return {
    atUs: toMicroseconds(savedNs(entries, index, from) ?? started.timeNs),
    startedUs: toMicroseconds(started.timeNs),
    from,
    to,
    result: wasLoop ? 'loop' : (outcome?.result ?? 'interrupted'),
    attempts: outcome?.attempts ?? attempt,
    appliedUs: merged === undefined ? null : appliedUs(entries, merged),
  }
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
