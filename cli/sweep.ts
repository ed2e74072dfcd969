import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Piscina } from 'piscina'
import { pageOf } from '../report/sweep-page.ts'
import { shortSeconds as seconds } from '../traces/explain/layout.ts'
import { textFile } from '../traces/run-file.ts'
import { csvOf } from '../traces/sweep/csv.ts'
import type { SweepPlace, SweepRecord } from '../traces/sweep/record.ts'
import {
  type FlowSummary,
  overridesAt,
  pointsOf,
  type SweepPlan,
  type SweepSummary,
  summarise,
} from '../traces/sweep/summary.ts'
import { InputError } from './input-error.ts'
import { loadScenario, type ScenarioOptions } from './load-scenario.ts'
import { OutputDirectory } from './output-directory.ts'
import { Progress } from './progress.ts'
import { linesOf, readRuns, SweepJournal } from './sweep-journal.ts'
import { indexesOf, isSamePlan, parametersOf, runCount, shardOf } from './sweep-plan.ts'
import type { SweepTask } from './sweep-worker.ts'
import { VERSION } from './version.ts'

export interface SweepOptions extends ScenarioOptions {
  readonly runs: string
  readonly jobs?: string
  readonly shard?: string
  readonly out?: string
  readonly force?: boolean
  readonly quiet?: boolean
}

/** Runs that a thread takes at once: fewer messages, and a kill loses little. */
const TASK_RUNS = 10
const STATUS_FAILED_RUNS = 1
const STATUS_INTERRUPTED = 130

/** `bascule sweep`: many seeds, over all combinations of parameter values. */
export async function sweep(scenario: string, options: SweepOptions): Promise<void> {
  const { set, timing, lang, fixed = false, force = false, quiet = false } = options
  const { overrides, parameters } = parametersOf(set)
  const shard = shardOf(options.shard)
  const jobs = jobsOf(options.jobs)
  const fields = { ...(timing && { timing }), ...(lang && { language: lang }) }
  const plan: SweepPlan = {
    scenario,
    version: VERSION,
    firstSeed: options.seed ?? 1,
    runs: runCount(options.runs),
    overrides: [...overrides, ...Object.entries(fields).map(([name, to]) => `${name}=${to}`)],
    parameters,
    ...(fixed && { fixed }),
  }
  const points = pointsOf(plan)
  // Whatever is wrong is told before anything is run.
  const [first] = points.map((point) => loadScenario(scenario, optionsAt(plan, point)))
  const part = shard === undefined ? '' : `-shard-${shard.number}-of-${shard.count}`
  const out = options.out ?? join('sweeps', `${first?.name}${part}`)
  const directory = OutputDirectory.claim(out, force)
  const journal = new SweepJournal(`${out}.journal`, plan)
  const interrupted = (): void => {
    directory.release()
    process.stderr.write(
      `interrupted: ${journal.size} runs are done; the same command goes on from there\n`,
    )
    process.exit(STATUS_INTERRUPTED)
  }
  process.once('SIGINT', interrupted)
  try {
    const indexes = indexesOf(points.length * plan.runs, shard)
    const places = indexes.filter((index) => !journal.has(index)).map((at) => placeOf(plan, at))
    await runPlaces(plan, places, jobs, (records) => journal.add(records), quiet)
    const wanted = new Set(indexes)
    const records = journal.records.filter(({ index }) => wanted.has(index))
    if (shard !== undefined) directory.write([textFile('runs.jsonl', linesOf(plan, records))])
    else finish(plan, records, directory, out, quiet)
    journal.remove()
  } finally {
    directory.release()
    process.off('SIGINT', interrupted)
  }
}

/** `bascule sweep merge`: the shards of a sweep, put together as if it had been one. */
export function mergeSweeps(directories: readonly string[], options: MergeOptions): void {
  const { out, force = false, quiet = false } = options
  const shards = directories.map((each) => ({ each, ...readRuns(join(each, 'runs.jsonl')) }))
  const [first] = shards
  if (first === undefined) throw new InputError('merge: expected the directories of the shards')
  const { plan } = first
  const other = shards.find((shard) => !isSamePlan(shard.plan, plan))
  if (other !== undefined) {
    throw new InputError(
      `${other.each}: is of another sweep than ${first.each}; expected one sweep`,
    )
  }
  const byIndex = new Map(shards.flatMap(({ records }) => records.map((it) => [it.index, it])))
  const total = pointsOf(plan).length * plan.runs
  const missing = indexesOf(total, undefined).filter((index) => !byIndex.has(index))
  if (missing.length > 0) {
    throw new InputError(
      `${missing.length} of ${total} runs are missing, the first with seed ${placeOf(plan, missing[0] as number).seed}; expected all shards`,
    )
  }
  const path = out ?? join('sweeps', plan.scenario)
  const directory = OutputDirectory.claim(path, force)
  try {
    const records = [...byIndex.values()].sort((a, b) => a.index - b.index)
    finish(plan, records, directory, path, quiet)
  } finally {
    directory.release()
  }
}

