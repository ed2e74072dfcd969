import type * as z from 'zod'
import { assert } from '../../../engine/assert.ts'
import { type CheckContext, checkName } from '../../../schema/check-context.ts'
import { faultMapping } from '../../../schema/fault.ts'
import { identifier } from '../../../schema/fields.ts'
import type { AnyFault } from '../../../schema/network.ts'
import type { Path } from '../../../schema/problem.ts'
import { machineIn, type Network } from '../../network.ts'
import { PfSense } from '../pfsense.ts'

/** Common parts of the faults that an administrator causes in the GUI of pfSense. */

export function guiFault<const Kind extends string, const Fields extends z.ZodRawShape>(
  kind: Kind,
  description: string,
  fields: Fields,
) {
  const node = identifier('the name of a firewall').describe('Firewall.')
  return faultMapping(kind, description, { node, ...fields })
}

export function checkPfSense(context: CheckContext, { node }: AnyFault, path: Path): boolean {
  const { firewalls } = context.scenario.topology
  const names = firewalls.flatMap(({ name, product }) => (product === 'pfsense' ? name : []))
  return checkName(context, 'firewall', node, names, [...path, 'node'])
}

export function pfSenseIn({ firewalls }: Network, node: string): PfSense {
  const firewall = firewalls.get(node)
  assert(firewall instanceof PfSense, `${node} is a pfSense`)
  return firewall
}

/** Does something in the GUI. A suspended machine does it when it goes on. */
export function inGui(network: Network, node: string, act: (pfSense: PfSense) => void): void {
  machineIn(network, node).whenGoing(() => act(pfSenseIn(network, node)))
}
