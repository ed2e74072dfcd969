import { faultKind } from '../devices/fault-kind.ts'
import { type CheckContext, checkName } from '../schema/check-context.ts'
import { faultMapping } from '../schema/fault.ts'
import { identifier, label } from '../schema/fields.ts'
import type { AnyFault } from '../schema/network.ts'
import type { NicEntry } from '../schema/network-index.ts'
import type { Path } from '../schema/problem.ts'

/** The cable of a NIC. */

/** The fields of a fault of a cable. */
export const cableFields = () => ({
  node: identifier('the name of a node').describe('Firewall, host, ESXi host or switch.'),
  nic: label('the name of a NIC').describe(
    'NIC of that node (of an ESXi host: a vmnic; of a switch: a port).',
  ),
})

type CableFault = AnyFault & { nic: string }

export function checkNic(context: CheckContext, { node, nic }: CableFault, path: Path): boolean {
  const { index, report } = context
  const nodes = [...index.nodesWithNics(), ...index.switches.keys()]
  if (!checkName(context, 'node with NICs', node, nodes, [...path, 'node'])) return false
  const ports = index.portsOf(node)
  if (ports.size > 0) {
    return checkName(context, `port of ${node}`, nic, ports.keys(), [...path, 'nic'])
  }
  const nics = index.nicsOf(node)
  if (!checkName(context, `NIC of ${node}`, nic, nics.keys(), [...path, 'nic'])) return false
  if (nics.get(nic)?.connectedTo !== undefined || index.nics.some(endsAt)) return true
  report([...path, 'nic'], `no cable ends at ${nic} of ${node}; expected a NIC with a cable`)
  return false

  function endsAt({ connectedTo }: NicEntry): boolean {
    if (connectedTo === undefined || !('node' in connectedTo)) return false
    return connectedTo.node === node && connectedTo.nic === nic
  }
}

export const nicOf = ({ nic }: CableFault): string => nic

export const linkDown = faultKind({
  schema: faultMapping('link-down', 'Unplugged.', cableFields()),
  checkTarget: checkNic,
  part: nicOf,
  breaks: 'link',
  inject: ({ node, nic }, network) => network.findPort(node, nic).setPlugged(false),
})

export const linkUp = faultKind({
  schema: faultMapping('link-up', 'Plugged in again.', cableFields()),
  checkTarget: checkNic,
  part: nicOf,
  mends: { condition: 'link', neverBroken: 'is never down before' },
  inject: ({ node, nic }, network) => network.findPort(node, nic).setPlugged(true),
})
