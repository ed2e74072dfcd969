import type { JournalEntry } from '../engine/journal.ts'
import { type Nanoseconds, toMicroseconds } from '../engine/time.ts'
import { readFaults } from './failover.ts'
import type { FlowLog } from './flow-log.ts'
import { lastedUntilNs, type Outage, type OutageLog, type PathStep } from './outage-log.ts'

/** What an outage waited for: each part ends when that was there. */
export type OutagePart =
  /** A new active member of a redundancy group decided: the timers that detect a failure. */
  | 'detection'
  /** An old active member gave up, or one took part anew. */
  | 'election'
  /** The first advertisement of a new active member, which moves the switches. */
  | 'advertisement'
  /** A switch learned behind which port an address is now. */
  | 'macRelearn'
  | 'arp'
  /** A state of a packet filter. */
  | 'state'
  | 'filter'
  | 'link'
  | 'power'
  | 'interface'
  | 'route'
  | 'tunnel'
  /** An outdated entry of a table was forgotten. */
  | 'ageing'
  /** The client tried with another packet, as that of a new session. */
  | 'client'
  /** It was not seen to end. */
  | 'notEnded'

const PART_OF: Readonly<Record<PathStep['subject'], OutagePart>> = {
  election: 'election',
  addressTable: 'macRelearn',
  neighbour: 'arp',
  state: 'state',
  filter: 'filter',
  link: 'link',
  power: 'power',
  interface: 'interface',
  route: 'route',
  tunnel: 'tunnel',
  ageing: 'ageing',
  client: 'client',
}

/** One outage of one flow, cut into parts that add up to it. Times are µs from the start. */
export interface OutageAnatomy {
  readonly flow: string
  /** The last fault before it; null: there was none. */
  readonly fault: string | null
  readonly faultUs: number | null
  /** The last advertisement of the old active member, if the outage waited for a new one. */
  readonly lastAdvertUs: number | null
  readonly downUs: number
  readonly upUs: number | null
  readonly durationUs: number
  readonly parts: readonly {
    readonly part: OutagePart
    readonly fromUs: number
    readonly durationUs: number
    /** The direction in which nothing crossed; null: not known. */
    readonly brokenWay: 'there' | 'back' | null
    /** What was waited for: groups, nodes, ports. */
    readonly at: readonly string[]
    /** What was told at the end of the part. */
    readonly events: readonly string[]
  }[]
  /** The first answer that the client got after it; null: none. */
  readonly firstAcrossUs: number | null
}

/** What the anatomy of a flow is made from. */
export interface WatchedRun {
  readonly log: FlowLog
  readonly outages: OutageLog
}

/** In the order of the flows, then of time. */
export function dissectOutages(
  flows: readonly WatchedRun[],
  entries: readonly JournalEntry[],
  endNs: Nanoseconds,
): OutageAnatomy[] {
  const faults = readFaults(entries)
  return flows.flatMap(({ log, outages }) =>
    outages.outages.map((outage) => {
      const fault = faults.findLast(({ timeNs }) => timeNs <= outage.downNs)
      const cuts = cutsOf(outage, entries, endNs)
      const [downUs, untilUs] = [outage.downNs, lastedUntilNs(outage, endNs)].map(toMicroseconds)
      const first = log.probes.reduce(
        (least, { receivedNs = Number.POSITIVE_INFINITY }) =>
          receivedNs >= (outage.upNs ?? Number.POSITIVE_INFINITY)
            ? Math.min(least, receivedNs)
            : least,
        Number.POSITIVE_INFINITY,
      )
      return {
        flow: log.name,
        fault: fault?.text ?? null,
        faultUs: fault === undefined ? null : toMicroseconds(fault.timeNs),
        lastAdvertUs: lastAdvertUs(cuts, entries),
        downUs: downUs as number,
        upUs: outage.upNs === undefined ? null : toMicroseconds(outage.upNs),
        durationUs: (untilUs as number) - (downUs as number),
        parts: partsOf(outage.downNs, cuts, entries),
        firstAcrossUs: Number.isFinite(first) ? toMicroseconds(first) : null,
      }
    }),
  )
}

/** An instant at which something was there that the outage had waited for. */
interface Cut {
  readonly timeNs: Nanoseconds
  readonly part: OutagePart
  readonly at: readonly string[]
  /** Where the path ended up to then. */
  readonly brokenWay: 'there' | 'back' | undefined
}

function cutsOf(outage: Outage, entries: readonly JournalEntry[], endNs: Nanoseconds): Cut[] {
  const { downNs, upNs, steps } = outage
  const untilNs = lastedUntilNs(outage, endNs)
  const cuts: Cut[] = []
  let brokenWay = steps.findLast(({ timeNs }) => timeNs <= downNs)?.brokenWay
  for (const timeNs of new Set(steps.map((step) => step.timeNs))) {
    if (timeNs <= downNs || timeNs > untilNs) continue
    const now = steps.filter((step) => step.timeNs === timeNs)
    const isEnd = timeNs === upNs
    const wanted = now.filter((step) => isEnd || isMilestone(step, entries))
    // The end goes by what the whole path needs; another change of that instant is beside it.
    const needed = wanted.filter(({ isNeeded }) => isNeeded)
    const chosen = needed.length > 0 ? needed : wanted
    const [first] = chosen
    if (first !== undefined) {
      const alike = chosen.filter(({ subject }) => subject === first.subject)
      const at = [...new Set(alike.map(({ place }) => place).filter((place) => place !== ''))]
      const part = alike.some((step) => madeActive(step, entries)) ? 'detection' : undefined
      cuts.push({ timeNs, part: part ?? PART_OF[first.subject], at, brokenWay })
    }
    brokenWay = now.at(-1)?.brokenWay ?? brokenWay
  }
  if (untilNs > (cuts.at(-1)?.timeNs ?? downNs)) {
    const part = upNs === undefined ? 'notEnded' : 'client'
    cuts.push({ timeNs: untilNs, part, at: [], brokenWay })
  }
  return withAdvertisements(downNs, cuts, entries)
}

