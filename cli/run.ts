import { join } from 'node:path'
import { formatSeconds } from '../engine/time.ts'
import { ScenarioRun } from '../simulation/run.ts'
import { loadScenario, type ScenarioOptions } from './load-scenario.ts'
import { OutputDirectory } from './output-directory.ts'
import { advanceWithProgress } from './progress.ts'
import { printRun } from './summary.ts'
import { VERSION } from './version.ts'

export interface RunOptions extends ScenarioOptions {
  readonly out?: string
  readonly force?: boolean
  readonly json?: boolean
  readonly quiet?: boolean
}

/** Exit status of a program that Ctrl-C has ended. */
const STATUS_INTERRUPTED = 130

/** Exit status of a run that its budget has ended. */
const STATUS_BUDGET = 3

function tellBudget({ nowNs, durationNs }: ScenarioRun): void {
  const [now, end] = [nowNs, durationNs].map(formatSeconds)
  process.stderr.write(
    `the budget of the run was spent at ${now} s of ${end} s: the results are partial; --set budget.events=N or budget.captureMegabytes=N allows more\n`,
  )
  process.exitCode = STATUS_BUDGET
}

/** `bascule run`: one run, its directory, and its summary. */
export async function run(nameOrFile: string, options: RunOptions): Promise<void> {
  const { json = false, quiet = false, force = false } = options
  const scenario = loadScenario(nameOrFile, options)
  const path = options.out ?? join('runs', `${scenario.name}-${scenario.seed}`)
  const directory = OutputDirectory.claim(path, force)
  const slabs = directory.slabStore()
  const interrupted = (): void => {
    directory.release()
    process.stderr.write(`interrupted: nothing was written into ${path}\n`)
    process.exit(STATUS_INTERRUPTED)
  }
  process.once('SIGINT', interrupted)
  try {
    const scenarioRun = new ScenarioRun(scenario, VERSION, slabs)
    await advanceWithProgress(scenarioRun, quiet || json)
    const result = scenarioRun.finish()
    const files = result.makeFiles()
    directory.write(files)
    if (json) process.stdout.write(`${JSON.stringify(result.metrics, null, 2)}\n`)
    else if (!quiet) printRun(scenario, result, path, files)
    if (scenarioRun.isOverBudget) tellBudget(scenarioRun)
  } catch (error) {
    throw directory.refusal(error)
  } finally {
    slabs.close()
    directory.release()
    process.off('SIGINT', interrupted)
  }
}
