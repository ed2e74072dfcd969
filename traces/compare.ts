import { briefSeconds, columns, seconds } from './explain/layout.ts'
import type { RecordedEvent, RecordedFlow } from './explain/recorded-run.ts'

/** Two runs side by side: what each user lost, and the first event at which they differ. */

export interface ComparedRun {
  readonly name: string
  readonly flows: readonly RecordedFlow[]
  readonly events: readonly RecordedEvent[]
}

/** How many events before the difference are told: what both had in common last. */
const COMMON_SHOWN = 2
/** And how many after it of each run. */
const OWN_SHOWN = 4

export function compareRuns(one: ComparedRun, other: ComparedRun): string[] {
  return [...flowLines(one, other), '', ...eventLines(one, other)]
}

// --- Flows ---------------------------------------------------------------------------------------

function flowLines(one: ComparedRun, other: ComparedRun): string[] {
  const names = [...new Set([...one.flows, ...other.flows].map(({ name }) => name))]
  const rows = names.map((name) => [
    name,
    ...[one, other].flatMap(({ flows }) => {
      const flow = flows.find((each) => each.name === name)
      return flow === undefined ? ['-', '-', '-'] : figuresOf(flow)
    }),
  ])
  const heads = ['lost', 'outages', 'longest']
  return columns([
    ['', one.name, '', '', other.name, '', ''],
    ['flow', ...heads, ...heads],
    ...rows,
  ])
}

function figuresOf({ lost, outages }: RecordedFlow): string[] {
  const longestUs = Math.max(0, ...outages.map(({ durationUs }) => durationUs))
  return [String(lost), String(outages.length), `${briefSeconds(longestUs)} s`]
}

// --- Events --------------------------------------------------------------------------------------

function eventLines(one: ComparedRun, other: ComparedRun): string[] {
  const at = firstDifference(one.events, other.events)
  if (at === undefined) return [`no event differs, of ${one.events.length}`]
  const common = one.events.slice(Math.max(0, at - COMMON_SHOWN), at)
  const lines = [`the first event that differs is number ${at + 1}:`]
  for (const each of common) lines.push(`  both ${lineOf(each)}`)
  for (const { name, events } of [one, other]) {
    const own = events.slice(at, at + OWN_SHOWN)
    if (own.length === 0) lines.push(`  ${name.padEnd(4)} nothing more happens`)
    for (const each of own) lines.push(`  ${name.padEnd(4)} ${lineOf(each)}`)
  }
  return [...lines, '', ...consequences(one, other, at)]
}

/** Why it mattered: the first change of a user's path after it, in each run. */
function consequences(one: ComparedRun, other: ComparedRun, at: number): string[] {
  return [one, other].map(({ name, events }) => {
    const next = events.slice(at).find(({ kind }) => kind === 'flow.down' || kind === 'flow.up')
    const what = next === undefined ? 'no path of a user changes' : lineOf(next)
    return `after it, in ${name}: ${what.trimStart()}`
  })
}

function firstDifference(
  one: readonly RecordedEvent[],
  other: readonly RecordedEvent[],
): number | undefined {
  const length = Math.max(one.length, other.length)
  for (let at = 0; at < length; at++) {
    if (JSON.stringify(one[at]) !== JSON.stringify(other[at])) return at
  }
  return undefined
}

function lineOf({ timeUs, node, text }: RecordedEvent): string {
  return `${seconds(timeUs).padStart(11)} s  ${node === '' ? '' : `${node}  `}${text}`
}
