import { readYaml } from '../yaml-source.ts'
import { libraryTexts } from './index.ts'

/** Networks that scenarios extend. They are no scenarios of their own. */
const NETWORKS: readonly string[] = ['reference']

/** The names of the scenarios in the library. The default comes first. */
export const scenarioNames: readonly string[] = Object.keys(libraryTexts).filter(
  (name) => !NETWORKS.includes(name),
)

/** A scenario's own text as values, without what it extends. */
export function ownDocument(name: string): unknown {
  return readYaml(libraryTexts[name] ?? '').value
}
