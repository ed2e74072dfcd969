import { checkInterface, checkMachine, faultKind } from '../devices/fault-kind.ts'
import { machineIn, type Network } from '../devices/network.ts'
import type { CheckContext } from '../schema/check-context.ts'
import { faultMapping } from '../schema/fault.ts'
import { identifier, label } from '../schema/fields.ts'
import type { AnyFault } from '../schema/network.ts'
import type { Path } from '../schema/problem.ts'

/** An interface that an administrator disables. On a firewall, the product does it its own way. */

const fields = () => ({
  node: identifier('the name of a node').describe('Firewall or host.'),
  interface: label('the name of an interface').describe('Interface of that node.'),
})

type InterfaceFault = AnyFault & { interface: string }

const checkTarget = (context: CheckContext, fault: InterfaceFault, path: Path): boolean =>
  checkMachine(context, fault, path) && checkInterface(context, fault, [...path, 'interface'])

const part = (fault: InterfaceFault): string => fault.interface

export const interfaceDisable = faultKind({
  schema: faultMapping('interface-disable', 'Unticked in the configuration.', fields()),
  checkTarget,
  part,
  breaks: 'interface',
  inject: (fault, network) => setEnabled(network, fault, false),
})

export const interfaceEnable = faultKind({
  schema: faultMapping('interface-enable', 'Ticked again.', fields()),
  checkTarget,
  part,
  mends: {
    condition: 'interface',
    neverBroken: 'is never disabled before',
    or: 'enabled: false',
    isBrokenAtStart: ({ index }, { node, interface: name }) =>
      index.machines.get(node)?.machine.interfaces.find((each) => each.name === name)?.enabled ===
      false,
  },
  inject: (fault, network) => setEnabled(network, fault, true),
})

function setEnabled(
  network: Network,
  { node, interface: name }: InterfaceFault,
  enabled: boolean,
): void {
  const host = machineIn(network, node)
  const firewall = network.firewalls.get(node)
  host.whenGoing(() => {
    if (firewall === undefined) host.setInterfaceEnabled(name, enabled)
    else if (enabled) firewall.enableInterface(name)
    else firewall.disableInterface(name)
  })
}
