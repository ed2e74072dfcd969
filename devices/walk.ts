import type { Nanoseconds } from '../engine/time.ts'
import type { Ipv4Address, MacAddress } from '../protocols/addresses.ts'
import { ARP_BYTES } from '../protocols/arp/wire.ts'
import type { Asker, Decider } from './decider.ts'

/**
 * A frame as a walk carries it: what decides where it goes, and nothing else. Each device answers
 * where it would send such a frame at this instant, without changing anything, so the whole
 * network can be asked whether a packet could cross now.
 */
export interface WalkedFrame {
  readonly destinationMac: MacAddress
  readonly sourceMac: MacAddress
  /** The VLAN of its 802.1Q tag; undefined when untagged. */
  readonly vlanId: number | undefined
  readonly payload: WalkedPacket | WalkedArp
}

export interface WalkedPacket {
  readonly kind: 'ipv4'
  readonly source: Ipv4Address
  readonly target: Ipv4Address
  readonly protocol: number
  readonly ttl: number
  /** IP header and payload, as real packets of the flow have them. */
  readonly totalBytes: number
  /** What a packet filter looks at behind the IP header: of an ICMP echo, its type and identifier. */
  readonly icmp?: { readonly type: number; readonly identifier: number }
  /** The ports of a datagram, or of a segment in the middle of a TCP connection. */
  readonly ports?: { readonly sourcePort: number; readonly targetPort: number }
  /** Whether it is the segment that opens its connection. */
  readonly isOpening?: boolean
  /** The packet that it carries for the other end of a tunnel. */
  readonly sealed?: SealedWalk
}

/** Opens only where the session lives. */
export interface SealedWalk {
  readonly session: string
  /** Undefined: a keepalive, which ends where it is opened. */
  readonly packet: WalkedPacket | undefined
}

export interface WalkedArp {
  readonly kind: 'arpRequest' | 'arpReply'
  readonly senderIp: Ipv4Address
  /** The MAC that the sender claims. The frame may come from another one. */
  readonly senderMac: MacAddress
  readonly targetIp: Ipv4Address
}

/** The length of a frame behind its Ethernet header and its tag, in bytes. */
export function payloadBytesOf({ payload }: WalkedFrame): number {
  return payload.kind === 'ipv4' ? payload.totalBytes : ARP_BYTES
}

/** A packet at the end of its walk. */
export interface Arrived {
  /** The node that takes it as its own. */
  readonly node: string
  readonly packet: WalkedPacket
  /** The probability that it gets there: above 0, and 1 where no link on the way is lossy. */
  readonly passProbability: number
}

/** The exit by which a walk can leave a device: a port. */
export interface WalkExit {
  /** Decides whether a frame gets across. */
  readonly link: Decider
  /** The probability that a frame gets across: 0 while the link is down. */
  readonly passProbability: number
  /** Goes on at the device on the other end of the cable. */
  walkAcross(frame: WalkedFrame, walk: Walk): void
}

/** More steps than any sound network takes; a forwarding loop must not hang a run. */
const STEPS_MAX = 2_000

/** A place where a packet filter would make a state of a packet, which lets its answer back. */
export interface FilterCrossing {
  readonly place: string
  readonly direction: 'in' | 'out'
  /** The interface that the state would be bound to, by its system's name, or `all`. */
  readonly boundTo: string
  /** The packet before and after its translation. */
  readonly before: WalkedPacket
  readonly after: WalkedPacket
}

/**
 * One walk through the network: the frame and all its copies, until each has ended. Devices decide
 * of it as they decide of a frame; it is all there is of one.
 */
export class Walk implements Asker {
  /** The packets that arrive. Two translations of one packet are two packets, copies are one. */
  readonly arrived: Arrived[] = []
  readonly crossings: FilterCrossing[] = []
  /** The MAC in the first answer to an ARP request that gets back. */
  arpAnswer: MacAddress | undefined
  readonly #asker: Asker | undefined
  readonly #answering: readonly FilterCrossing[]
  /** The port of a source, by address table and address, as this walk or its request taught it. */
  readonly #sightings: Map<object, Map<MacAddress, object>>
  /** The pass probability of the present copy, up to its present place. */
  #passProbability = 1
  #steps = 0

