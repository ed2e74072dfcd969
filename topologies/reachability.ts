import { walkOutOfStack } from '../devices/host/ip-walk.ts'
import { Walk } from '../devices/walk.ts'
import type { World } from '../devices/world.ts'
import type { Ipv4Address } from '../protocols/addresses.ts'
import { ICMP_TYPE } from '../protocols/icmp/wire.ts'
import { IP_PROTOCOL } from '../protocols/ipv4/wire.ts'
import type { OutageLog } from '../traces/outage-log.ts'
import type { Network } from './build.ts'

interface WatchedFlow {
  readonly client: string
  readonly source: Ipv4Address
  readonly target: Ipv4Address
  /** Of its ICMP echoes: packet filters tell flows apart by it. */
  readonly identifier: number
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
function canCross(network: Network, flow: WatchedFlow): boolean {
  const { client, source, target } = flow
  for (const node of walkFrom(
    network,
    client,
    { ...flow, source, target },
    ICMP_TYPE.echoRequest,
  )) {
    const back = { ...flow, source: target, target: source }
    if (walkFrom(network, node, back, ICMP_TYPE.echoReply).has(client)) return true
  }
  return false
}

/** The nodes that a packet would reach. */
function walkFrom(
  network: Network,
  node: string,
  { source, target, identifier }: Pick<WatchedFlow, 'source' | 'target' | 'identifier'>,
  type: number,
): ReadonlySet<string> {
  const walk = new Walk()
  const stack = network.hosts.get(node)?.running?.stack
  if (stack !== undefined) {
    const { ttl } = stack.profile
    const icmp = { type, identifier }
    const packet = { kind: 'ipv4', source, target, protocol: IP_PROTOCOL.icmp, ttl, icmp } as const
    walkOutOfStack(stack, packet, walk)
  }
  return walk.arrivedAt
}
