import { unknownName } from '../schema/suggest.ts'
import type { ScenarioInput } from '../topologies/document.ts'
import { ownDocument, scenarioNames } from '../topologies/library/contents.ts'
import { describeStory } from './describe-story.ts'
import { InputError } from './input-error.ts'

const UNGROUPED = 'what happens to a pair that is well set up'

/** `bascule list`: the built-in scenarios by cause, or one. It loads nothing of the simulation. */
export function list(name?: string): void {
  const lines = name === undefined ? allByCause() : describe(name)
  process.stdout.write(`${lines.join('\n')}\n`)
}

function allByCause(): string[] {
  const width = Math.max(...scenarioNames.map((name) => name.length))
  const groups = new Map<string, string[]>()
  for (const name of scenarioNames) {
    const { group = UNGROUPED, summary } = documentOf(name)
    groups.set(group, [...(groups.get(group) ?? []), `  ${name.padEnd(width)}  ${summary}`])
  }
  return [...groups].flatMap(([group, lines]) => [group, ...lines])
}

function describe(name: string): string[] {
  if (!scenarioNames.includes(name)) {
    throw new InputError(unknownName('scenario', name, scenarioNames))
  }
  const document = documentOf(name)
  const runs = [`bascule run ${name}`]
  if (document.fixed !== undefined) runs.push(`bascule run ${name} --fixed`)
  return [`${name}: ${document.summary}`, ...describeStory(document), ...runs]
}

function documentOf(name: string): ScenarioInput {
  return ownDocument(name) as ScenarioInput
}
