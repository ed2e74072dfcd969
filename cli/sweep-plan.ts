import type { SweepParameter, SweepPlan } from '../traces/sweep/summary.ts'
import { InputError } from './input-error.ts'

/** The runs of a sweep: `--runs`, `--set` and `--shard` as people write them. */

/** One of `count` parts of a sweep, from 1. */
export interface Shard {
  readonly number: number
  readonly count: number
}

/** More runs than anyone waits for; a slip of the keyboard asks for more. */
const RUNS_MAX = 10_000_000

/**
 * Tells overrides from parameters: `a.b=1,2,5` is a parameter of three values. A comma in brackets,
 * braces or quotes is part of a value.
 */
export function parametersOf(settings: readonly string[]): {
  readonly overrides: string[]
  readonly parameters: SweepParameter[]
} {
  const overrides: string[] = []
  const parameters: SweepParameter[] = []
  for (const setting of settings) {
    const equals = setting.indexOf('=')
    const path = setting.slice(0, Math.max(0, equals))
    const values = splitAtCommas(setting.slice(equals + 1))
    if (equals <= 0 || values.length === 1) overrides.push(setting)
    else if (parameters.some((each) => each.path === path)) {
      throw new InputError(`--set ${setting}: ${path} is a parameter already; expected it once`)
    } else parameters.push({ path, values })
  }
  return { overrides, parameters }
}

function splitAtCommas(text: string): string[] {
  const parts = ['']
  let depth = 0
  let quote = ''
  for (const character of text) {
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if ('[{('.includes(character)) depth++
    else if (']})'.includes(character)) depth--
    if (character === ',' && depth === 0 && quote === '') parts.push('')
    else parts[parts.length - 1] += character
  }
  return parts.map((part) => part.trim())
}

export function runCount(text: string): number {
  const count = Number(text)
  if (/^\d+$/.test(text) && count >= 1 && count <= RUNS_MAX) return count
  throw new InputError(`--runs ${text}: expected an integer from 1 to ${RUNS_MAX}`)
}

export function shardOf(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined
  const [number = 0, count = 0] = text.split('/').map(Number)
  if (/^\d+\/\d+$/.test(text) && number >= 1 && number <= count) return { number, count }
  throw new InputError(`--shard ${text}: expected I/N, such as 1/3, with I from 1 to N`)
}

/** The places of the runs that a shard has, in order. */
export function indexesOf(total: number, shard: Shard | undefined): number[] {
  const all = Array.from({ length: total }, (_, index) => index)
  return shard === undefined ? all : all.filter((each) => each % shard.count === shard.number - 1)
}

/** Whether two plans are of one sweep. */
export function isSamePlan(one: SweepPlan, other: SweepPlan): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
