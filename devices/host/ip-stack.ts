import type { Timer } from '../../engine/scheduler.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import {
  IPV4_ANY,
  IPV4_BROADCAST,
  type Ipv4Address,
  isGroupMac,
  isMulticastIpv4,
  MAC_NONE,
  type MacAddress,
  multicastMacOf,
} from '../../protocols/addresses.ts'
import {
  destinationOf,
  ETHER_TYPE,
  ETHERNET_HEADER_BYTES,
  etherTypeOf,
  isTagged,
  popTag,
  pushTag,
  rewriteAddresses,
  tagOf,
  vlanOfTag,
  writeEthernet,
} from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import {
  decrementTtl,
  IPV4_HEADER_BYTES,
  type Ipv4Header,
  parseIpv4,
  writeIpv4,
} from '../../protocols/ipv4/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import type { Nic } from '../nic.ts'
import type { World } from '../world.ts'
import { Arp } from './arp.ts'
import type { IpInterface } from './interface.ts'
import type { NeighbourTable } from './neighbours.ts'
import { type GateVerdict, type PacketGate, REROUTES_MAX } from './packet-gate.ts'
import type { StackProfile } from './profile.ts'
import { type NextHop, RouteTable, type StaticRoute } from './routes.ts'

/** A packet that reached its host: the frame, now the handler's, and where things are in it. */
export interface ReceivedPacket {
  readonly frame: Frame
  readonly header: Ipv4Header
  /** Where the IP header begins. */
  readonly headerAt: number
  /** Where its payload begins and ends. */
  readonly payloadAt: number
  readonly payloadEnd: number
  readonly arrival: IpInterface
}

/** Takes a packet of its protocol in, and ends its frame. */
export type ProtocolHandler = (packet: ReceivedPacket) => void

/** What the sender of a packet decides about its IP header. */
export interface OutgoingHeader {
  readonly protocol: number
  readonly target: Ipv4Address
  /** Undefined: the address of the interface it leaves by. */
  readonly source?: Ipv4Address
  readonly ttl: number
  readonly tos?: number
  readonly dontFragment?: boolean
  /** Undefined: the next of the host's counter. */
  readonly identification?: number
  readonly options?: Uint8Array
  /** What the packet filter itself says is not filtered (M_SKIP_FIREWALL). */
  readonly ungated?: boolean
}

/** Why a packet could not go on, for those who tell its sender. */
export type Refusal =
  | 'noRoute'
  | 'ttlExceeded'
  | 'mtuExceeded'
  | 'neighbourUnresolved'
  | 'portClosed'
  /** By a rule of the packet filter that answers. */
  | 'rejected'

export interface IpStackSettings {
  readonly place: string
  readonly profile: StackProfile
  readonly forwarding: boolean
  readonly interfaces: readonly IpInterface[]
  readonly routes: readonly StaticRoute[]
}

/**
 * The IP stack of a running host: addresses, routes, and forwarding where it is a router.
 * Everything else (ICMP, CARP, a ping) is attached to it as a handler of its protocol.
 */
export class IpStack {
  readonly profile: StackProfile
  readonly place: string
  readonly routes: RouteTable
  readonly arp: Arp
  readonly neighbours: NeighbourTable
  /** The packet filter, on hosts that have one. */
  gate: PacketGate | undefined
  /** Hears of packets that could not go on, before their frame ends. */
  onRefusal:
    | ((reason: Refusal, frame: Frame, arrival: IpInterface | undefined, mtu: number) => void)
    | undefined
  #interfaces: IpInterface[]
  #world: World
  #forwarding: boolean
  #handlers = new Map<number, ProtocolHandler>()
  #timers: Timer[] = []
  #halted = false
  #nextIdentification: number

