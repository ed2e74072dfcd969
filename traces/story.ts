import type { JournalEntry } from '../engine/journal.ts'
import { formatSeconds, MICROSECOND_NS, toMicroseconds } from '../engine/time.ts'

/** Kinds of entries that are part of the failover story and appear in `timeline.txt`. */
const STORY_KINDS = new Set([
  'fault',
  'node.booted',
  'carp.state',
  'carp.removed',
  'carp.demotion',
  'flow.down',
  'flow.up',
  'probe.lost',
])

/** Kinds told only for the metrics: there are several each second. */
const UNWRITTEN_KINDS = new Set(['carp.advertisement'])

/** Collects what a run tells, in the order in which it happened. */
export class Story {
  readonly entries: JournalEntry[] = []
  /** VHIDs, by node, whose new MASTER has not advertised yet. */
  #awaited = new Set<string>()

  add(entry: JournalEntry): void {
    this.entries.push(entry)
    const { node, kind, details } = entry
    const vhid = `${node} ${details?.interface}@${details?.vhid}`
    if (kind === 'carp.state' && details?.after === 'MASTER') this.#awaited.add(vhid)
    if (kind === 'carp.advertisement' && this.#awaited.delete(vhid)) {
      this.entries.push({ ...entry, kind: 'carp.firstAdvertisement' })
    }
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
   * within 10 µs for the same reason is one line.
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

/** Entries of one kind this close to the first of them are told as one. */
const ONE_INSTANT_NS = 10 * MICROSECOND_NS

function mergeAlike(entries: readonly JournalEntry[]): JournalEntry[] {
  const groups: [JournalEntry, ...JournalEntry[]][] = []
  for (const entry of entries) {
    const group = groups.findLast(
      ([first]) => entry.timeNs - first.timeNs <= ONE_INSTANT_NS && isAlike(first, entry),
    )
    if (group === undefined) groups.push([entry])
    else group.push(entry)
  }
  return groups.map(mergeGroup)
}

function isAlike(a: JournalEntry, b: JournalEntry): boolean {
  if (a.kind !== 'carp.state' && a.kind !== 'carp.demotion') return false
  return (
    a.kind === b.kind &&
    a.node === b.node &&
    a.details?.reason === b.details?.reason &&
    a.details?.before === b.details?.before &&
    a.details?.after === b.details?.after
  )
}

function mergeGroup(group: readonly [JournalEntry, ...JournalEntry[]]): JournalEntry {
  const [first] = group
  const { details = {} } = first
  if (first.kind === 'carp.state') {
    const vhids = group.map((entry) => `${entry.details?.interface}@${entry.details?.vhid}`)
    const { before, after, reason } = details
    return { ...first, text: `${vhids.join(' ')}: ${before} -> ${after} (${reason})` }
  }
  if (first.kind === 'carp.demotion') {
    const by = group.reduce((total, entry) => total + Number(entry.details?.by), 0)
    const to = group.at(-1)?.details?.to
    return { ...first, text: `demoted by ${by} to ${to} (${details.reason})` }
  }
  return first
}
