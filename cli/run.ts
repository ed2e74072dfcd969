import { join } from 'node:path'
import { ScenarioRun } from '../simulation/run.ts'
import { loadScenario, type ScenarioOptions } from './load-scenario.ts'
import { checkOutputDirectory, writeRunDirectory } from './output-directory.ts'
import { advanceWithProgress } from './progress.ts'
import { printRun } from './summary.ts'
import { VERSION } from './version.ts'

export interface RunOptions extends ScenarioOptions {
  readonly out?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

/** `bascule run`: one run, its directory, and what it showed. */
export async function run(nameOrFile: string, options: RunOptions): Promise<void> {
  const { json = false, quiet = false } = options
  const scenario = loadScenario(nameOrFile, options)
  const directory = options.out ?? join('runs', `${scenario.name}-${scenario.seed}`)
  checkOutputDirectory(directory)
  const scenarioRun = new ScenarioRun(scenario, VERSION)
  await advanceWithProgress(scenarioRun, quiet || json)
  const result = scenarioRun.finish()
  const files = result.makeFiles()
  writeRunDirectory(directory, files)
  if (json) process.stdout.write(`${JSON.stringify(result.metrics, null, 2)}\n`)
  else if (!quiet) printRun(scenario, result, directory, files)
}
