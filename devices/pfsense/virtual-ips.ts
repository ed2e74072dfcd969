import type { CarpService, VirtualIp } from '../freebsd/carp/service.ts'
import type { IpInterface } from '../host/interface.ts'
import { replaceVirtualIps } from './config/virtual-ips.ts'

/** The virtual IPs of a running node: brings what is configured to the kernel. */
export class VirtualIps {
  #carp: CarpService
  #stack: { readonly interfaces: readonly IpInterface[] }
  #configured: () => readonly VirtualIp[]

  /**
   * @param stack whose interfaces they are put on
   * @param configured as they are configured at that time
   */
  constructor(
    carp: CarpService,
    stack: { readonly interfaces: readonly IpInterface[] },
    configured: () => readonly VirtualIp[],
  ) {
    this.#carp = carp
    this.#stack = stack
    this.#configured = configured
  }

  /**
   * Puts those of some interfaces there, or one of them; a VHID that is there already starts over.
   * In the order of the configuration, which decides which VHID is the newest.
   *
   * @returns how many there are
   */
  put(interfaces: readonly IpInterface[], vhid?: number): number {
    let count = 0
    for (const virtualIp of this.#configured()) {
      const on = interfaces.find(({ name }) => name === virtualIp.interface)
      if (on === undefined || (vhid !== undefined && vhid !== virtualIp.vhid)) continue
      count += 1
      if (!this.#carp.reattach(virtualIp.vhid, on)) this.#carp.add(virtualIp, on)
    }
    return count
  }

  /**
   * interface_bring_down, its first part: the VHIDs go (`ifconfig IF delete`), the interface being
   * up still, so that no demotion remains and the other VHIDs stay MASTER.
   */
  removeFrom(name: string): void {
    const on = this.#find(name)
    if (on?.enabled) this.#carp.removeFrom(on)
  }

  removeAll(): void {
    for (const on of this.#stack.interfaces) this.#carp.removeFrom(on)
  }

  /**
   * Puts those that are configured now in the place of those that were; the maintenance mode, which
   * changes what the kernel is given, is no change of them.
   *
   * @returns whether any was set up anew
   */
  replace(before: readonly VirtualIp[], after: readonly VirtualIp[]): boolean {
    const find = (name: string) => this.#find(name)
    const advskewOf = ({ interface: on, vhid, advskew }: VirtualIp): number =>
      this.#configured().find((each) => each.interface === on && each.vhid === vhid)?.advskew ??
      advskew
    return replaceVirtualIps({ carp: this.#carp, find, advskewOf }, before, after)
  }

  /** Has every VHID take the skew that is configured now. */
  applyAdvskews(): void {
    for (const { vhid, interface: on, advskew } of this.#configured()) {
      this.#carp.setAdvskew(vhid, on, advskew)
    }
  }

  #find(name: string): IpInterface | undefined {
    return this.#stack.interfaces.find((candidate) => candidate.name === name)
  }
}
