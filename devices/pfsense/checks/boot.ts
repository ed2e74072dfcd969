import type { CheckContext } from '../../../schema/check-context.ts'
import { parseDuration } from '../../../schema/duration.ts'
import type { Path } from '../../../schema/problem.ts'
import type { PfSenseDocument } from '../document/firewall.ts'

/** The boot of a firewall: its stages in their order, the last one within its duration. */

export function checkBoot(
  context: CheckContext,
  { boot, bootDuration }: PfSenseDocument,
  path: Path,
): void {
  const stages = [
    ['interfaces', boot.interfaces],
    ['filter', boot.filter],
    ['forwarding', boot.forwarding],
    ['bootDuration', bootDuration],
  ] as const
  for (const [at, [stage, time]] of stages.entries()) {
    const next = stages[at + 1]
    if (next === undefined) return
    const [nextStage, nextTime] = next
    const [timeNs, nextNs] = [parseDuration(time), parseDuration(nextTime)]
    if (timeNs === undefined || nextNs === undefined || timeNs <= nextNs) continue
    const place = [...path, 'boot', stage]
    context.report(place, `expected a time no later than ${nextStage} (${nextTime}), got ${time}`)
    return
  }
}
