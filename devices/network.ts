import type { Ipv4Address } from '../protocols/addresses.ts'
import type { Host } from './host/host.ts'
import type { PfSense } from './pfsense/pfsense.ts'
import type { Port } from './port.ts'

/** The network of a run: its machines, by the names that the scenario gives them. */
export interface Network {
  readonly hosts: ReadonlyMap<string, Host>
  readonly firewalls: ReadonlyMap<string, PfSense>
  /** Of a node and a NIC, or an ESXi host and a vmnic: where its cable is plugged in. */
  findPort(node: string, nic: string): Port
}

/** The running host that has an address now. */
export function ownerOf({ hosts }: Network, address: Ipv4Address): Host | undefined {
  return [...hosts.values()].find(({ running }) => running?.stack.findLocal(address) !== undefined)
}
