import { type CheckContext, checkDistinct, type Named } from '../../schema/check-context.ts'
import type { EsxiHost } from '../../schema/network.ts'
import type { Path } from '../../schema/problem.ts'

/** Names and addresses that must be unique, each within what it names. */

export function checkNames(context: CheckContext): void {
  const { topology, flows } = context.scenario
  const machines = [
    ...entriesOf(topology.firewalls, ['topology', 'firewalls']),
    ...entriesOf(topology.hosts, ['topology', 'hosts']),
  ]

  distinctNames(context, 'a node', [
    ...namesOf(topology.esxiHosts, ['topology', 'esxiHosts']),
    ...namesOf(topology.switches, ['topology', 'switches']),
    ...namesOf(topology.firewalls, ['topology', 'firewalls']),
    ...namesOf(topology.hosts, ['topology', 'hosts']),
  ])
  for (const [host, path] of entriesOf(topology.esxiHosts, ['topology', 'esxiHosts'])) {
    checkEsxiHost(context, host, path)
  }
  for (const [it, path] of entriesOf(topology.switches, ['topology', 'switches'])) {
    distinctNames(context, 'a port', namesOf(it.ports, [...path, 'ports']))
  }
  for (const [machine, path] of machines) {
    distinctNames(context, 'a NIC', namesOf(machine.nics, [...path, 'nics']))
    distinctNames(context, 'an interface', namesOf(machine.interfaces, [...path, 'interfaces']))
  }
  distinctNames(context, 'a flow', namesOf(flows, ['flows']))

  checkDistinct(
    context,
    context.index.nics.map((nic) => ({ key: nic.macAddress, path: [...nic.path, 'macAddress'] })),
    (mac, first) => `${mac} is already the address of the NIC at ${first}; expected one of its own`,
  )
}

function checkEsxiHost(context: CheckContext, host: EsxiHost, path: Path): void {
  const vswitches = entriesOf(host.vswitches, [...path, 'vswitches'])
  distinctNames(context, 'a vmnic', namesOf(host.vmnics, [...path, 'vmnics']))
  distinctNames(context, 'a vSwitch', namesOf(host.vswitches, [...path, 'vswitches']))
  // Across all vSwitches of the host: a NIC names its port group without the vSwitch.
  distinctNames(
    context,
    'a port group',
    vswitches.flatMap(([vswitch, at]) => namesOf(vswitch.portGroups, [...at, 'portGroups'])),
  )
  checkDistinct(
    context,
    vswitches.flatMap(([vswitch, at]) =>
      vswitch.uplinks.map((key, uplink) => ({ key, path: [...at, 'uplinks', uplink] })),
    ),
    (vmnic, first) => `${vmnic} is already an uplink at ${first}; expected a vmnic that is free`,
  )
}

function distinctNames(context: CheckContext, what: string, names: readonly Named[]): void {
  checkDistinct(
    context,
    names,
    (name, first) => `${name} is already the name of ${what} at ${first}; expected another name`,
  )
}

function entriesOf<Item>(items: readonly Item[], path: Path): [Item, Path][] {
  return items.map((item, at) => [item, [...path, at]])
}

function namesOf(items: readonly { readonly name: string }[], path: Path): Named[] {
  return items.map((item, at) => ({ key: item.name, path: [...path, at, 'name'] }))
}
