import type { Ipv4Address } from '../../../protocols/addresses.ts'

/** The host that rules are loaded on. Interfaces have their names of the system. */
export interface FilterHost {
  hasInterface(name: string): boolean
  /** `(self)`: an address of any interface, CARP ones included, MASTER or not. */
  isSelf(address: Ipv4Address): boolean
  /** `(vmx1)`: an address of this interface, CARP ones included. */
  isOn(name: string, address: Ipv4Address): boolean
  /** The first address that is the interface's own, what NAT to `(vmx0)` translates to. */
  primaryAddress(name: string): Ipv4Address | undefined
}