  constructor(world: World, settings: IpStackSettings) {
    this.#world = world
    this.place = settings.place
    this.profile = settings.profile
    this.#interfaces = [...settings.interfaces]
    this.#forwarding = settings.forwarding
    this.routes = new RouteTable(this.#interfaces, settings.routes)
    const draws = world.random.stream(`${settings.place}/ip-stack`)
    this.#nextIdentification = draws.integer(0, 0x10000)
    this.arp = new Arp(world, this, draws)
    this.neighbours = this.arp.neighbours
  }

  get interfaces(): readonly IpInterface[] {
    return this.#interfaces
  }

  /** An interface that a program brings, after those of the machine's cards. */
  addInterface(added: IpInterface): void {
    this.#interfaces.push(added)
    this.routes.rebuild()
  }

  /** A timer that dies with the stack. */
  timer(handler: () => void): Timer {
    const timer = this.#world.scheduler.timer(handler)
    this.#timers.push(timer)
    return timer
  }

  /** Whether packets for others are passed on (net.inet.ip.forwarding). */
  get forwarding(): boolean {
    return this.#forwarding
  }

  set forwarding(forwarding: boolean) {
    this.#forwarding = forwarding
    this.#world.noteForwardingChange()
  }

  /** Runs the task later, or after all that is already due, unless the stack dies before. */
  defer(task: () => void, delayNs: Nanoseconds = 0): void {
    this.#world.scheduler.post(
      delayNs,
      (stack: IpStack) => {
        if (!stack.#halted) task()
      },
      this,
    )
  }

  handle(protocol: number, handler: ProtocolHandler): void {
    this.#handlers.set(protocol, handler)
  }

  /** The host died: no timer of it fires any more, and what waited is lost. */
  halt(): void {
    this.#halted = true
    for (const timer of this.#timers) timer.cancel()
    this.neighbours.clear()
  }

  // --- In ---------------------------------------------------------------------------------------

  receive(frame: Frame, nic: Nic): void {
    const vlanId = isTagged(frame) ? vlanOfTag(tagOf(frame)) : undefined
    const arrival = this.findInterface(nic, vlanId)
    if (arrival === undefined) {
      this.#world.frames.drop(frame, 'noVlanInterface', `${this.place} ${nic.name}`)
      return
    }
    if (arrival.vlanId !== undefined) popTag(frame)
    if (!arrival.enabled) {
      this.#drop(frame, 'interfaceDisabled', arrival)
      return
    }
    if (arrival.tap !== undefined) arrival.tap.sighted(frame, 'inbound', this.#world.nowNs)
    const target = destinationOf(frame)
    const verdict = arrival.judge(target, isGroupMac(target))
    if (verdict !== 'accept') {
      this.#drop(frame, verdict, arrival)
      return
    }
    const etherType = etherTypeOf(frame)
    if (etherType === ETHER_TYPE.ipv4) this.#receiveIpv4(frame, arrival)
    else if (etherType === ETHER_TYPE.arp) this.arp.receive(frame, arrival)
    else this.#drop(frame, 'unknownProtocol', arrival)
  }

  /** Takes a packet in that came out of a tunnel; the frame has room for an Ethernet header. */
  receiveFromTunnel(frame: Frame, arrival: IpInterface): void {
    if (arrival.enabled) this.#receiveIpv4(frame, arrival)
    else this.#drop(frame, 'interfaceDisabled', arrival)
  }

  /** The interface of a NIC that takes frames of this VLAN; undefined stands for untagged. */
  findInterface(nic: Nic, vlanId: number | undefined): IpInterface | undefined {
    for (const candidate of this.interfaces) {
      if (candidate.nic === nic && candidate.vlanId === vlanId) return candidate
    }
    return undefined
  }

  #receiveIpv4(frame: Frame, arrival: IpInterface): void {
    const headerAt = frame.start + ETHERNET_HEADER_BYTES
    let header = parseIpv4(frame.bytes, headerAt, frame.end)
    if (isWireError(header)) {
      this.#drop(frame, header === 'badChecksum' ? 'badChecksum' : 'malformed', arrival)
      return
    }
    if (this.gate !== undefined) {
      const verdict = this.#cross('in', frame, headerAt, arrival)
      if (verdict === 'stopped') return
      if (verdict === 'translated')
        header = parseIpv4(frame.bytes, headerAt, frame.end) as Ipv4Header
    }
    if (this.#isForUs(header.destination, arrival)) {
      this.#deliver(frame, header, headerAt, arrival)
    } else if (this.forwarding) {
      this.#forward(frame, header, headerAt, arrival)
    } else {
      this.#drop(frame, 'notOurAddress', arrival)
    }
  }

  /** An address of any interface will do: hosts and FreeBSD follow the weak host model. */
  #isForUs(target: Ipv4Address, arrival: IpInterface): boolean {
    if (target === IPV4_BROADCAST || arrival.isBroadcast(target)) return true
    if (isMulticastIpv4(target)) return true // the interface has judged the group already
    return this.findLocal(target) !== undefined
  }

  /** The interface that has this address now, if this host has it. */
  findLocal(ip: Ipv4Address): IpInterface | undefined {
    for (const candidate of this.interfaces) {
      if (candidate.enabled && candidate.findActive(ip) !== undefined) return candidate
    }
    return undefined
  }

  #deliver(frame: Frame, header: Ipv4Header, headerAt: number, arrival: IpInterface): void {
    const handler = this.#handlers.get(header.protocol)
    if (handler === undefined) {
      this.#drop(frame, 'unknownProtocol', arrival)
      return
    }
    handler({
      frame,
      header,
      headerAt,
      payloadAt: headerAt + header.headerBytes,
      payloadEnd: headerAt + header.totalBytes,
      arrival,
    })
  }

