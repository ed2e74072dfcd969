import { walkOutOfStack } from '../devices/host/ip-walk.ts'
import { Walk } from '../devices/walk.ts'
import type { World } from '../devices/world.ts'
import type { Ipv4Address } from '../protocols/addresses.ts'
import { IP_PROTOCOL } from '../protocols/ipv4/wire.ts'
import type { OutageLog } from '../traces/outage-log.ts'
import type { Network } from './build.ts'

interface WatchedFlow {
  readonly client: string
  readonly source: Ipv4Address
  readonly target: Ipv4Address
  readonly log: OutageLog
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
  #flows = new Set<WatchedFlow>()
  #changesSeen = 0

  constructor(world: World, network: Network) {
    this.#world = world
    this.#network = network
    world.scheduler.afterEvent = () => {
      if (world.forwardingChanges !== this.#changesSeen) this.#lookAgain()
    }
  }

  watch(flow: WatchedFlow): void {
    this.#flows.add(flow)
    this.#observe(flow)
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

  #observe(flow: WatchedFlow): void {
    flow.log.observe(canCross(this.#network, flow), this.#world.nowNs)
  }
}

/** Whether an echo request sent now would be answered. */
function canCross(network: Network, { client, source, target }: WatchedFlow): boolean {
  const there = walkFrom(network, client, source, target)
  for (const node of there) {
    if (walkFrom(network, node, target, source).has(client)) return true
  }
  return false
}

/** The nodes that a packet would reach. */
function walkFrom(
  network: Network,
  node: string,
  source: Ipv4Address,
  target: Ipv4Address,
): ReadonlySet<string> {
  const walk = new Walk()
  const stack = network.hosts.get(node)?.running?.stack
  if (stack !== undefined) {
    const { ttl } = stack.profile
    const packet = { kind: 'ipv4', source, target, protocol: IP_PROTOCOL.icmp, ttl } as const
    walkOutOfStack(stack, packet, walk)
  }
  return walk.arrivedAt
}
