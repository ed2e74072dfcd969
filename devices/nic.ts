import type { MacAddress } from '../protocols/addresses.ts'
import type { Device } from './port.ts'
import { Port } from './port.ts'
import type { World } from './world.ts'

/**
 * A network interface card, physical or virtual: a port and the receive filter that the driver
 * programs. A hypervisor reads the filter of its guests' vNICs, as ESXi does.
 */
export class Nic {
  readonly port: Port
  /** The address it was made with (ESXi: the initial MAC, in the .vmx). */
  readonly initialMac: MacAddress
  /** Hears of changes of the receive filter and of the effective MAC: the hypervisor, if any. */
  onFilterChange: (() => void) | undefined
  #effectiveMac: MacAddress
  #promiscuousRequests = 0
  #groups = new Map<MacAddress, number>()

  constructor(world: World, device: Device, name: string, mac: MacAddress) {
    this.port = new Port(world, device, name)
    this.initialMac = mac
    this.#effectiveMac = mac
  }

  get name(): string {
    return this.port.name
  }

  /** The address the guest uses now (ESXi: the effective MAC). */
  get effectiveMac(): MacAddress {
    return this.#effectiveMac
  }

  set effectiveMac(mac: MacAddress) {
    this.#effectiveMac = mac
    this.onFilterChange?.()
  }

  /** Whether the guest asked for every frame (ifpromisc counts its askers). */
  get promiscuous(): boolean {
    return this.#promiscuousRequests > 0
  }

  requestPromiscuous(): void {
    this.#promiscuousRequests++
    this.onFilterChange?.()
  }

  releasePromiscuous(): void {
    this.#promiscuousRequests--
    this.onFilterChange?.()
  }

  hasJoined(group: MacAddress): boolean {
    return this.#groups.has(group)
  }

  joinGroup(group: MacAddress): void {
    this.#groups.set(group, (this.#groups.get(group) ?? 0) + 1)
    this.onFilterChange?.()
  }

  leaveGroup(group: MacAddress): void {
    const count = this.#groups.get(group) ?? 0
    if (count > 1) this.#groups.set(group, count - 1)
    else this.#groups.delete(group)
    this.onFilterChange?.()
  }

  /** Forgets what a guest asked for, as a reset does. */
  reset(): void {
    this.#promiscuousRequests = 0
    this.#groups.clear()
    this.effectiveMac = this.initialMac
  }
}
