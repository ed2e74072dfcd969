import type { MachineClock } from '../../engine/machine-clock.ts'
import type { Timer } from '../../engine/scheduler.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import type { Ipv4Address, MacAddress } from '../../protocols/addresses.ts'
import { ETHER_TYPE, etherTypeOf } from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import type { Nic } from '../nic.ts'
import type { Walk, WalkedFrame, WalkedPacket } from '../walk.ts'
import type { World } from '../world.ts'
import { Arp } from './arp.ts'
import { GateKeeper } from './gate-keeper.ts'
import { HeaderWriter, type OutgoingHeader, payloadOffset } from './header-writer.ts'
import type { IpInterface } from './interface.ts'
import { InterfaceTable } from './interface-table.ts'
import { IpInput, type ProtocolHandler } from './ip-input.ts'
import { IpOutput } from './ip-output.ts'
import { IpWalk } from './ip-walk.ts'
import { LinkLayer } from './link-layer.ts'
import type { NeighbourTable } from './neighbours.ts'
import type { PacketGate } from './packet-gate.ts'
import type { StackProfile } from './profile.ts'
import { type RefusalListener, Refusals } from './refusals.ts'
import { RouteTable, type StaticRoute } from './routes.ts'

/** Takes over a frame that came in by an interface, its tag taken off. */
export type FrameHandler = (frame: Frame, arrival: IpInterface) => void

export interface IpStackSettings {
  readonly place: string
  readonly profile: StackProfile
  readonly forwarding: boolean
  readonly interfaces: readonly IpInterface[]
  readonly routes: readonly StaticRoute[]
  /** The clock of the timers; undefined: the time of the run. */
  readonly clock?: MachineClock
}

/**
 * The IP stack of a running host: addresses, routes, and forwarding where it is a router.
 * Everything else (ICMP, CARP, a ping) is attached to it as a handler of its protocol.
 *
 * A frame goes from `LinkLayer` to `IpInput`, and from `IpOutput` to `LinkLayer`.
 */
export class IpStack {
  readonly profile: StackProfile
  readonly place: string
  readonly routes: RouteTable
  readonly arp: Arp
  readonly neighbours: NeighbourTable
  #world: World
  #interfaces: InterfaceTable
  #refusals: Refusals
  #link: LinkLayer
  #gates: GateKeeper
  #output: IpOutput
  #input: IpInput
  #walk: IpWalk
  #clock: MachineClock | undefined
  #halted = false
  #etherTypes = new Map<number, FrameHandler>()

