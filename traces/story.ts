import type { EventKind, EventStyle, EventStyles, JournalEntry } from '../engine/journal.ts'
import { formatSeconds, MICROSECOND_NS, toMicroseconds } from '../engine/time.ts'
import type { RedundancyGroup } from '../protocols/redundancy.ts'
import { AdvertisementLog } from './advertisement-log.ts'

/** Collects what a run tells, in the order in which it happened. */
export class Story {
  #told: JournalEntry[] = []
  #advertisements = new AdvertisementLog()
  #styles: EventStyles
  /** Groups, by node, whose new active member has not advertised yet. */
  #awaited = new Set<string>()

  constructor(styles: EventStyles) {
    this.#styles = styles
  }

  add(entry: JournalEntry): void {
    if (entry.kind === 'role.advertisement') {
      this.#advertisements.add(entry)
      if (this.#awaited.size === 0) return
      if (!this.#awaited.delete(memberOf(entry.node, entry.details))) return
      this.#told.push({ ...entry, kind: 'role.firstAdvertisement' })
      return
    }
    if (this.#undoes(entry)) return
    this.#told.push(entry)
    if (entry.kind === 'role.changed' && entry.details.role === 'active') {
      this.#awaited.add(memberOf(entry.node, entry.details))
      this.#advertisements.becameActive(entry.details, entry.timeNs)
    }
  }

  /** Everything that measurements are made from; of the advertisements those that matter. */
  get entries(): readonly JournalEntry[] {
    return [...this.#told, ...this.#advertisements.all]
  }

  #styleOf({ kind }: JournalEntry): EventStyle<EventKind> {
    return this.#styles[kind]
  }

  /** `events.jsonl`: one JSON object per line. */
  eventsJsonl(): string {
    return this.#inOrder((entry) => this.#styleOf(entry).told !== 'metrics')
      .map(({ timeNs, node, kind, text, frameId, details }) =>
        JSON.stringify({ timeUs: toMicroseconds(timeNs), node, kind, text, frameId, ...details }),
      )
      .map((line) => `${line}\n`)
      .join('')
  }

  /**
   * `timeline.txt`: time in seconds, node, what happened; a page. Several groups of a node that
   * change within 10 µs for the same reason are one line, and so are many losses in a row.
   */
  timeline(): string {
    const chosen = this.#inOrder((entry) => {
      const { told, isLeftOut } = this.#styleOf(entry)
      return told === 'timeline' && isLeftOut?.(entry.details) !== true
    })
    const told = this.#mergeAlike(foldLosses(chosen))
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
  #undoes(entry: JournalEntry): boolean {
    const { undoes } = this.#styleOf(entry)
    if (undoes === undefined) return false
    const details = JSON.stringify(entry.details)
    const at = this.#told.findLastIndex(
      (each) =>
        each.timeNs !== entry.timeNs ||
        (each.kind === undoes && JSON.stringify(each.details) === details),
    )
    if (at < 0 || this.#told[at]?.timeNs !== entry.timeNs) return false
    this.#told.splice(at, 1)
    return true
  }

  /** Entries found out later (a lost probe) are put where they belong; ties keep their order. */
  #inOrder(isWanted: (entry: JournalEntry) => boolean): JournalEntry[] {
    return this.#told.filter(isWanted).sort((a, b) => a.timeNs - b.timeNs)
  }

  #mergeAlike(entries: readonly JournalEntry[]): { timeNs: number; node: string; text: string }[] {
    const groups: [JournalEntry, ...JournalEntry[]][] = []
    for (const entry of entries) {
      const near = groups.findLast(
        ([first]) => !isNear(first, entry) || this.#isAlike(first, entry),
      )
      if (near !== undefined && isNear(near[0], entry)) near.push(entry)
      else groups.push([entry])
    }
    return groups.map((group) => {
      const [first] = group
      const text = this.#styleOf(first).merged?.(group.map(({ details }) => details))
      return { ...first, text: text ?? first.text }
    })
  }

  #isAlike(a: JournalEntry, b: JournalEntry): boolean {
    const { mergeKey } = this.#styleOf(a)
    if (mergeKey === undefined || a.kind !== b.kind || a.node !== b.node) return false
    return mergeKey(a) === mergeKey(b)
  }
}

/** So many losses of a flow in a row, and of one cause, are told one by one; more are one line. */
const LOSSES_TOLD = 4

function foldLosses(entries: readonly JournalEntry[]): JournalEntry[] {
  const runOf = new Map<JournalEntry, Loss[]>()
  const lastOf = new Map<string, Loss>()
  for (const entry of entries) {
    if (entry.kind !== 'probe.lost') continue
    const before = lastOf.get(entry.details.flow)
    const run = before !== undefined && isNextLoss(before, entry) ? runOf.get(before) : undefined
    run?.push(entry)
    runOf.set(entry, run ?? [entry])
    lastOf.set(entry.details.flow, entry)
  }
  return entries.flatMap((entry) => {
    const run = runOf.get(entry) ?? []
    const [first] = run
    if (first === undefined || run.length <= LOSSES_TOLD) return entry
    return entry === first ? foldRun(first, run.at(-1) ?? first) : []
  })
}

type Loss = Extract<JournalEntry, { kind: 'probe.lost' }>

function isNextLoss({ details: before }: Loss, { details }: Loss): boolean {
  const { probe, cause, at } = details
  return before.probe + 1 === probe && before.cause === cause && before.at === at
}

function foldRun(first: Loss, last: Loss): JournalEntry {
  const { flow, probe, cause, at } = first.details
  const probes = `probes ${probe} to ${last.details.probe} ${endOfProbe(cause, at)}`
  return { ...first, text: `${flow}: ${probes} (until ${formatSeconds(last.timeNs)})` }
}

function memberOf(node: string, group: RedundancyGroup): string {
  return `${node} ${group.protocol} ${group.interface}@${group.id}`
}

/** Entries of one kind this close to the first of them are told as one. */
const ONE_INSTANT_NS = 10 * MICROSECOND_NS

function isNear(earlier: JournalEntry, entry: JournalEntry): boolean {
  return entry.timeNs - earlier.timeNs <= ONE_INSTANT_NS
}

/** How a lost probe ended: `lost at pfsense2 WAN: portClosed`. */
export function endOfProbe(cause: string, at: string): string {
  if (cause === 'unsent') return 'never sent, as what was before them did not get through'
  return `lost at ${at || 'an unknown place'}: ${cause}`
}
