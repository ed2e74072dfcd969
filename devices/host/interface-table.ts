import type { Ipv4Address } from '../../protocols/addresses.ts'
import type { Asker } from '../decider.ts'
import type { Nic } from '../nic.ts'
import type { IpInterface } from './interface.ts'

/** The interfaces of a running host, in the order in which they came. */
export class InterfaceTable {
  #interfaces: IpInterface[]

  constructor(interfaces: readonly IpInterface[]) {
    this.#interfaces = [...interfaces]
  }

  /** Grows with what is added. */
  get all(): readonly IpInterface[] {
    return this.#interfaces
  }

  add(added: IpInterface): void {
    this.#interfaces.push(added)
  }

  /** The interface of a NIC that takes frames of this VLAN; undefined stands for untagged. */
  find(nic: Nic, vlanId: number | undefined): IpInterface | undefined {
    for (const candidate of this.#interfaces) {
      if (candidate.nic === nic && candidate.vlanId === vlanId) return candidate
    }
    return undefined
  }

  /**
   * The interface that has this address now, if this host has it. The packet may have come in by
   * another one: hosts and FreeBSD follow the weak host model.
   */
  findLocal(ip: Ipv4Address, asker?: Asker): IpInterface | undefined {
    for (const candidate of this.#interfaces) {
      if (candidate.findActive(ip, asker) !== undefined && candidate.enabled) return candidate
    }
    return undefined
  }
}
