import type { RunningHost } from '../host/host.ts'
import type { World } from '../world.ts'
import type { Configuration, OpenVpnTimings } from './config/configuration.ts'
import { openVpnSettingsOf } from './config/openvpn-section.ts'
import { type CarpStateOf, OpenVpnServerService, type OpenVpnSettings } from './openvpn-server.ts'

/** The parts of the node that it uses. */
export interface OpenVpnNode {
  configuration(): Configuration
  readonly carpState: CarpStateOf
}

/** The OpenVPN server of a running system: as configured at its boot, and whenever that changes. */
export class OpenVpnControl {
  #world: World
  #running: Pick<RunningHost, 'stack' | 'udp'>
  #timings: OpenVpnTimings
  #node: OpenVpnNode
  #service: OpenVpnServerService | undefined
  #applied: OpenVpnSettings | undefined

  /** To be made before CARP makes anything MASTER. */
  constructor(
    world: World,
    running: Pick<RunningHost, 'stack' | 'udp'>,
    timings: OpenVpnTimings,
    node: OpenVpnNode,
  ) {
    this.#world = world
    this.#running = running
    this.#timings = timings
    this.#node = node
    this.#applied = this.#configured
    if (this.#applied !== undefined) this.#service = this.#make(this.#applied)
  }

  /** Undefined while there is none. */
  get service(): OpenVpnServerService | undefined {
    return this.#service
  }

  /** openvpn_resync of what was changed: the process ends, and another starts if MASTER. */
  resync(): void {
    const configured = this.#configured
    if (isSame(configured, this.#applied)) return
    this.#applied = configured
    if (this.#service !== undefined) {
      this.#service.configure(configured)
    } else if (configured !== undefined) {
      this.#service = this.#make(configured)
      this.#service.restart()
    }
  }

  get #configured(): OpenVpnSettings | undefined {
    return openVpnSettingsOf(this.#node.configuration(), this.#timings)
  }

  #make(settings: OpenVpnSettings): OpenVpnServerService {
    return new OpenVpnServerService(this.#world, this.#running, settings, this.#node.carpState)
  }
}

function isSame(a: OpenVpnSettings | undefined, b: OpenVpnSettings | undefined): boolean {
  return JSON.stringify(sortedEntries(a)) === JSON.stringify(sortedEntries(b))
}

function sortedEntries(settings: OpenVpnSettings | undefined): unknown {
  return Object.entries(settings ?? {}).sort(([one], [other]) => (one < other ? -1 : 1))
}
