import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { compareRuns } from '../traces/compare.ts'
import { compareSweeps } from '../traces/sweep/compare.ts'
import type { SweepSummary } from '../traces/sweep/summary.ts'
import { InputError } from './input-error.ts'
import { readRunResults } from './run-directory.ts'

/** `bascule compare A B`: two runs, or two sweeps, side by side. */
export function compare(first: string, second: string): void {
  if (resolve(first) === resolve(second)) {
    throw new InputError(`${second}: is the same directory twice; expected two runs or two sweeps`)
  }
  const sweeps = [first, second].filter((directory) => existsSync(join(directory, SWEEP)))
  const lines = sweeps.length === 2 ? sweepLines(first, second) : runLines(first, second)
  process.stdout.write(`${lines.join('\n')}\n`)
}

const SWEEP = 'sweep.json'

function runLines(first: string, second: string): string[] {
  const [one, other] = [readRunResults(first), readRunResults(second)]
  return [
    `A: ${first} (${one.scenario}, seed ${one.seed})`,
    `B: ${second} (${other.scenario}, seed ${other.seed})`,
    '',
    ...compareRuns({ ...one, name: 'A' }, { ...other, name: 'B' }),
  ]
}

function sweepLines(first: string, second: string): string[] {
  const [one, other] = [readSweep(first), readSweep(second)]
  const title = ({ scenario, runs }: SweepSummary): string => `(${scenario}, ${runs} runs a point)`
  return [
    `A: ${first} ${title(one)}`,
    `B: ${second} ${title(other)}`,
    '',
    ...compareSweeps(one, other),
  ]
}

function readSweep(directory: string): SweepSummary {
  const path = join(directory, SWEEP)
  try {
    const summary = JSON.parse(readFileSync(path, 'utf8')) as SweepSummary
    if (Array.isArray(summary.points)) return summary
  } catch {
    // Told below, whatever it is.
  }
  throw new InputError(`${path}: is not of a sweep; expected the file as bascule sweep wrote it`)
}
