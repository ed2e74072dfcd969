import { walkOutOfStack } from '../devices/host/ip-walk.ts'
import type { Network } from '../devices/network.ts'
import { answerTo, Walk, type WalkedPacket } from '../devices/walk.ts'
import type { World } from '../devices/world.ts'
import type { Ipv4Address } from '../protocols/addresses.ts'
import type { OutageLog } from '../traces/outage-log.ts'

/** What a packet filter sees behind the IP header. */
export type WatchedTransport = Pick<WalkedPacket, 'protocol' | 'icmp' | 'ports' | 'isOpening'>

export interface WatchedFlow {
  readonly client: string
  readonly source: Ipv4Address
  readonly target: Ipv4Address
  /** Of its packets to the target, and of those that come back. */
  readonly there: WatchedTransport
  readonly back: WatchedTransport
  readonly log: OutageLog
}

interface Watched {
  readonly log: OutageLog
  isUp(): boolean
}

/**
 * The ground truth about outages. Whenever something that decides where packets go has changed,
 * the forwarding path of each watched flow is walked there and back, with no frame and without
 * changing anything. It follows the same tables as the frames do, and a test holds it against a
 * probe every millisecond.
 */
export class ReachabilityWatch {
  #world: World
  #network: Network
  #flows = new Set<Watched>()
  #changesSeen = 0

  constructor(world: World, network: Network) {
    this.#world = world
    this.#network = network
    world.scheduler.afterEvent = () => {
      if (world.forwardingChanges !== this.#changesSeen) this.#lookAgain()
    }
  }

  watch(flow: WatchedFlow): void {
    this.watchWhen(flow.log, () => canCross(this.#network, flow))
  }

  /** Watches what is up as long as a walk of the caller's own says so. */
  watchWhen(log: OutageLog, isUp: () => boolean): void {
    const watched = { log, isUp }
    this.#flows.add(watched)
    this.#observe(watched)
  }

  unwatch(log: OutageLog): void {
    for (const flow of this.#flows) {
      if (flow.log === log) this.#flows.delete(flow)
    }
  }

  #lookAgain(): void {
    this.#changesSeen = this.#world.forwardingChanges
    for (const flow of this.#flows) this.#observe(flow)
  }

  #observe({ log, isUp }: Watched): void {
    log.observe(isUp(), this.#world.nowNs)
  }
}

/** Whether a packet sent now would arrive, and its answer too. */
function canCross(network: Network, flow: WatchedFlow): boolean {
  const { client, source, target, there, back } = flow
  const request = walkFrom(network, client, { ...there, source, target }, new Walk())
  for (const [node, arrived] of request.arrivedAt) {
    if (arrived.kind !== 'ipv4') continue
    // To whom it came from, as far as NAT lets the node know.
    const answer = answerTo(arrived, { ...arrived, ...back })
    const walk = walkFrom(network, node, answer, new Walk(request.crossings))
    if (walk.arrivedAt.has(client)) return true
  }
  return false
}

function walkFrom(
  network: Network,
  node: string,
  packet: Omit<WalkedPacket, 'kind' | 'ttl'>,
  walk: Walk,
): Walk {
  const stack = network.hosts.get(node)?.running?.stack
  if (stack !== undefined) {
    walkOutOfStack(stack, { ...packet, kind: 'ipv4', ttl: stack.profile.ttl }, walk)
  }
  return walk
}
