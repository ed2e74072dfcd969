import { assert } from '../engine/assert.ts'
import { type Nanoseconds, TIME_MAX_NS } from '../engine/time.ts'

/** Durations as a person writes them: a decimal number and a unit, `90s`, `12.5s`, `15us`. */

const UNIT_NS = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  min: 60_000_000_000n,
  h: 3_600_000_000_000n,
} as const

/** Units that `formatDuration` writes; minutes and hours are for people to write, not for us. */
const WRITTEN_UNITS = ['s', 'ms', 'us', 'ns'] as const

export const DURATION_PATTERN = /^\d{1,15}(?:\.\d{1,9})?(?:ns|us|ms|s|min|h)$/

/**
 * @returns undefined unless the text is a number from 0 up and a unit (ns, us, ms, s, min, h), and
 * comes to a whole number of nanoseconds that a run can reach (104 days)
 */
export function parseDuration(text: string): Nanoseconds | undefined {
  if (!DURATION_PATTERN.test(text)) return undefined
  const unit = text.replace(/^[\d.]+/, '') as keyof typeof UNIT_NS
  const [whole = '', fraction = ''] = text.slice(0, -unit.length).split('.')
  // In integers all the way: 0.1 s is 100,000,000 ns, not the float next to it.
  const scale = 10n ** BigInt(fraction.length)
  const scaled = BigInt(whole + fraction) * UNIT_NS[unit]
  if (scaled % scale !== 0n || scaled / scale > BigInt(TIME_MAX_NS)) return undefined
  return Number(scaled / scale)
}

/** Nanoseconds of a duration in a validated document; anything else is an internal fault. */
export function durationNs(text: string): Nanoseconds {
  const ns = parseDuration(text)
  assert(ns !== undefined, `${text} is no duration`)
  return ns
}

/** @returns the shortest exact form: `89.9s`, `1.5ms`, `50ns`, `0s`. `ns` is an integer from 0 up. */
export function formatDuration(ns: Nanoseconds): string {
  const unit = WRITTEN_UNITS.find((u) => ns >= Number(UNIT_NS[u])) ?? 's'
  const perUnit = Number(UNIT_NS[unit])
  const digits = perUnit.toString().length - 1
  const fraction = String(ns % perUnit)
    .padStart(digits, '0')
    .replace(/0+$/, '')
  return `${Math.floor(ns / perUnit)}${fraction === '' ? '' : `.${fraction}`}${unit}`
}
