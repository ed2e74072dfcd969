import { ScenarioRun } from '../simulation/run.ts'
import { bytesOf, type RunFile } from '../traces/run-file.ts'
import { loadScenario, type ScenarioOptions } from './load-scenario.ts'
import { VERSION } from './version.ts'

/**
 * `bascule verify`: runs twice, and a third time without captures, and compares every artifact
 * byte by byte. @returns the exit status
 */
export function verify(nameOrFile: string, options: ScenarioOptions): number {
  const scenario = loadScenario(nameOrFile, options)
  const first = new ScenarioRun(scenario, VERSION).finish()
  const second = new ScenarioRun(scenario, VERSION).finish()
  const files = first.makeFiles()
  const unobserved = new ScenarioRun(
    { ...scenario, captures: { ...scenario.captures, points: 'none' } },
    VERSION,
  ).finish()
  const differences = differencesBetween(files, second.makeFiles())
  if (first.metrics.digest !== unobserved.metrics.digest) {
    differences.push('metrics.json: the digest is another without captures')
  }
  for (const line of differences) process.stderr.write(`${line}\n`)
  if (differences.length > 0) return 1
  const bytes = files.reduce((total, file) => total + bytesOf(file).length, 0)
  process.stdout.write(
    `${scenario.name}, seed ${scenario.seed}: no difference in ${files.length} files, ${bytes} bytes\n${first.metrics.digest}\n`,
  )
  return 0
}

function differencesBetween(first: readonly RunFile[], second: readonly RunFile[]): string[] {
  const byName = new Map(second.map((file) => [file.name, file]))
  const differences: string[] = []
  for (const file of first) {
    const { name } = file
    const other = byName.get(name)
    byName.delete(name)
    if (other === undefined) differences.push(`${name}: missing from the second run`)
    else if (Buffer.compare(bytesOf(file), bytesOf(other)) !== 0)
      differences.push(`${name}: differs`)
  }
  return [...differences, ...[...byName.keys()].map((name) => `${name}: only in the second run`)]
}
