import { type CheckContext, checkName } from '../../schema/check-context.ts'
import { ALL_POINTS } from '../../traces/capture-files.ts'
import { planCapturePoints } from '../capture-points.ts'
import type { Scenario } from '../document.ts'

/** Capture points: those asked for exist, and each has a file name to itself. */

export function checkCaptures(context: CheckContext<Scenario>): void {
  const { captures, topology } = context.scenario
  const names = planCapturePoints(topology).map(({ name }) => name)
  checkFileNames(context, names)
  const { points } = captures
  if (!Array.isArray(points)) return
  for (const [at, name] of points.entries()) {
    checkName(context, 'capture point', name, names, ['captures', 'points', at])
  }
}

/** A machine `a-b` with an interface `c` and a machine `a` with `b-c` both have the file a-b-c. */
function checkFileNames(context: CheckContext<Scenario>, names: readonly string[]): void {
  for (const [at, name] of names.entries()) {
    if (name !== '' && (name === ALL_POINTS || names.indexOf(name) < at)) {
      context.report(
        ['topology'],
        `two captures would be named ${name}; expected machines and interfaces whose names joined by dashes differ`,
      )
    }
  }
}
