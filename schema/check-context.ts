import type { Nanoseconds } from '../engine/time.ts'
import { parseDuration } from './duration.ts'
import type { AnyScenario } from './network.ts'
import type { NetworkIndex } from './network-index.ts'
import type { Path } from './problem.ts'
import { unknownName } from './suggest.ts'

/**
 * The parameters of every check. The scenario may have the wrong shape in places, since all
 * problems are told at once: a check passes over an empty name, NaN and text that does not parse.
 */
export interface CheckContext<Scenario extends AnyScenario = AnyScenario> {
  readonly scenario: Scenario
  readonly index: NetworkIndex
  report(path: Path, message: string): void
  /** How to point at another place: `line 41`, or its path when there is no text. */
  where(path: Path): string
}

/** @returns whether the name is one of those; reports it otherwise */
export function checkName(
  context: CheckContext,
  what: string,
  name: string,
  names: Iterable<string>,
  path: Path,
): boolean {
  const known = [...names]
  if (known.includes(name)) return true
  // A nameless one among them, itself reported, may be the one that is meant.
  if (name !== '' && !known.includes('')) context.report(path, unknownName(what, name, known))
  return false
}

/** @returns undefined when the duration of the run is not known, which has its own problem */
export function endOf({ scenario }: CheckContext): Nanoseconds | undefined {
  return parseDuration(scenario.duration) || undefined
}

export interface Named {
  readonly key: string
  readonly path: Path
}

/** Reports each entry whose key an earlier one has, whatever the case of its letters. */
export function checkDistinct(
  context: CheckContext,
  entries: readonly Named[],
  message: (key: string, whereFirst: string) => string,
): void {
  const first = new Map<string, Path>()
  for (const { key, path } of entries) {
    if (key === '') continue
    // Names become names of files, and not every file system tells A from a.
    const folded = key.toLowerCase()
    const earlier = first.get(folded)
    if (earlier === undefined) first.set(folded, path)
    else context.report(path, message(key, context.where(earlier)))
  }
}
