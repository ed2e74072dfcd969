import { library } from './index.ts'

/** Networks that scenarios extend. They are no scenarios of their own. */
const NETWORKS: readonly string[] = ['reference']

/** The names of the scenarios in the library. The default comes first. */
export const scenarioNames: readonly string[] = Object.keys(library).filter(
  (name) => !NETWORKS.includes(name),
)

/** A scenario's own document, without what it extends. */
export function ownDocument(name: string): unknown {
  return library[name]
}