  #forward(frame: Frame, header: Ipv4Header, headerAt: number, arrival: IpInterface): void {
    if (header.ttl <= 1) {
      this.#refuse('ttlExceeded', frame, arrival)
      return
    }
    const byRoutes = this.routes.lookUp(header.destination)
    if (byRoutes === undefined) {
      this.#refuse('noRoute', frame, arrival)
      return
    }
    if (header.totalBytes > byRoutes.out.mtuBytes) {
      this.#refuse('mtuExceeded', frame, arrival, byRoutes.out.mtuBytes)
      return
    }
    decrementTtl(frame.bytes, headerAt)
    const hop = this.#crossOut(frame, headerAt, byRoutes)
    if (hop !== undefined) this.#handOver(frame, hop)
  }

  /**
   * Asks the packet filter where a packet goes out, again if that sends it elsewhere.
   * @returns undefined: it has ended
   */
  #crossOut(frame: Frame, headerAt: number, byRoutes: NextHop): NextHop | undefined {
    let hop = byRoutes
    for (let count = 0; count < REROUTES_MAX; count += 1) {
      const verdict = this.#cross('out', frame, headerAt, hop.out)
      if (verdict === 'stopped') return undefined
      if (typeof verdict === 'string') return hop
      const { routedTo } = verdict
      if (routedTo.out === hop.out) return routedTo
      hop = routedTo
    }
    this.#drop(frame, 'filtered', hop.out)
    return undefined
  }

  /** Asks the packet filter; a packet that it stops has ended. */
  #cross(
    direction: 'in' | 'out',
    frame: Frame,
    headerAt: number,
    on: IpInterface,
  ): Exclude<GateVerdict, { stoppedBy: string }> | 'stopped' {
    if (this.gate === undefined) return 'pass'
    const verdict = this.gate.cross(direction, frame, headerAt, on)
    if (typeof verdict === 'string' || 'routedTo' in verdict) return verdict
    this.#world.frames.drop(frame, 'filtered', `${this.place} ${on.name}: ${verdict.stoppedBy}`)
    return 'stopped'
  }

  // --- Out --------------------------------------------------------------------------------------

  /** A frame with room for the headers; the caller fills the payload from `payloadAt(frame)`. */
  newPacket(payloadBytes: number, optionBytes = 0): Frame {
    return this.#world.frames.create(
      ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES + optionBytes + payloadBytes,
    )
  }

  payloadAt(frame: Frame, optionBytes = 0): number {
    return frame.start + ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES + optionBytes
  }

  /** Sends a packet of this host by its routes. */
  send(frame: Frame, header: OutgoingHeader): void {
    const byRoutes = this.routes.lookUp(header.target)
    if (byRoutes === undefined) {
      this.#writeHeaders(frame, header, header.source ?? IPV4_ANY, MAC_NONE, MAC_NONE)
      this.#refuse('noRoute', frame, undefined)
      return
    }
    const source = header.source ?? byRoutes.out.primaryAddress ?? IPV4_ANY
    this.#writeHeaders(frame, header, source, MAC_NONE, byRoutes.out.mac)
    const hop = header.ungated
      ? byRoutes
      : this.#crossOut(frame, frame.start + ETHERNET_HEADER_BYTES, byRoutes)
    if (hop !== undefined) this.#handOver(frame, hop)
  }

  /**
   * Sends a packet to a group, on one link.
   * @param sourceMac the Ethernet source where it is not the NIC's: CARP sends by the virtual MAC
   */
  sendToGroup(out: IpInterface, frame: Frame, header: OutgoingHeader, sourceMac = out.mac): void {
    const source = header.source ?? out.primaryAddress ?? IPV4_ANY
    this.#writeHeaders(frame, header, source, multicastMacOf(header.target), sourceMac)
    if (this.#cross('out', frame, frame.start + ETHERNET_HEADER_BYTES, out) === 'stopped') return
    this.output(out, frame)
  }

  /** Into a tunnel there is nobody to ask for a MAC. */
  #handOver(frame: Frame, { out, neighbour }: NextHop): void {
    if (out.tunnel === undefined) this.neighbours.send(out, neighbour, frame)
    else this.output(out, frame)
  }

  #writeHeaders(
    frame: Frame,
    header: OutgoingHeader,
    source: Ipv4Address,
    destinationMac: MacAddress,
    sourceMac: MacAddress,
  ): void {
    const at = writeEthernet(frame.bytes, frame.start, {
      destination: destinationMac,
      source: sourceMac,
      etherType: ETHER_TYPE.ipv4,
    })
    const headerBytes = IPV4_HEADER_BYTES + (header.options?.length ?? 0)
    writeIpv4(
      frame.bytes,
      at,
      {
        headerBytes,
        tos: header.tos ?? 0,
        totalBytes: frame.end - at,
        identification: header.identification ?? this.#takeIdentification(),
        dontFragment: header.dontFragment ?? false,
        moreFragments: false,
        fragmentOffset: 0,
        ttl: header.ttl,
        protocol: header.protocol,
        source,
        destination: header.target,
      },
      header.options,
    )
  }

  #takeIdentification(): number {
    this.#nextIdentification = (this.#nextIdentification + 1) & 0xffff
    return this.#nextIdentification
  }

  transmitTo(out: IpInterface, mac: MacAddress, frame: Frame): void {
    rewriteAddresses(frame, mac, out.mac)
    this.output(out, frame)
  }

  /** Puts a frame that has all its headers on the wire of an interface. */
  output(out: IpInterface, frame: Frame): void {
    if (!out.enabled) {
      this.#drop(frame, 'interfaceDisabled', out)
      return
    }
    if (out.tap !== undefined) out.tap.sighted(frame, 'outbound', this.#world.nowNs)
    if (out.vlanId !== undefined) pushTag(frame, out.vlanId)
    if (out.nic !== undefined) out.nic.port.transmit(frame)
    else if (out.tunnel !== undefined) out.tunnel.transmit(frame)
  }

  // --- What cannot go on ------------------------------------------------------------------------

  unresolved(out: IpInterface, frame: Frame): void {
    this.#refuse('neighbourUnresolved', frame, undefined, out.mtuBytes)
  }

  /** A datagram that no program waits for. */
  unheard(frame: Frame, arrival: IpInterface): void {
    this.#refuse('portClosed', frame, arrival)
  }

  #refuse(
    reason: Exclude<Refusal, 'rejected'>,
    frame: Frame,
    arrival: IpInterface | undefined,
    mtu = 0,
  ): void {
    this.onRefusal?.(reason, frame, arrival, mtu)
    this.#world.frames.drop(frame, reason, `${this.place}${arrival ? ` ${arrival.name}` : ''}`)
  }

  #drop(frame: Frame, cause: Parameters<World['frames']['drop']>[1], where: IpInterface): void {
    this.#world.frames.drop(frame, cause, `${this.place} ${where.name}`)
  }
}
