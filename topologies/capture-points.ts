import type { Host } from '../devices/host/host.ts'
import type { Port } from '../devices/port.ts'
import type { Ipv4Prefix, MacAddress } from '../protocols/addresses.ts'
import type { Tap } from '../protocols/frame/tap.ts'
import { mac, type Network, prefix } from './build.ts'
import type { EsxiHost, Firewall, Host as HostDocument, Interface, Topology } from './document.ts'

/** A place where frames can be recorded: a card, an uplink, or one VLAN of a card. */
export interface CapturePointPlan {
  /** Names the file: `mgmt-pc`, `pfsense1-vlanmgmt`, `esx1-vswitch0-vmnic0`. */
  readonly name: string
  readonly description: string
  readonly node: string
  readonly macAddress: MacAddress
  readonly ipv4?: Ipv4Prefix
  /** How to put a tap there. */
  readonly attach: (network: Network, tap: Tap) => number | undefined
}

/** All capture points of a topology, in its order. */
export function planCapturePoints(topology: Topology): CapturePointPlan[] {
  return [
    ...topology.esxiHosts.flatMap(planUplinks),
    ...topology.firewalls.flatMap(planMachine),
    ...topology.hosts.flatMap(planMachine),
  ]
}

function planUplinks(host: EsxiHost): CapturePointPlan[] {
  return host.vswitches.flatMap((vswitch) =>
    host.vmnics
      .filter(({ name, connectedTo }) => vswitch.uplinks.includes(name) && connectedTo)
      .map((vmnic) => ({
        name: pointName(host.name, vswitch.name, vmnic.name),
        description: `${host.name}: uplink ${vmnic.name} of ${vswitch.name}`,
        node: host.name,
        macAddress: mac(vmnic.macAddress),
        attach: (network, tap) => tapPort(network.findPort(host.name, vmnic.name), tap),
      })),
  )
}

function planMachine(machine: Firewall | HostDocument): CapturePointPlan[] {
  const onlyOne = machine.interfaces.length === 1
  const interfaces = machine.interfaces.map((each): CapturePointPlan => {
    const card = machine.nics.find(({ name }) => name === each.nic)
    return {
      name: onlyOne ? pointName(machine.name) : pointName(machine.name, each.name),
      description: describe(machine.name, each),
      node: machine.name,
      macAddress: mac(card?.macAddress ?? ''),
      ...(each.address === undefined ? {} : { ipv4: prefix(each.address) }),
      attach: (network, tap) =>
        each.vlanId === undefined
          ? tapPort(network.findPort(machine.name, each.nic), tap)
          : tapVlan(network.hosts.get(machine.name), each, tap),
    }
  })
  // A card that carries VLANs only has no interface of its own to be seen by.
  const bare = machine.nics
    .filter(
      ({ name }) =>
        !machine.interfaces.some((each) => each.nic === name && each.vlanId === undefined),
    )
    .map(
      (card): CapturePointPlan => ({
        name: pointName(machine.name, card.name),
        description: `${machine.name}: ${card.name}`,
        node: machine.name,
        macAddress: mac(card.macAddress),
        attach: (network, tap) => tapPort(network.findPort(machine.name, card.name), tap),
      }),
    )
  return [...interfaces, ...bare]
}

function describe(machine: string, { name, nic, vlanId, address }: Interface): string {
  const vlan = vlanId === undefined ? '' : ` VLAN ${vlanId}`
  return `${machine}: ${name} (${nic}${vlan}${address === undefined ? '' : `, ${address}`})`
}

/** @returns the speed of the card in bits per second, when it has a cable */
function tapPort(port: Port, tap: Tap): number | undefined {
  port.tap = tap
  return port.bitsPerSecond
}

function tapVlan(host: Host | undefined, { name, nic }: Interface, tap: Tap): number | undefined {
  host?.interfaceTaps.set(name, tap)
  return host?.nics.find((each) => each.name === nic)?.port.bitsPerSecond
}

/** Part of a file's name, so only what every file system takes. */
function pointName(...parts: readonly string[]): string {
  return parts.map((part) => part.toLowerCase().replaceAll(/[^a-z0-9._]+/g, '-')).join('-')
}
