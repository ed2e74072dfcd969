import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { SweepRecord } from '../traces/sweep/record.ts'
import type { SweepPlan } from '../traces/sweep/summary.ts'
import { InputError } from './input-error.ts'
import { isSamePlan } from './sweep-plan.ts'

/** The lines of `runs.jsonl`: the plan, then a record a line. */
export function linesOf(plan: SweepPlan, records: readonly SweepRecord[]): string {
  return [plan, ...records].map((each) => `${JSON.stringify(each)}\n`).join('')
}

/** @throws InputError if the file is not as a sweep writes it */
export function readRuns(path: string): { plan: SweepPlan; records: SweepRecord[] } {
  if (!existsSync(path)) {
    throw new InputError(`${path}: no such file; expected the directory of a sweep or of its shard`)
  }
  const [plan, ...records] = wholeLines(readFileSync(path, 'utf8'))
  if (!isPlan(plan)) throw new InputError(`${path}: is not of a sweep; expected its runs.jsonl`)
  return { plan, records: records as SweepRecord[] }
}

/**
 * The runs that are done, while a sweep is at work: a file beside its directory, appended to as runs
 * end. A sweep that was killed goes on from there.
 */
export class SweepJournal {
  readonly #path: string
  readonly #done = new Map<number, SweepRecord>()

  constructor(path: string, plan: SweepPlan) {
    this.#path = path
    const [before, ...records] = existsSync(path) ? wholeLines(readFileSync(path, 'utf8')) : []
    if (isPlan(before) && isSamePlan(before, plan)) {
      for (const each of records as SweepRecord[]) this.#done.set(each.index, each)
    }
    // Written anew, so that a line that was cut off does not stand in the middle.
    writeFileSync(path, linesOf(plan, [...this.#done.values()]))
  }

  get size(): number {
    return this.#done.size
  }

  has(index: number): boolean {
    return this.#done.has(index)
  }

  add(records: readonly SweepRecord[]): void {
    appendFileSync(this.#path, records.map((each) => `${JSON.stringify(each)}\n`).join(''))
    for (const each of records) this.#done.set(each.index, each)
  }

  /** In order of their places. */
  get records(): SweepRecord[] {
    return [...this.#done.values()].sort((a, b) => a.index - b.index)
  }

  remove(): void {
    rmSync(this.#path, { force: true })
  }
}

/** Lines that are JSON; the last one may have been cut off by a kill. */
function wholeLines(text: string): unknown[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as unknown]
    } catch {
      return []
    }
  })
}

function isPlan(value: unknown): value is SweepPlan {
  return typeof value === 'object' && value !== null && 'firstSeed' in value && 'runs' in value
}
