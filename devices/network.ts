import { assert } from '../engine/assert.ts'
import type { Ipv4Address } from '../protocols/addresses.ts'
import type { Host } from './host/host.ts'
import type { LearningSwitch } from './learning-switch.ts'
import type { Port } from './port.ts'
import type { FirewallNode } from './product.ts'

/** The network of a run: its machines, by the names that the scenario gives them. */
export interface Network {
  readonly hosts: ReadonlyMap<string, Host>
  readonly firewalls: ReadonlyMap<string, FirewallNode>
  readonly switches: readonly LearningSwitch[]
  /** The port of a NIC of a node, of a vmnic of an ESXi host, or of a switch. */
  findPort(node: string, nic: string): Port
}

/** The host that has an address now; if none has, the one that will have it once it is on. */
export function ownerOf(network: Network, address: Ipv4Address): Host | undefined {
  const hosts = [...network.hosts.values()]
  return (
    hosts.find(({ running }) => running?.stack.findLocal(address) !== undefined) ??
    hosts.find((host) => host.isConfigured(address))
  )
}

/** A firewall or host that is known to exist. */
export function machineIn({ hosts }: Network, name: string): Host {
  const host = hosts.get(name)
  assert(host !== undefined, `${name} is a machine`)
  return host
}
