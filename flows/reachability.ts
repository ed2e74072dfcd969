import type { Asker, Decider, DeciderWatch } from '../devices/decider.ts'
import type { Network } from '../devices/network.ts'
import { answerTo, Walk, type WalkedPacket } from '../devices/walk.ts'
import type { World } from '../devices/world.ts'
import type { Nanoseconds } from '../engine/time.ts'
import type { Ipv4Address } from '../protocols/addresses.ts'
import type { OutageLog } from '../traces/outage-log.ts'

/** The fields behind the IP header that a packet filter reads, and the length of the packet. */
export type WatchedTransport = Pick<
  WalkedPacket,
  'protocol' | 'icmp' | 'ports' | 'isOpening' | 'totalBytes'
>

export interface WatchedFlow {
  readonly client: string
  readonly source: Ipv4Address
  readonly target: Ipv4Address
  /** The packets to the target, and those that come back. */
  readonly there: WatchedTransport
  readonly back: WatchedTransport
  readonly log: OutageLog
}

/**
 * The ground truth about outages: the forwarding path of each watched flow is walked there and back,
 * with no frame and without changing anything. The devices decide of a walk as they decide of frames.
 * A flow is walked again when something that its last walk asked would answer otherwise.
 */
export class ReachabilityWatch {
  #world: World
  #network: Network
  #paths = new Map<OutageLog, WatchedPath>()
  #outdated = new Set<WatchedPath>()
  /** The earliest time at which an answer to a walk expires. */
  #expiryNs: Nanoseconds = Number.POSITIVE_INFINITY

  constructor(world: World, network: Network) {
    this.#world = world
    this.#network = network
    world.scheduler.afterEvent = () => {
      if (world.nowNs > this.#expiryNs) this.#expire()
      if (this.#outdated.size > 0) this.#lookAgain()
    }
  }

  watch(flow: WatchedFlow): void {
    this.watchWhen(flow.log, (asker) => probabilityToCross(this.#network, flow, asker))
  }

  /**
   * Watches a path by a walk of the caller's own.
   * @param pass gives the probability that a packet gets there and its answer back: 0 to 1
   */
  watchWhen(log: OutageLog, pass: (asker: Asker) => number): void {
    this.unwatch(log)
    const path = new WatchedPath(pass, this.#outdated)
    this.#paths.set(log, path)
    this.#observe(log, path)
  }

  unwatch(log: OutageLog): void {
    const path = this.#paths.get(log)
    if (path !== undefined) this.#outdated.delete(path)
    this.#paths.delete(log)
  }

  #expire(): void {
    this.#expiryNs = Number.POSITIVE_INFINITY
    for (const path of this.#paths.values()) {
      if (this.#world.nowNs > path.expiryNs) path.outdated()
      else this.#expiryNs = Math.min(this.#expiryNs, path.expiryNs)
    }
  }

  #lookAgain(): void {
    // In the order in which they are watched: what is told must not depend on who noticed first.
    for (const [log, path] of this.#paths) {
      if (this.#outdated.delete(path)) this.#observe(log, path)
    }
    this.#outdated.clear()
  }

  #observe(log: OutageLog, path: WatchedPath): void {
    log.observe(path.walk(), this.#world.nowNs)
    this.#expiryNs = Math.min(this.#expiryNs, path.expiryNs)
  }
}

/** The path of one flow, and whom its last walk asked. */
class WatchedPath implements Asker, DeciderWatch {
  expiryNs: Nanoseconds = Number.POSITIVE_INFINITY
  #pass: (asker: Asker) => number
  #allOutdated: Set<WatchedPath>

  constructor(pass: (asker: Asker) => number, allOutdated: Set<WatchedPath>) {
    this.#pass = pass
    this.#allOutdated = allOutdated
  }

  walk(): number {
    this.expiryNs = Number.POSITIVE_INFINITY
    return this.#pass(this)
  }

  note(decider: Decider): void {
    decider.watch(this)
  }

  expires(timeNs: Nanoseconds): void {
    this.expiryNs = Math.min(this.expiryNs, timeNs)
  }

  outdated(): void {
    this.#allOutdated.add(this)
  }
}

/** The probability that a packet sent now would arrive, and its answer too. */
function probabilityToCross(network: Network, flow: WatchedFlow, asker: Asker): number {
  const { client, source, target, there, back } = flow
  const request = walkFrom(network, client, { ...there, source, target }, new Walk(asker))
  let best = 0
  for (const { node, packet, passProbability } of request.arrived) {
    // To whom it came from, as far as NAT lets the node know.
    const answer = answerTo(packet, { ...packet, ...back })
    const walk = walkFrom(network, node, answer, new Walk(asker, request))
    best = Math.max(best, passProbability * walk.passProbabilityTo(client))
  }
  return best
}

function walkFrom(
  network: Network,
  node: string,
  packet: Omit<WalkedPacket, 'kind' | 'ttl'>,
  walk: Walk,
): Walk {
  const stack = network.hosts.get(node)?.walkable(walk)
  stack?.walkPacketOut({ ...packet, kind: 'ipv4', ttl: stack.profile.ttl }, walk)
  return walk
}