/** Of what changes beside the way that was whole in the end, only what speaks for itself. */
function isMilestone(step: PathStep, entries: readonly JournalEntry[]): boolean {
  return step.isNeeded || step.subject === 'tunnel' || madeActive(step, entries)
}

function madeActive({ subject, place, timeNs }: PathStep, entries: readonly JournalEntry[]) {
  if (subject !== 'election') return false
  return entries.some(
    (entry) =>
      entry.kind === 'role.changed' &&
      entry.timeNs === timeNs &&
      entry.details.role === 'active' &&
      `${entry.details.interface}@${entry.details.id}` === place,
  )
}

/** A switch learns from an advertisement: until that was sent, the outage waited for it. */
function withAdvertisements(
  downNs: Nanoseconds,
  cuts: readonly Cut[],
  entries: readonly JournalEntry[],
): Cut[] {
  return cuts.flatMap((cut, index) => {
    const fromNs = cuts[index - 1]?.timeNs ?? downNs
    if (cut.part !== 'macRelearn') return [cut]
    const first = entries.find(
      ({ kind, timeNs }) =>
        kind === 'role.firstAdvertisement' && timeNs > fromNs && timeNs < cut.timeNs,
    )
    if (first === undefined || first.kind !== 'role.firstAdvertisement') return [cut]
    const { interface: on, id } = first.details
    return [{ ...cut, timeNs: first.timeNs, part: 'advertisement', at: [`${on}@${id}`] }, cut]
  })
}

function partsOf(
  downNs: Nanoseconds,
  cuts: readonly Cut[],
  entries: readonly JournalEntry[],
): OutageAnatomy['parts'] {
  const parts: OutageAnatomy['parts'][number][] = []
  let fromNs = downNs
  for (const { timeNs, part, at, brokenWay } of cuts) {
    const [fromUs, toUs] = [fromNs, timeNs].map(toMicroseconds) as [number, number]
    fromNs = timeNs
    const events = eventsAt(timeNs, part, at, entries)
    const last = parts.at(-1)
    if (toUs === fromUs && last?.part === part) {
      // Groups that decide within a microsecond.
      const all = { at: [...new Set([...last.at, ...at])], events: [...last.events, ...events] }
      parts.splice(-1, 1, { ...last, ...all })
      continue
    }
    const durationUs = toUs - fromUs
    parts.push({ part, fromUs, durationUs, brokenWay: brokenWay ?? null, at, events })
  }
  return parts
}

const SHOWN_EVENTS = ['role.changed', 'openvpn.client', 'openvpn.server', 'fault'] as const
/** Of many at one instant. */
const EVENTS_MAX = 2

function eventsAt(
  timeNs: Nanoseconds,
  part: OutagePart,
  at: readonly string[],
  entries: readonly JournalEntry[],
): string[] {
  const texts = entries.flatMap((entry) => {
    if (entry.timeNs !== timeNs || !SHOWN_EVENTS.some((kind) => kind === entry.kind)) return []
    if (entry.kind.startsWith('openvpn') && part !== 'tunnel') return []
    if (entry.kind !== 'role.changed') return [`${entry.node} ${entry.text}`]
    const { interface: on, id, role } = entry.details
    if (part !== 'detection' && part !== 'election') return []
    if (part === 'detection' && role !== 'active') return []
    return at.includes(`${on}@${id}`) ? [`${entry.node} ${entry.text}`] : []
  })
  return [...new Set(texts)].slice(0, EVENTS_MAX)
}

function lastAdvertUs(cuts: readonly Cut[], entries: readonly JournalEntry[]): number | null {
  const decision = cuts.find(({ part }) => part === 'detection')
  if (decision === undefined) return null
  const isOfGroup = (entry: JournalEntry): entry is JournalEntry & { kind: 'role.changed' } =>
    entry.kind === 'role.changed' &&
    decision.at.includes(`${entry.details.interface}@${entry.details.id}`)
  const member = entries.find(
    (entry) =>
      isOfGroup(entry) && entry.timeNs === decision.timeNs && entry.details.role === 'active',
  )?.node
  let lastNs: Nanoseconds | undefined
  for (const entry of entries) {
    if (entry.kind !== 'role.advertisement' || entry.node === member) continue
    if (!decision.at.includes(`${entry.details.interface}@${entry.details.id}`)) continue
    if (entry.timeNs <= decision.timeNs) lastNs = Math.max(lastNs ?? 0, entry.timeNs)
  }
  return lastNs === undefined ? null : toMicroseconds(lastNs)
}
