import { SECOND_NS } from '../../engine/time.ts'
import type { Flow } from '../../flows/index.ts'
import type { CheckContext } from '../../schema/check-context.ts'
import { parseDuration } from '../../schema/duration.ts'
import type { Path } from '../../schema/problem.ts'
import type { Scenario } from '../document.ts'

/** What a scenario asks for, reckoned before it runs, against its budget. */

/** A probe and its answer cross some ten cables. */
const EVENTS_PER_PROBE = 10
/** Advertisements, state synchronisation and their copies. */
const EVENTS_PER_FIREWALL_SECOND = 100
/** A boot, an election, addresses learned anew. */
const EVENTS_PER_FAULT = 10_000

export function checkBudget(context: CheckContext<Scenario>): void {
  const { scenario } = context
  const { flows, faults, topology, budget, duration } = scenario
  const seconds = (parseDuration(duration) ?? 0) / SECOND_NS
  const parts: { readonly path: Path; readonly events: number }[] = [
    {
      path: ['duration'],
      events: seconds * topology.firewalls.length * EVENTS_PER_FIREWALL_SECOND,
    },
    { path: ['faults'], events: faults.length * EVENTS_PER_FAULT },
    ...flows.map((flow, at) => ({
      path: ['flows', at, 'interval'],
      events: probesOf(flow) * EVENTS_PER_PROBE,
    })),
  ]
  const total = parts.reduce((sum, { events }) => sum + events, 0)
  if (!(total > budget.events)) return
  const most = parts.reduce((one, other) => (other.events > one.events ? other : one))
  context.report(
    most.path,
    `the run takes some ${total.toPrecision(2)} events, most of them for this; expected fewer, or a budget.events above ${budget.events}`,
  )
}

function probesOf({ start, stop, interval }: Flow): number {
  const [startNs, stopNs, intervalNs] = [start, stop, interval].map(parseDuration)
  if (startNs === undefined || stopNs === undefined || !intervalNs) return 0
  return Math.max(0, stopNs - startNs) / intervalNs
}
