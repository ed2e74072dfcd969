import type { CarpState } from '../../protocols/carp/machine.ts'
import type { HostService } from '../host/host.ts'
import type { IpStack } from '../host/ip-stack.ts'
import type { UdpService } from '../host/udp.ts'
import type { World } from '../world.ts'
import type { Configuration, OpenVpnTimings } from './config/configuration.ts'
import { openVpnSettingsOf } from './config/openvpn-section.ts'
import { OpenVpnServerService, type OpenVpnSettings } from './openvpn-server.ts'

/** What it asks of its node. */
export interface OpenVpnNode {
  readonly configuration: Configuration
  /** Undefined before the node runs. */
  udp(): UdpService | undefined
  carpState(on: string, vhid: number): CarpState | undefined
}

/** The OpenVPN server of a node: as configured at each boot, and whenever that changes. */
export class OpenVpnControl {
  #world: World
  #timings: OpenVpnTimings
  #node: OpenVpnNode
  #stack: IpStack | undefined
  #service: OpenVpnServerService | undefined
  #applied: OpenVpnSettings | undefined

  constructor(world: World, timings: OpenVpnTimings, node: OpenVpnNode) {
    this.#world = world
    this.#timings = timings
    this.#node = node
  }

  /** Undefined while there is none. */
  get service(): OpenVpnServerService | undefined {
    return this.#service
  }

  /** At each boot, before CARP makes anything MASTER. */
  startUp(stack: IpStack): HostService {
    this.#stack = stack
    this.#service = undefined
    this.#applied = this.#configured
    if (this.#applied !== undefined) this.#service = this.#make(stack, this.#applied)
    return this.#service ?? { linkChanged: () => {}, booted: () => {} }
  }

  /** openvpn_resync of what was changed: the process ends, and another starts if MASTER. */
  resync(): void {
    const configured = this.#configured
    if (this.#stack === undefined || isSame(configured, this.#applied)) return
    this.#applied = configured
    if (this.#service !== undefined) {
      this.#service.configure(configured)
    } else if (configured !== undefined) {
      this.#service = this.#make(this.#stack, configured)
      this.#service.restart()
    }
  }

  get #configured(): OpenVpnSettings | undefined {
    return openVpnSettingsOf(this.#node.configuration, this.#timings)
  }

  #make(stack: IpStack, settings: OpenVpnSettings): OpenVpnServerService {
    return new OpenVpnServerService(this.#world, stack, settings, this.#node)
  }
}

function isSame(a: OpenVpnSettings | undefined, b: OpenVpnSettings | undefined): boolean {
  return JSON.stringify(sortedEntries(a)) === JSON.stringify(sortedEntries(b))
}

function sortedEntries(settings: OpenVpnSettings | undefined): unknown {
  return Object.entries(settings ?? {}).sort(([one], [other]) => (one < other ? -1 : 1))
}