  constructor(world: World, settings: IpStackSettings) {
    const { place, profile, forwarding, interfaces, routes } = settings
    this.#world = world
    this.#clock = settings.clock
    this.place = place
    this.profile = profile
    this.#interfaces = new InterfaceTable(interfaces)
    this.routes = new RouteTable(this.#interfaces.all, routes)
    this.#refusals = new Refusals(world, place)
    this.#link = new LinkLayer(world, place, this.#interfaces, this.#refusals)
    this.#gates = new GateKeeper(world, place, this.#refusals)
    const draws = world.random.stream(`${place}/ip-stack`)
    const headers = new HeaderWriter(draws.integer(0, 0x10000))
    this.arp = new Arp(world, this, draws)
    this.neighbours = this.arp.neighbours
    this.handleEtherType(ETHER_TYPE.arp, (frame, arrival) => this.arp.receive(frame, arrival))
    const parts = {
      interfaces: this.#interfaces,
      routes: this.routes,
      headers,
      gates: this.#gates,
      neighbours: this.neighbours,
      link: this.#link,
      refusals: this.#refusals,
    }
    this.#output = new IpOutput(parts)
    this.#input = new IpInput({ ...parts, output: this.#output }, forwarding)
    this.#walk = new IpWalk(place, { ...parts, input: this.#input })
  }

  // --- Life -------------------------------------------------------------------------------------

  /** A timer that dies with the stack. */
  timer(handler: () => void): Timer {
    return this.#world.scheduler.timer(() => {
      if (!this.#halted) handler()
    }, this.#clock)
  }

  /** Runs the task later, or after all that is already due, unless the stack dies before. */
  defer(task: () => void, delayNs: Nanoseconds = 0): void {
    this.timer(task).arm(delayNs)
  }

  /** The host died: no timer of it fires any more, and what waited is lost. */
  halt(): void {
    this.#halted = true
    this.neighbours.clear()
  }

  // --- Configuration ----------------------------------------------------------------------------

  get interfaces(): readonly IpInterface[] {
    return this.#interfaces.all
  }

  /** An interface that a program brings, after those of the machine's cards. */
  addInterface(added: IpInterface): void {
    this.#interfaces.add(added)
    this.routes.rebuild()
  }

  /** The interface of a NIC that takes frames of this VLAN; undefined stands for untagged. */
  findInterface(nic: Nic, vlanId: number | undefined): IpInterface | undefined {
    return this.#interfaces.find(nic, vlanId)
  }

  /** The interface that has this address now, if this host has it. */
  findLocal(ip: Ipv4Address): IpInterface | undefined {
    return this.#interfaces.findLocal(ip)
  }

  /** Whether packets for others are passed on (net.inet.ip.forwarding). */
  get forwarding(): boolean {
    return this.#input.forwarding
  }

  set forwarding(forwarding: boolean) {
    this.#input.forwarding = forwarding
  }

  /** The packet filter, on hosts that have one. */
  get gate(): PacketGate | undefined {
    return this.#gates.gate
  }

  set gate(gate: PacketGate | undefined) {
    this.#gates.gate = gate
  }

  // --- In ---------------------------------------------------------------------------------------

  handle(protocol: number, handler: ProtocolHandler): void {
    this.#input.handle(protocol, handler)
  }

  /**
   * Takes frames of an EtherType other than IPv4, such as the heartbeats of a cluster (0x8890). The
   * handler owns the frame. Such frames go out by `output`.
   */
  handleEtherType(etherType: number, handler: FrameHandler): void {
    this.#etherTypes.set(etherType, handler)
  }

  receive(frame: Frame, nic: Nic): void {
    const arrival = this.#link.accept(frame, nic)
    if (arrival === undefined) return
    const etherType = etherTypeOf(frame)
    if (etherType === ETHER_TYPE.ipv4) {
      this.#input.receive(frame, arrival)
      return
    }
    const handler = this.#etherTypes.get(etherType)
    if (handler === undefined) this.#refusals.drop(frame, 'unknownProtocol', arrival)
    else handler(frame, arrival)
  }

  /** Takes a packet in that came out of a tunnel; the frame has room for an Ethernet header. */
  receiveFromTunnel(frame: Frame, arrival: IpInterface): void {
    if (arrival.enabled) this.#input.receive(frame, arrival)
    else this.#refusals.drop(frame, 'interfaceDisabled', arrival)
  }

  // --- Out --------------------------------------------------------------------------------------

  /** A frame with room for the headers; the caller fills the payload from `payloadAt(frame)`. */
  newPacket(payloadBytes: number, optionBytes = 0): Frame {
    return this.#world.frames.create(payloadOffset(optionBytes) + payloadBytes)
  }

  payloadAt(frame: Frame, optionBytes = 0): number {
    return frame.start + payloadOffset(optionBytes)
  }

  /** Sends a packet of this host by its routes. */
  send(frame: Frame, header: OutgoingHeader): void {
    this.#output.send(frame, header)
  }

  /**
   * Sends a packet to a group, on one link.
   * @param sourceMac the Ethernet source where it is not the NIC's: CARP sends by the virtual MAC
   */
  sendToGroup(
    out: IpInterface,
    frame: Frame,
    header: OutgoingHeader,
    sourceMac?: MacAddress,
  ): void {
    this.#output.sendToGroup(out, frame, header, sourceMac)
  }

  transmitTo(out: IpInterface, mac: MacAddress, frame: Frame): void {
    this.#link.transmitTo(out, mac, frame)
  }

  /** Puts a frame that has all its headers on the wire of an interface. */
  output(out: IpInterface, frame: Frame): void {
    this.#link.output(out, frame)
  }

  // --- Walks: the same without a frame ------------------------------------------------------------

  walkFrameIn(frame: WalkedFrame, nic: Nic, walk: Walk): void {
    this.#walk.frameIn(frame, nic, walk)
  }

  walkPacketIn(packet: WalkedPacket, arrival: IpInterface, walk: Walk): void {
    this.#walk.packetIn(packet, arrival, walk)
  }

  /** Walks the way that a packet of this host would take now. */
  walkPacketOut(packet: WalkedPacket, walk: Walk): void {
    this.#walk.packetOut(packet, walk)
  }

  // --- Packets that cannot go on ---------------------------------------------------------------

  /** Hears of packets that could not go on, before their frame ends. */
  get onRefusal(): RefusalListener | undefined {
    return this.#refusals.listener
  }

  set onRefusal(listener: RefusalListener | undefined) {
    this.#refusals.listener = listener
  }

  unresolved(out: IpInterface, frame: Frame): void {
    this.#refusals.refuse('neighbourUnresolved', frame, undefined, out.mtuBytes)
  }

  /** A datagram that no program waits for. */
  unheard(frame: Frame, arrival: IpInterface): void {
    this.#refusals.refuse('portClosed', frame, arrival)
  }
}
