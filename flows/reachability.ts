import type { Asker, Decider, DeciderWatch } from '../devices/decider.ts'
import type { Network } from '../devices/network.ts'
import { answerTo, Walk, type WalkedPacket } from '../devices/walk.ts'
import type { World } from '../devices/world.ts'
import type { Nanoseconds } from '../engine/time.ts'
import type { Ipv4Address } from '../protocols/addresses.ts'
import type { OutageLog, PathStep } from '../traces/outage-log.ts'

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
    this.watchWhen(flow.log, (asker) => cross(this.#network, flow, asker))
  }

  /**
   * Watches a path by a walk of the caller's own.
   * @param pass tells whether a packet gets there and its answer back
   */
  watchWhen(log: OutageLog, pass: (asker: Asker) => Crossing): void {
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
      if (this.#world.nowNs > path.expiryNs) path.outdated(undefined)
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
    const { passProbability, brokenWay } = path.walk()
    const { nowNs } = this.#world
    const wasUp = log.up
    const steps = path.stepsNow(nowNs, brokenWay)
    log.observe(passProbability, nowNs, steps)
    if (!wasUp && log.up) path.markNeeded()
    if (log.up) path.forgetSteps()
    this.#expiryNs = Math.min(this.#expiryNs, path.expiryNs)
  }
}

/** The outcome of a walk there and back. */
export interface Crossing {
  /** Of a packet and its answer: 0 to 1. */
  readonly passProbability: number
  /** Where a path that is down ends; undefined: it is not known, or it is up. */
  readonly brokenWay: 'there' | 'back' | undefined
}

/** The path of one flow, and whom its last walk asked. */
class WatchedPath implements Asker, DeciderWatch {
  expiryNs: Nanoseconds = Number.POSITIVE_INFINITY
  #pass: (asker: Asker) => Crossing
  #allOutdated: Set<WatchedPath>
  /** Whom the last walk asked, but for its branches that lead nowhere. */
  #asked: Decider[] = []
  /** Who made it walk again. */
  #causes = new Set<Decider | 'ageing'>()
  /** The steps of an outage that is not over, each with its decider. */
  #steps: [Decider, PathStep][] = []

  constructor(pass: (asker: Asker) => Crossing, allOutdated: Set<WatchedPath>) {
    this.#pass = pass
    this.#allOutdated = allOutdated
  }

  walk(): Crossing {
    this.expiryNs = Number.POSITIVE_INFINITY
    this.#asked.length = 0
    return this.#pass(this)
  }

  note(decider: Decider): void {
    this.#asked.push(decider)
    decider.watch(this)
  }

  mark(): number {
    return this.#asked.length
  }

  forget(mark: number): void {
    this.#asked.length = mark
  }

  /** The steps that led to the present walk; none: another packet than before is watched. */
  stepsNow(timeNs: Nanoseconds, brokenWay: Crossing['brokenWay']): PathStep[] {
    const steps = [...this.#causes].map((cause): PathStep => {
      if (cause === 'ageing')
        return { timeNs, subject: cause, place: '', brokenWay, isNeeded: false }
      const { subject, place } = cause
      const step = { timeNs, subject, place, brokenWay, isNeeded: false }
      this.#steps.push([cause, step])
      return step
    })
    this.#causes.clear()
    return steps
  }

  /** The path is whole: what its way goes by was waited for. */
  markNeeded(): void {
    const asked = new Set(this.#asked)
    for (const [decider, step] of this.#steps) step.isNeeded = asked.has(decider)
  }

  forgetSteps(): void {
    this.#steps.length = 0
  }

  expires(timeNs: Nanoseconds): void {
    this.expiryNs = Math.min(this.expiryNs, timeNs)
  }

  outdated(by: Decider | undefined): void {
    this.#causes.add(by ?? 'ageing')
    this.#allOutdated.add(this)
  }
}

/** Whether a packet sent now would arrive, and its answer too. */
function cross(network: Network, flow: WatchedFlow, asker: Asker): Crossing {
  const { client, source, target, there, back } = flow
  const request = walkFrom(network, client, { ...there, source, target }, new Walk(asker))
  let passProbability = 0
  for (const { node, packet, passProbability: toArrive } of request.arrived) {
    // To whom it came from, as far as NAT lets the node know.
    const answer = answerTo(packet, { ...packet, ...back })
    const walk = walkFrom(network, node, answer, new Walk(asker, request))
    passProbability = Math.max(passProbability, toArrive * walk.passProbabilityTo(client))
  }
  const brokenWay = passProbability > 0 ? undefined : request.arrived.length > 0 ? 'back' : 'there'
  return { passProbability, brokenWay }
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
