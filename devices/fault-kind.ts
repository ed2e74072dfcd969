import type * as z from 'zod'
import type { Nanoseconds } from '../engine/time.ts'
import { type CheckContext, checkName } from '../schema/check-context.ts'
import type { AnyFault } from '../schema/network.ts'
import type { Machine } from '../schema/network-index.ts'
import type { Path } from '../schema/problem.ts'
import type { Network } from './network.ts'
import type { World } from './world.ts'

/** A kind of fault: how it is written and checked, and what it does to the network. */
export interface FaultKind<Schema extends FaultSchema, Fault = z.output<Schema>> {
  readonly schema: Schema
  /** Reports a target that does not exist. @returns whether it exists */
  checkTarget(context: CheckContext, fault: Fault, path: Path): boolean
  /** The part of the node that it strikes, such as an interface; without one: the whole node. */
  part?(fault: Fault): string
  /** The condition that ends with this fault, such as `power`. */
  readonly breaks?: string
  /** The condition that this fault brings back. Something must have ended it before. */
  readonly mends?: Mending<Fault>
  /** More for the reader than kind, node and part. It follows them without a space. */
  details?(fault: Fault): string
  /** How long the machine needs until its consequences can settle. Without it: 0. */
  settleNs?(fault: Fault, machine: Machine): Nanoseconds
  inject(fault: Fault, network: Network, world: World): void
}

export type FaultSchema = z.ZodObject<{ kind: z.ZodLiteral<string> }>

export interface Mending<Fault> {
  readonly condition: string
  /** `is never off before`, between the target and `this power-on`. */
  readonly neverBroken: string
  /** The field of the document that also would do: `powerState: poweredOff`. */
  readonly or?: string
  isBrokenAtStart?(context: CheckContext, fault: Fault): boolean
}

/** Infers the type of the fault from its schema. */
export function faultKind<Schema extends FaultSchema>(kind: FaultKind<Schema>): FaultKind<Schema> {
  return kind
}

// --- Targets that many kinds have --------------------------------------------------------------

/** A firewall or a host. */
export function checkMachine(context: CheckContext, { node }: AnyFault, path: Path): boolean {
  const machines = context.index.machines.keys()
  return checkName(context, 'firewall or host', node, machines, [...path, 'node'])
}

/** An interface of a machine that is known to exist. */
export function checkInterface(
  context: CheckContext,
  { node, interface: name }: AnyFault & { interface: string },
  path: Path,
): boolean {
  const names = context.index.machines.get(node)?.machine.interfaces.map((each) => each.name)
  return checkName(context, `interface of ${node}`, name, names ?? [], path)
}