  /**
   * @param asker on whose behalf it asks
   * @param request the walk that this one answers
   */
  constructor(asker?: Asker, request?: Walk) {
    this.#asker = asker
    this.#answering = request?.crossings ?? []
    this.#sightings = request === undefined ? new Map() : request.#sightings
  }

  /** Notes what a frame would teach a table that learns addresses. */
  learn(table: object, mac: MacAddress, place: object): void {
    let sightings = this.#sightings.get(table)
    if (sightings === undefined) {
      sightings = new Map()
      this.#sightings.set(table, sightings)
    }
    sightings.set(mac, place)
  }

  /** The port that a table would have learned for an address from this walk. */
  recall(table: object, mac: MacAddress): object | undefined {
    return this.#sightings.get(table)?.get(mac)
  }

  note(decider: Decider): void {
    this.#asker?.note(decider)
  }

  expires(timeNs: Nanoseconds): void {
    this.#asker?.expires(timeNs)
  }

  /** The answer to a known packet, as a filter translates it; undefined: it is no such answer. */
  answerAt(
    place: string,
    direction: 'in' | 'out',
    interfaceName: string,
    packet: WalkedPacket,
  ): WalkedPacket | undefined {
    for (const crossing of this.#answering) {
      const { before, after, boundTo } = crossing
      if (crossing.place !== place || crossing.direction === direction) continue
      if (boundTo !== 'all' && boundTo !== interfaceName) continue
      if (isAnswer(packet, after)) return answerTo(before, packet)
    }
    return undefined
  }

  mark(): number {
    return this.#asker?.mark?.() ?? 0
  }

  forget(mark: number): void {
    this.#asker?.forget?.(mark)
  }

  /** Sends the frame out of a port, and on from where that leads. */
  send(frame: WalkedFrame, exit: WalkExit): void {
    const mark = this.mark()
    this.note(exit.link)
    const { passProbability } = exit
    if (passProbability === 0 || this.#steps++ >= STEPS_MAX) {
      this.forget(mark)
      return
    }
    const [arrivals, answer] = [this.arrived.length, this.arpAnswer]
    const before = this.#passProbability
    this.#passProbability = before * passProbability
    exit.walkAcross(frame, this)
    this.#passProbability = before
    if (this.arrived.length === arrivals && this.arpAnswer === answer) this.forget(mark)
  }

  /** Notes that the packet has arrived. Of several copies the one counts that is likeliest to. */
  arrive(node: string, packet: WalkedPacket): void {
    const made = { node, packet, passProbability: this.#passProbability }
    const at = this.arrived.findIndex(
      (each) => each.node === node && hasSameEnds(each.packet, packet),
    )
    const copy = this.arrived[at]
    if (copy === undefined) this.arrived.push(made)
    else if (copy.passProbability < made.passProbability) this.arrived[at] = made
  }

  /** The probability that a packet gets to a node; 0: none does. */
  passProbabilityTo(node: string): number {
    return this.arrived.reduce(
      (best, each) => (each.node === node ? Math.max(best, each.passProbability) : best),
      0,
    )
  }
}

function hasSameEnds(one: WalkedPacket, other: WalkedPacket): boolean {
  return (
    one.source === other.source &&
    one.target === other.target &&
    one.icmp?.identifier === other.icmp?.identifier &&
    one.ports?.sourcePort === other.ports?.sourcePort &&
    one.ports?.targetPort === other.ports?.targetPort
  )
}

/** Whether a packet is what the target of another would answer. */
function isAnswer(packet: WalkedPacket, to: WalkedPacket): boolean {
  return (
    packet.protocol === to.protocol &&
    packet.source === to.target &&
    packet.target === to.source &&
    packet.icmp?.identifier === to.icmp?.identifier &&
    packet.ports?.sourcePort === to.ports?.targetPort &&
    packet.ports?.targetPort === to.ports?.sourcePort
  )
}

/** The packet with the ends that answer a request; the rest stays. */
export function answerTo(request: WalkedPacket, packet: WalkedPacket): WalkedPacket {
  const { icmp, ports } = request
  return {
    ...packet,
    source: request.target,
    target: request.source,
    ...(icmp === undefined || packet.icmp === undefined
      ? {}
      : { icmp: { ...packet.icmp, identifier: icmp.identifier } }),
    ...(ports === undefined
      ? {}
      : { ports: { sourcePort: ports.targetPort, targetPort: ports.sourcePort } }),
  }
}
