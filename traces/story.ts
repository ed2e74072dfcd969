import type { JournalEntry } from '../engine/journal.ts'
import { formatSeconds, MICROSECOND_NS, toMicroseconds } from '../engine/time.ts'

/** Kinds of entries that are part of the failover story and appear in `timeline.txt`. */
const STORY_KINDS = new Set([
  'fault',
  'node.restarted',
  'node.halted',
  'node.bootStage',
  'node.booted',
  'carp.state',
  'carp.removed',
  'carp.demotion',
  'config.saved',
  'filter.loaded',
  'sync.call',
  'sync.log',
  'sync.loop',
  'sync.notice',
  'sync.refused',
  'sync.retry',
  'pfsync.wait',
  'session.opened',
  'session.broken',
  'session.refused',
  'flow.down',
  'flow.up',
  'openvpn.client',
  'openvpn.server',
  'tunnel.down',
  'tunnel.up',
  'flow.page',
  'probe.lost',
])

/** A demotion by 0 is what pfsync makes of a bulk update on pfSense: no story of its own. */
function isPartOfStory({ kind, details }: JournalEntry): boolean {
  return STORY_KINDS.has(kind) && !(kind === 'carp.demotion' && details?.by === 0)
}

/** Kinds told only for the metrics: there are several each second. */
const UNWRITTEN_KINDS = new Set(['carp.advertisement'])

const OPPOSITES = new Map([
  ['flow.down', 'flow.up'],
  ['flow.up', 'flow.down'],
  ['tunnel.down', 'tunnel.up'],
  ['tunnel.up', 'tunnel.down'],
])

/** Collects what a run tells, in the order in which it happened. */
export class Story {
  readonly entries: JournalEntry[] = []
  /** VHIDs, by node, whose new MASTER has not advertised yet. */
  #awaited = new Set<string>()

  add(entry: JournalEntry): void {
    if (this.#undoes(entry)) return
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
   * within 10 µs for the same reason is one line, and so are many losses of a flow in a row.
   */
  timeline(): string {
    const chosen = this.#inOrder().filter(isPartOfStory)
    const told = mergeAlike(foldLosses(chosen))
    const width = told.reduce((most, { node }) => Math.max(most, node.length), 'node'.length)
    const rows = [
      ['seconds', 'node', 'what happened'] as const,
      ...told.map(({ timeNs, node, text }) => [formatSeconds(timeNs), node, text] as const),
    ]
    return rows
      .map(([time, node, text]) => `${time.padStart(12)}  ${node.padEnd(width)}  ${text}\n`)
      .join('')
  }

  /** A flow that goes down and up again, or up and down, at one instant has not changed: both go. */
  #undoes({ timeNs, kind, details }: JournalEntry): boolean {
    const opposite = OPPOSITES.get(kind)
    if (opposite === undefined) return false
    const at = this.entries.findLastIndex(
      (each) =>
        each.timeNs !== timeNs || (each.kind === opposite && each.details?.flow === details?.flow),
    )
    if (at < 0 || this.entries[at]?.timeNs !== timeNs) return false
    this.entries.splice(at, 1)
    return true
  }

  /** Entries found out later (a lost probe) are put where they belong; ties keep their order. */
  #inOrder(): JournalEntry[] {
    return this.entries.toSorted((a, b) => a.timeNs - b.timeNs)
  }
}

/** So many losses of a flow in a row, and of one cause, are told one by one; more are one line. */
const LOSSES_TOLD = 4

function foldLosses(entries: readonly JournalEntry[]): JournalEntry[] {
  const runOf = new Map<JournalEntry, JournalEntry[]>()
  const lastOf = new Map<unknown, JournalEntry>()
  for (const entry of entries) {
    if (entry.kind !== 'probe.lost') continue
    const before = lastOf.get(entry.details?.flow)
    const run = before !== undefined && isNextLoss(before, entry) ? runOf.get(before) : undefined
    run?.push(entry)
    runOf.set(entry, run ?? [entry])
    lastOf.set(entry.details?.flow, entry)
  }
  return entries.flatMap((entry) => {
    const run = runOf.get(entry) ?? []
    if (run.length <= LOSSES_TOLD) return entry
    return entry === run[0] ? foldRun(entry, run.at(-1) ?? entry) : []
  })
}

function isNextLoss(before: JournalEntry, entry: JournalEntry): boolean {
  return (
    Number(before.details?.probe) + 1 === entry.details?.probe &&
    before.details?.cause === entry.details?.cause &&
    before.details?.at === entry.details?.at
  )
}

function foldRun(first: JournalEntry, last: JournalEntry): JournalEntry {
  const { flow, probe, cause, at } = first.details ?? {}
  const probes = `probes ${probe} to ${last.details?.probe} ${endOfProbe(String(cause), String(at))}`
  return { ...first, text: `${flow}: ${probes} (until ${formatSeconds(last.timeNs)})` }
}

/** Entries of one kind this close to the first of them are told as one. */
const ONE_INSTANT_NS = 10 * MICROSECOND_NS

function mergeAlike(entries: readonly JournalEntry[]): JournalEntry[] {
  const groups: [JournalEntry, ...JournalEntry[]][] = []
  for (const entry of entries) {
    const near = groups.findLast(([first]) => !isNear(first, entry) || isAlike(first, entry))
    if (near !== undefined && isNear(near[0], entry)) near.push(entry)
    else groups.push([entry])
  }
  return groups.map(mergeGroup)
}

function isNear(earlier: JournalEntry, entry: JournalEntry): boolean {
  return entry.timeNs - earlier.timeNs <= ONE_INSTANT_NS
}

const MERGED_KINDS = new Set(['carp.state', 'carp.demotion', 'carp.removed', 'pfsync.wait'])

function isAlike(a: JournalEntry, b: JournalEntry): boolean {
  if (!MERGED_KINDS.has(a.kind)) return false
  return (
    a.kind === b.kind &&
    a.node === b.node &&
    (a.kind !== 'pfsync.wait' || a.text === b.text) &&
    a.details?.reason === b.details?.reason &&
    a.details?.before === b.details?.before &&
    a.details?.after === b.details?.after
  )
}

function mergeGroup(group: readonly [JournalEntry, ...JournalEntry[]]): JournalEntry {
  const [first] = group
  const { details = {} } = first
  const vhids = group.map((entry) => `${entry.details?.interface}@${entry.details?.vhid}`)
  if (first.kind === 'carp.removed') return { ...first, text: `${vhids.join(' ')}: removed` }
  if (first.kind === 'carp.state') {
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

/** How a lost probe ended: `lost at pfsense2 WAN: portClosed`. */
export function endOfProbe(cause: string, at: string): string {
  if (cause === 'unsent') return 'never sent, as what was before them did not get through'
  return `lost at ${at || 'an unknown place'}: ${cause}`
}
