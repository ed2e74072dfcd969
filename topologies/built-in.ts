import { extend } from './extend.ts'
import { ownDocument, scenarioNames } from './library/contents.ts'

/** A scenario that comes with the program. Its document is read when it is asked for. */
export class BuiltInScenario {
  /** As `bascule run` takes it; also the name in the document. */
  readonly name: string
  #document: Readonly<Record<string, unknown>> | undefined

  constructor(name: string) {
    this.name = name
  }

  /** The document with what it extends. `resolveScenario` fills in its defaults. */
  get document(): Readonly<Record<string, unknown>> {
    this.#document ??= extend(ownDocument(this.name)).value as Record<string, unknown>
    return this.#document
  }
}

/** The default comes first. */
export const builtInScenarios: readonly BuiltInScenario[] = scenarioNames.map(
  (name) => new BuiltInScenario(name),
)

/** @returns undefined when no built-in scenario has that name */
export function findBuiltIn(name: string): BuiltInScenario | undefined {
  return builtInScenarios.find((scenario) => scenario.name === name)
}
