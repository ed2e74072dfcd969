import { extend } from './extend.ts'
import { libraryTexts } from './library/index.ts'
import { readYaml } from './yaml-source.ts'

/** Networks that scenarios extend. They are no scenarios of their own. */
const NETWORKS: readonly string[] = ['reference']

/** A scenario that comes with the program. Its document is read when it is asked for. */
export class BuiltInScenario {
  /** As `bascule run` takes it; also the name in the document. */
  readonly name: string
  #document: Readonly<Record<string, unknown>> | undefined

  constructor(name: string) {
    this.name = name
  }

  /** One line for `bascule list`. */
  get summary(): string {
    const { value } = readYaml(libraryTexts[this.name] ?? '')
    return (value as { summary: string }).summary
  }

  /** The document with what it extends. `resolveScenario` fills in its defaults. */
  get document(): Readonly<Record<string, unknown>> {
    this.#document ??= extend(readYaml(libraryTexts[this.name] ?? '').value).value as Record<
      string,
      unknown
    >
    return this.#document
  }
}

/** The default comes first. */
export const builtInScenarios: readonly BuiltInScenario[] = Object.keys(libraryTexts)
  .filter((name) => !NETWORKS.includes(name))
  .map((name) => new BuiltInScenario(name))

/** @returns undefined when no built-in scenario has that name */
export function findBuiltIn(name: string): BuiltInScenario | undefined {
  return builtInScenarios.find((scenario) => scenario.name === name)
}
