import { assert } from '../engine/assert.ts'
import type { Ipv4Address } from '../protocols/addresses.ts'
import type { Host } from './host/host.ts'
import type { Port } from './port.ts'
import type { FirewallNode } from './product.ts'

/** The network of a run: its machines, by the names that the scenario gives them. */
export interface Network {
  readonly hosts: ReadonlyMap<string, Host>
  readonly firewalls: ReadonlyMap<string, FirewallNode>
  /** The port of a NIC of a node, or of a vmnic of an ESXi host. */
  findPort(node: string, nic: string): Port
}

/** The running host that has an address now. */
export function ownerOf({ hosts }: Network, address: Ipv4Address): Host | undefined {
  return [...hosts.values()].find(({ running }) => running?.stack.findLocal(address) !== undefined)
}

/** A firewall or host that is known to exist. */
export function machineIn({ hosts }: Network, name: string): Host {
  const host = hosts.get(name)
  assert(host !== undefined, `${name} is a machine`)
  return host
}
