import { type Ipv4Address, type Ipv4Prefix, inPrefix } from '../../protocols/addresses.ts'
import { type Asker, Decider } from '../decider.ts'
import type { IpInterface } from './interface.ts'

export interface StaticRoute {
  readonly to: Ipv4Prefix
  readonly via: Ipv4Address
}

/** The next hop of a packet: its interface and its neighbour. */
export interface NextHop {
  readonly out: IpInterface
  readonly neighbour: Ipv4Address
}

interface Route {
  readonly to: Ipv4Prefix
  readonly out: IpInterface
  /** Undefined: the target is on the link itself. */
  readonly via: Ipv4Address | undefined
}

/**
 * Longest prefix first. Connected routes exist for the own addresses of enabled interfaces; a
 * link that is down does not withdraw them, as on FreeBSD.
 */
export class RouteTable {
  #interfaces: readonly IpInterface[]
  #statics: StaticRoute[]
  #routes: Route[] = []
  #changes = new Decider('route')

  constructor(interfaces: readonly IpInterface[], statics: readonly StaticRoute[]) {
    this.#interfaces = interfaces
    this.#statics = [...statics]
    this.rebuild()
  }

  /** To be called when an address or the state of an interface has changed. */
  rebuild(): void {
    const connected: Route[] = []
    for (const out of this.#interfaces) {
      if (!out.enabled) continue
      for (const address of out.addresses) {
        if (address.owner === undefined) connected.push({ to: address, out, via: undefined })
      }
    }
    const statics: Route[] = []
    for (const { to, via } of this.#statics) {
      const link = connected.find((route) => inPrefix(via, route.to))
      if (link !== undefined) statics.push({ to, out: link.out, via })
    }
    // Sorting is stable: of equal lengths the connected one, and the first configured, wins.
    this.#routes = [...connected, ...statics].sort((a, b) => b.to.length - a.to.length)
    this.#changes.changed()
  }

  /** Puts routes in the place of others, as a program does with those that it is pushed. */
  replace(old: readonly StaticRoute[], by: readonly StaticRoute[]): void {
    this.#statics = [...this.#statics.filter((route) => !old.includes(route)), ...by]
    this.rebuild()
  }

  /** The address by which this host speaks to a target; undefined when it cannot reach it. */
  sourceTowards(target: Ipv4Address): Ipv4Address | undefined {
    return this.lookUp(target)?.out.primaryAddress
  }

  lookUp(target: Ipv4Address, asker?: Asker): NextHop | undefined {
    asker?.note(this.#changes)
    for (const { to, out, via } of this.#routes) {
      if (inPrefix(target, to)) return { out, neighbour: via ?? target }
    }
    return undefined
  }
}
