import { type Distribution, distributionOf } from './distribution.ts'
import type { FlowRecord, SweepRecord } from './record.ts'

/** What is swept: all that its results depend on. */
export interface SweepPlan {
  readonly scenario: string
  readonly version: string
  /** The seeds are this one and those after it, one a run. */
  readonly firstSeed: number
  /** For each combination of parameter values. */
  readonly runs: number
  /** Overrides that hold for all runs, as `--set` takes them. */
  readonly overrides: readonly string[]
  /** Each combination is a point; the last parameter varies fastest. */
  readonly parameters: readonly SweepParameter[]
  /** Of the mended variant. */
  readonly fixed?: true
}

export interface SweepParameter {
  readonly path: string
  readonly values: readonly string[]
}

/** `sweep.json`. Times are whole µs. */
export interface SweepSummary extends SweepPlan {
  readonly points: readonly PointSummary[]
  /** Runs that ended by a fault of ours, or in part. Their figures are not in the distributions. */
  readonly failed: readonly FailedRun[]
}

export interface PointSummary {
  /** The value of each parameter, by its path. */
  readonly settings: Readonly<Record<string, string>>
  readonly flows: readonly FlowSummary[]
}

export interface FlowSummary {
  readonly name: string
  readonly kind: string
  /** The longest outage of each run. */
  readonly outageUs: Distribution | null
  readonly totalOutageUs: Distribution | null
  /** Runs by the number of lost probes. */
  readonly lost: readonly { readonly lost: number; readonly runs: number }[]
  /** The seeds with the longest outages, each with the command that repeats it. */
  readonly worst: readonly WorstRun[]
}

interface WorstRun {
  readonly seed: number
  readonly outageUs: number
  readonly lost: number
  readonly command: string
}

interface FailedRun {
  readonly seed: number
  readonly settings: Readonly<Record<string, string>>
  readonly why: string
  readonly command: string
}

const WORST_SHOWN = 5

/** The combinations of parameter values, in order. Without parameters there is one, of nothing. */
export function pointsOf({ parameters }: SweepPlan): Readonly<Record<string, string>>[] {
  return parameters.reduce<Record<string, string>[]>(
    (points, { path, values }) =>
      points.flatMap((point) => values.map((value) => ({ ...point, [path]: value }))),
    [{}],
  )
}

/** The overrides of a point, those of the whole sweep included. */
export function overridesAt(plan: SweepPlan, settings: Readonly<Record<string, string>>): string[] {
  return [...plan.overrides, ...Object.entries(settings).map(([path, to]) => `${path}=${to}`)]
}

/** @param records of all runs, in order */
export function summarise(plan: SweepPlan, records: readonly SweepRecord[]): SweepSummary {
  const points = pointsOf(plan)
  const isWhole = ({ error, ended }: SweepRecord): boolean =>
    error === undefined && ended === undefined
  const command = ({ point, seed }: SweepRecord): string =>
    commandOf(plan, points[point] ?? {}, seed)
  return {
    ...plan,
    points: points.map((settings, point) => {
      const runs = records.filter((each) => each.point === point && isWhole(each))
      return { settings, flows: flowsOf(runs, command) }
    }),
    failed: records
      .filter((each) => !isWhole(each))
      .map((each) => ({
        seed: each.seed,
        settings: points[each.point] ?? {},
        why: each.error ?? 'the budget of the run was spent',
        command: command(each),
      })),
  }
}

function flowsOf(
  runs: readonly SweepRecord[],
  command: (run: SweepRecord) => string,
): FlowSummary[] {
  const [first] = runs
  return (first?.flows ?? []).map(({ name, kind }, at) => {
    const all = runs.map((run) => ({ run, flow: run.flows[at] as FlowRecord }))
    const worst = all
      .filter(({ flow }) => flow.outageUs > 0)
      .toSorted((a, b) => b.flow.outageUs - a.flow.outageUs || a.run.index - b.run.index)
      .slice(0, WORST_SHOWN)
    return {
      name,
      kind,
      outageUs: distributionOf(all.map(({ flow }) => flow.outageUs)),
      totalOutageUs: distributionOf(all.map(({ flow }) => flow.totalOutageUs)),
      lost: countsOf(all.map(({ flow }) => flow.lost)),
      worst: worst.map(({ run, flow: { outageUs, lost } }) => ({
        seed: run.seed,
        outageUs,
        lost,
        command: command(run),
      })),
    }
  })
}

function countsOf(values: readonly number[]): { lost: number; runs: number }[] {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => a - b).map(([lost, runs]) => ({ lost, runs }))
}

function commandOf(
  plan: SweepPlan,
  settings: Readonly<Record<string, string>>,
  seed: number,
): string {
  const sets = overridesAt(plan, settings).map((each) => ` --set ${quoted(each)}`)
  const fixed = plan.fixed ? ' --fixed' : ''
  return `bascule run ${quoted(plan.scenario)}${fixed} --seed ${seed}${sets.join('')}`
}

/** As a shell takes it for one word. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
