import { readFileSync } from 'node:fs'
import { formatProblem } from '../schema/problem.ts'
import { builtInScenarios, findBuiltIn } from '../topologies/built-in.ts'
import type { Scenario } from '../topologies/document.ts'
import { type ReadResult, readScenario, resolveScenario } from '../topologies/read.ts'
import { InputError } from './input-error.ts'

/** The options of `run` and `verify` that change the scenario. */
export interface ScenarioOptions {
  readonly seed?: number
  readonly timing?: string
  readonly lang?: string
  readonly set: readonly string[]
  /** The mended variant instead. */
  readonly fixed?: boolean
}

/**
 * A built-in scenario by its name, or one from a YAML file, with the options applied.
 * @throws InputError with a line per problem, each naming the file, the line and what was expected
 */
export function loadScenario(nameOrFile: string, options: ScenarioOptions): Scenario {
  const overrides = [
    ...options.set,
    ...(options.seed === undefined ? [] : [`seed=${options.seed}`]),
    ...(options.timing === undefined ? [] : [`timing=${options.timing}`]),
    ...(options.lang === undefined ? [] : [`language=${options.lang}`]),
  ]
  const builtIn = findBuiltIn(nameOrFile)
  const result =
    builtIn === undefined
      ? readScenario(readText(nameOrFile), overrides, options.fixed)
      : resolveScenario(builtIn.document, overrides, options.fixed)
  return unwrap(result, nameOrFile)
}

function unwrap(result: ReadResult, source: string): Scenario {
  if (result.ok) return result.scenario
  throw new InputError(result.problems.map((each) => formatProblem(source, each)).join('\n'))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') {
      const names = builtInScenarios.map(({ name }) => name).join(', ')
      throw new InputError(
        `${path}: no such file, nor a built-in scenario; expected a YAML file or one of ${names}`,
      )
    }
    throw new InputError(`${path}: cannot be read (${code}); expected a YAML file`)
  }
}
