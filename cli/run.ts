import { join } from 'node:path'
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

/** `bascule run`: one run, its directory, and its summary. */
export async function run(nameOrFile: string, options: RunOptions): Promise<void> {
  const { json = false, quiet = false, force = false } = options
  const scenario = loadScenario(nameOrFile, options)
  const path = options.out ?? join('runs', `${scenario.name}-${scenario.seed}`)
  const directory = OutputDirectory.claim(path, force)
  const interrupted = (): void => {
    directory.release()
    process.exit(STATUS_INTERRUPTED)
  }
  process.once('SIGINT', interrupted)
  try {
    const scenarioRun = new ScenarioRun(scenario, VERSION)
    await advanceWithProgress(scenarioRun, quiet || json)
    const result = scenarioRun.finish()
    const files = result.makeFiles()
    directory.write(files)
    if (json) process.stdout.write(`${JSON.stringify(result.metrics, null, 2)}\n`)
    else if (!quiet) printRun(scenario, result, path, files)
  } finally {
    directory.release()
    process.off('SIGINT', interrupted)
  }
}
