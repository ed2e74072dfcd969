import { formatPath, inDocumentOrder, type Path, type Problem } from '../schema/problem.ts'
import { checkScenario } from './check.ts'
import { derive } from './derive.ts'
import type { Scenario, ScenarioDraft } from './document.ts'
import { type Extended, extend, fix } from './extend.ts'
import { applyOverrides } from './override.ts'
import { checkShape } from './shape.ts'
import { type Position, readYaml } from './yaml-source.ts'

/** From YAML, or from a document in hand, to a scenario that can be built: or all that is wrong. */

export type ReadResult =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * Reads a scenario from YAML text.
 *
 * @param overrides `path=value` each, as `--set` takes them; applied in order
 * @param fixed whether to take the mended variant, which `fixed` in the document describes
 * @returns the scenario with every default spelled out, or all problems in the order of the text
 */
export function readScenario(
  text: string,
  overrides: readonly string[] = [],
  fixed = false,
): ReadResult {
  const source = readYaml(text)
  if (source.value === undefined) return { ok: false, problems: source.problems }
  const { value, problems } = variantOf(source.value, fixed)
  if (problems.length > 0) {
    const located = problems.map((each) => ({ ...each, ...source.positionOf(each.path) }))
    return { ok: false, problems: [...source.problems, ...located] }
  }
  return resolve(value, overrides, source.problems, source.positionOf)
}

/**
 * The same for a document that was never text, such as a built-in one; its problems have no lines.
 *
 * @param document a `ScenarioInput`, or anything that may turn out not to be one
 */
export function resolveScenario(
  document: unknown,
  overrides: readonly string[] = [],
  fixed = false,
): ReadResult {
  const { value, problems } = variantOf(document, fixed)
  return problems.length > 0 ? { ok: false, problems } : resolve(value, overrides, [], undefined)
}

function variantOf(document: unknown, fixed: boolean): Extended {
  const extended = extend(document)
  return fixed && extended.problems.length === 0 ? fix(extended.value) : extended
}

type PositionOf = (path: Path) => Position

function resolve(
  value: unknown,
  overrides: readonly string[],
  earlier: readonly Problem[],
  positionOf: PositionOf | undefined,
): ReadResult {
  const locate = (problem: Problem): Problem =>
    positionOf === undefined ? problem : { ...problem, ...positionOf(problem.path) }
  const written = examine(value, positionOf)
  const own = [...earlier, ...written.problems.map(locate)]
  // An override cannot change a document of the wrong shape, but it can mend a time out of order.
  if (overrides.length === 0 || !written.wellFormed || earlier.length > 0) {
    return own.length === 0
      ? { ok: true, scenario: written.scenario }
      : { ok: false, problems: inDocumentOrder(own) }
  }

  const { value: changed, problems: notApplied, touched } = applyOverrides(written.draft, overrides)
  const result = examine(changed, positionOf)
  const before = new Set(written.problems.map(identify))
  const stillOwn: Problem[] = []
  const fromOverrides: Problem[] = []
  for (const problem of result.problems) {
    const culprit = touched.findLast(({ path }) => startsWith(problem.path, path))?.override
    if (culprit === undefined && before.has(identify(problem))) stillOwn.push(locate(problem))
    else {
      const culprits = culprit === undefined ? overrides : [culprit]
      fromOverrides.push({ ...problem, overrides: culprits })
    }
  }
  const problems = [...inDocumentOrder(stillOwn), ...notApplied, ...fromOverrides]
  return problems.length === 0 ? { ok: true, scenario: result.scenario } : { ok: false, problems }
}

interface Examined {
  readonly wellFormed: boolean
  readonly draft: ScenarioDraft
  readonly scenario: Scenario
  readonly problems: readonly Problem[]
}

function examine(value: unknown, positionOf: PositionOf | undefined): Examined {
  const { draft, problems } = checkShape(value)
  const scenario = derive(draft)
  const where = positionOf === undefined ? formatPath : lineIn(positionOf)
  return {
    wellFormed: problems.length === 0,
    draft,
    scenario,
    problems: [...problems, ...checkScenario(scenario, where)],
  }
}

function lineIn(positionOf: PositionOf): (path: Path) => string {
  return (path) => `line ${positionOf(path).line}`
}

function identify({ path, message }: Problem): string {
  return `${formatPath(path)}\n${message}`
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((part, at) => path[at] === part)
}