export interface MergeOptions {
  readonly out?: string
  readonly force?: boolean
  readonly quiet?: boolean
}

function optionsAt(
  plan: SweepPlan,
  settings: Readonly<Record<string, string>>,
): SweepTask['options'] {
  return { set: overridesAt(plan, settings), fixed: plan.fixed ?? false }
}

function placeOf(plan: SweepPlan, index: number): SweepPlace {
  const point = Math.floor(index / plan.runs)
  return { index, point, seed: plan.firstSeed + (index % plan.runs) }
}

function jobsOf(text: string | undefined): number {
  if (text === undefined) return availableParallelism()
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new InputError(`--jobs ${text}: expected an integer from 1 to 9999`)
}

// --- The work ------------------------------------------------------------------------------------

async function runPlaces(
  plan: SweepPlan,
  places: readonly SweepPlace[],
  jobs: number,
  done: (records: readonly SweepRecord[]) => void,
  quiet: boolean,
): Promise<void> {
  if (places.length === 0) return
  const tasks = tasksOf(plan, places)
  const pool = new Piscina({
    filename: workerFile(),
    name: 'runAll',
    minThreads: Math.min(jobs, tasks.length),
    maxThreads: Math.min(jobs, tasks.length),
    // A run makes much that dies young: with room for it, little of it is copied.
    resourceLimits: { maxYoungGenerationSizeMb: 64 },
  })
  const format = 'sweeping {bar} {value}/{total} runs, {rate}/s, {left} s left'
  const progress = new Progress(format, places.length, quiet)
  let finished = 0
  try {
    await Promise.all(
      tasks.map(async (task) => {
        const records = (await pool.run(task)) as SweepRecord[]
        done(records)
        finished += records.length
        progress.show(finished)
      }),
    )
  } finally {
    progress.stop()
    await pool.destroy()
  }
}

/** A task is of one point, whose scenario the thread then has at hand. */
function tasksOf(plan: SweepPlan, places: readonly SweepPlace[]): SweepTask[] {
  const points = pointsOf(plan)
  return points.flatMap((settings, point) => {
    const ofPoint = places.filter((place) => place.point === point)
    const options = optionsAt(plan, settings)
    return Array.from({ length: Math.ceil(ofPoint.length / TASK_RUNS) }, (_, at) => ({
      scenario: plan.scenario,
      options,
      places: ofPoint.slice(at * TASK_RUNS, (at + 1) * TASK_RUNS),
    }))
  })
}

/** The build puts it beside the folder of this part of the program. */
function workerFile(): string {
  return new URL('../sweep-worker.js', import.meta.url).href
}

// --- The results ---------------------------------------------------------------------------------

function finish(
  plan: SweepPlan,
  records: readonly SweepRecord[],
  directory: OutputDirectory,
  out: string,
  quiet: boolean,
): void {
  const summary = summarise(plan, records)
  directory.write([
    textFile('runs.jsonl', linesOf(plan, records)),
    textFile('sweep.csv', csvOf(plan, records)),
    textFile('sweep.html', pageOf(summary)),
    textFile('sweep.json', `${JSON.stringify(summary, null, 2)}\n`),
  ])
  if (!quiet) process.stdout.write(textOf(summary, out))
  if (summary.failed.length === 0) return
  for (const { why, command } of summary.failed) process.stderr.write(`${command}: ${why}\n`)
  process.exitCode = STATUS_FAILED_RUNS
}

function textOf({ scenario, runs, firstSeed, points, failed }: SweepSummary, out: string): string {
  const seeds = `seeds ${firstSeed} to ${firstSeed + runs - 1}`
  const lines = [`${scenario}: ${runs} runs${points.length > 1 ? ' a point' : ''}, ${seeds}`]
  for (const { settings, flows } of points) {
    const at = Object.entries(settings).map(([path, value]) => `${path}=${value}`)
    lines.push('', ...(at.length > 0 ? [at.join(' ')] : []))
    const width = Math.max(...flows.map(({ name }) => name.length))
    for (const flow of flows) lines.push(`  ${flow.name.padEnd(width)}  ${lineOf(flow)}`)
  }
  if (failed.length > 0) lines.push('', `${failed.length} runs failed; their seeds are below`)
  lines.push('', `files in ${out}: sweep.html, sweep.json, sweep.csv, runs.jsonl`)
  return `${lines.join('\n')}\n`
}

function lineOf({ outageUs, lost }: FlowSummary): string {
  const of = (percent: number): string =>
    seconds(outageUs?.quantiles.find((each) => each.percent === percent)?.value ?? 0)
  const range = `${seconds(outageUs?.min ?? 0)} to ${seconds(outageUs?.max ?? 0)} s`
  const counts = lost.map((each) => `${each.lost} (${each.runs})`)
  const shown = counts.length > 6 ? [...counts.slice(0, 5), `... ${counts.at(-1)}`] : counts
  return `outage ${range}, median ${of(50)}, p95 ${of(95)}; lost (runs): ${shown.join(', ')}`
}
