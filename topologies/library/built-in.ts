import type { ScenarioInput } from '../document.ts'

/** A scenario that comes with the program. */
export interface BuiltInScenario {
  /** As `bascule run` takes it; also the name in the document. */
  readonly name: string
  /** One line for `bascule list`. */
  readonly summary: string
  /** The document as a person would write it. `resolveScenario` fills in its defaults. */
  readonly document: ScenarioInput
}
