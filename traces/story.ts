import type { JournalEntry } from '../engine/journal.ts'
import { formatSeconds, toMicroseconds } from '../engine/time.ts'

/** Kinds of entries that are part of the failover story and appear in `timeline.txt`. */
const STORY_KINDS = new Set([
  'fault',
  'node.booted',
  'carp.state',
  'carp.demotion',
  'carp.firstAdvertisement',
  'flow.down',
  'flow.up',
  'probe.lost',
])

/** Kinds told only for the metrics: there are several each second. */
const UNWRITTEN_KINDS = new Set(['carp.advertisement'])

/** Collects what a run tells, in the order in which it happened. */
export class Story {
  readonly entries: JournalEntry[] = []

  add(entry: JournalEntry): void {
    this.entries.push(entry)
  }

  /** `events.jsonl`: one JSON object per line. */
  eventsJsonl(): string {
    return this.#inOrder()
      .filter(({ kind }) => !UNWRITTEN_KINDS.has(kind))
      .map(({ timeNs, node, kind, text, frameId, details }) =>
        JSON.stringify({ timeUs: toMicroseconds(timeNs), node, kind, text, frameId, ...details }),
      )
      .map((line) => `${line}\n`)
      .join('')
  }

  /**
   * `timeline.txt`: time in seconds, node, what happened; a page. What several VHIDs of a node do
   * at the same instant for the same reason is one line.
   */
  timeline(): string {
    const told = mergeAlike(this.#inOrder().filter(({ kind }) => STORY_KINDS.has(kind)))
    const width = Math.max(4, ...told.map(({ node }) => node.length))
    const lines = told.map(
      ({ timeNs, node, text }) =>
        `${formatSeconds(timeNs).padStart(12)}  ${node.padEnd(width)}  ${text}`,
    )
    return `${['seconds'.padStart(12), 'node'.padEnd(width), 'what happened'].join('  ')}\n${lines.join('\n')}\n`
  }

  /** Entries found out later (a lost probe) are put where they belong; ties keep their order. */
  #inOrder(): JournalEntry[] {
    return this.entries.toSorted((a, b) => a.timeNs - b.timeNs)
  }
}

function mergeAlike(entries: readonly JournalEntry[]): JournalEntry[] {
  const merged: JournalEntry[] = []
  for (let index = 0; index < entries.length; ) {
    const first = entries[index] as JournalEntry
    let next = index + 1
    while (next < entries.length && isAlike(first, entries[next] as JournalEntry)) next++
    merged.push(mergeRun(entries.slice(index, next)))
    index = next
  }
  return merged
}

function isAlike(a: JournalEntry, b: JournalEntry): boolean {
  return (
    a.timeNs === b.timeNs &&
    a.node === b.node &&
    a.kind === b.kind &&
    (a.kind === 'carp.state' ||
      a.kind === 'carp.demotion' ||
      a.kind === 'carp.firstAdvertisement') &&
    a.details?.reason === b.details?.reason &&
    a.details?.before === b.details?.before &&
    a.details?.after === b.details?.after
  )
}

function mergeRun(run: readonly JournalEntry[]): JournalEntry {
  const [first] = run as readonly [JournalEntry, ...JournalEntry[]]
  const last = run.at(-1) as JournalEntry
  const { details = {} } = first
  const vhids = run.map((entry) => `${entry.details?.interface}@${entry.details?.vhid}`)
  switch (first.kind) {
    case 'carp.state': {
      const { before, after, reason } = details
      return { ...first, text: `${vhids.join(' ')}: ${before} -> ${after} (${reason})` }
    }
    case 'carp.firstAdvertisement':
      return { ...first, text: `first advertisement: ${vhids.join(' ')}` }
    case 'carp.demotion': {
      const by = run.reduce((total, entry) => total + Number(entry.details?.by), 0)
      return {
        ...first,
        text: `demoted by ${by} to ${last.details?.to} (${details.reason})`,
      }
    }
    default:
      return first
  }
}
