import type { Network } from '../devices/network.ts'
import type { World } from '../devices/world.ts'
import { assert } from '../engine/assert.ts'
import type { Nanoseconds } from '../engine/time.ts'
import { findFaultKind } from '../faults/index.ts'
import { nanoseconds } from '../schema/values.ts'
import type { Fault, Scenario } from '../topologies/document.ts'

/** A fault with the instant that the seed drew for it. */
export interface ScheduledFault {
  readonly fault: Fault
  readonly atNs: Nanoseconds
  /** When its consequences can be expected to be over. */
  readonly settledNs: Nanoseconds
}

/** Draws the instants of a scenario's faults and posts them. In order of time. */
export function scheduleFaults(
  world: World,
  network: Network,
  scenario: Scenario,
): ScheduledFault[] {
  const scheduled = scenario.faults.map((fault, index): ScheduledFault => {
    const atNs = drawInstant(world, fault, index)
    return { fault, atNs, settledNs: atNs + settleTimeOf(fault, scenario) }
  })
  for (const { fault, atNs } of scheduled) {
    world.scheduler.postAt(atNs, () => applyFault(world, network, fault), null)
  }
  return scheduled.toSorted((a, b) => a.atNs - b.atNs)
}

function drawInstant(world: World, { kind, node, at }: Fault, index: number): Nanoseconds {
  if (typeof at === 'string') return nanoseconds(at)
  const draws = world.random.stream(`fault/${index}/${kind}/${node}`)
  return draws.integer(nanoseconds(at.from), nanoseconds(at.to))
}

/** A machine may have to go down or boot before anything can settle. */
function settleTimeOf(fault: Fault, { settle, topology }: Scenario): Nanoseconds {
  const machines = [...topology.firewalls, ...topology.hosts]
  const machine = machines.find(({ name }) => name === fault.node)
  const ownNs = machine === undefined ? 0 : kindOf(fault).settleNs?.(fault, machine)
  return nanoseconds(settle) + (ownNs ?? 0)
}

function applyFault(world: World, network: Network, fault: Fault): void {
  world.tell({
    node: fault.node,
    kind: 'fault',
    text: describeFault(fault),
    details: { fault: fault.kind },
  })
  kindOf(fault).inject(fault, network, world)
}

/** The fault as a person says it: `link-down pfsense1 vmx1`. */
function describeFault(fault: Fault): string {
  const kind = kindOf(fault)
  const part = kind.part?.(fault)
  const where = part === undefined ? '' : ` ${part}`
  return `${fault.kind} ${fault.node}${where}${kind.details?.(fault) ?? ''}`
}

function kindOf({ kind: name }: Fault) {
  const kind = findFaultKind(name)
  assert(kind !== undefined, `${name} is a kind of fault`)
  return kind
}
