import {
  type Ipv4Address,
  isMulticastIpv4,
  MAC_BROADCAST,
  MAC_NONE,
  type MacAddress,
} from '../../protocols/addresses.ts'
import type { Nic } from '../nic.ts'
import { Walk, type WalkedArp, type WalkedFrame, type WalkedPacket } from '../walk.ts'
import { type GateKeeper, throughGate } from './gate-keeper.ts'
import type { IpInterface } from './interface.ts'
import type { InterfaceTable } from './interface-table.ts'
import type { IpInput } from './ip-input.ts'
import type { LinkLayer } from './link-layer.ts'
import type { NeighbourTable } from './neighbours.ts'
import type { NextHop, RouteTable } from './routes.ts'

/** The parts of a stack that decide. */
export interface IpWalkParts {
  readonly interfaces: InterfaceTable
  readonly routes: RouteTable
  readonly gates: GateKeeper
  readonly neighbours: NeighbourTable
  readonly link: LinkLayer
  readonly input: IpInput
}

/** Walks through a stack. It asks the same parts as frames do, and does nothing of what they say. */
export class IpWalk {
  #place: string
  #parts: IpWalkParts

  constructor(place: string, parts: IpWalkParts) {
    this.#place = place
    this.#parts = parts
  }

  /** Walks a frame that arrives now. */
  frameIn({ vlanId, destinationMac, payload }: WalkedFrame, nic: Nic, walk: Walk): void {
    const { by, verdict } = this.#parts.link.decide(nic, vlanId, destinationMac, walk)
    if (by === undefined || verdict !== 'accept') return
    if (payload.kind === 'ipv4') this.packetIn(payload, by, walk)
    else this.#arpIn(payload, by, walk)
  }

  /** Walks a packet that comes in by an interface. */
  packetIn(arrived: WalkedPacket, arrival: IpInterface, walk: Walk): void {
    const packet = this.#foresee('in', arrived, arrival, walk)?.packet
    if (packet === undefined) return
    const { target, ttl, totalBytes, protocol } = packet
    const onward = this.#parts.input.decide(target, ttl, totalBytes, protocol, arrival, walk)
    if ('cause' in onward || isMulticastIpv4(target)) return
    if ('out' in onward) this.#pass({ ...packet, ttl: ttl - 1 }, onward, walk)
    else if (packet.sealed === undefined) walk.arrive(this.#place, packet)
    else for (const { tunnel } of this.#parts.interfaces.all) tunnel?.walkIn(packet, walk)
  }

  /** Walks a packet that the stack sends itself. */
  packetOut(packet: WalkedPacket, walk: Walk): void {
    const byRoutes = this.#parts.routes.lookUp(packet.target, walk)
    if (byRoutes !== undefined) this.#pass(packet, byRoutes, walk)
  }

  #pass(packet: WalkedPacket, byRoutes: NextHop, walk: Walk): void {
    let judged = packet
    const hop = throughGate(byRoutes, packet, (_, out) => {
      const foreseen = this.#foresee('out', judged, out, walk)
      if (foreseen === undefined) return 'stopped'
      judged = foreseen.packet
      return foreseen.routedTo === undefined ? 'pass' : { routedTo: foreseen.routedTo }
    })
    if (hop !== undefined && hop !== 'circles') this.#handOver(judged, hop, walk)
  }

  #handOver(packet: WalkedPacket, { out, neighbour }: NextHop, walk: Walk): void {
    if (out.tunnel !== undefined) {
      if (this.#parts.link.mayLeave(out, walk)) out.tunnel.walkOut(packet, walk)
      return
    }
    const outlook = this.#parts.neighbours.outlook(out, neighbour, walk)
    const mac = outlook === 'ask' ? this.#ask(out, neighbour, walk) : outlook
    if (typeof mac === 'number') this.#send(out, mac, packet, walk)
  }

  #send(out: IpInterface, to: MacAddress, payload: WalkedFrame['payload'], walk: Walk): void {
    if (out.nic === undefined || !this.#parts.link.mayLeave(out, walk)) return
    const { mac: sourceMac, vlanId } = out
    walk.send({ destinationMac: to, sourceMac, vlanId, payload }, out.nic.port)
  }

  // --- ARP --------------------------------------------------------------------------------------

  /** The MAC that an ARP request would learn; undefined: no answer would come back. */
  #ask(out: IpInterface, targetIp: Ipv4Address, walk: Walk): MacAddress | undefined {
    const question = new Walk(walk)
    const senderIp = out.primaryAddress ?? 0
    const request = { kind: 'arpRequest', senderIp, senderMac: out.mac, targetIp } as const
    this.#send(out, MAC_BROADCAST, request, question)
    return question.arpAnswer
  }

  #arpIn({ kind, senderIp, senderMac, targetIp }: WalkedArp, arrival: IpInterface, walk: Walk) {
    const asked = arrival.findActive(targetIp, walk)
    if (asked === undefined) return
    if (kind === 'arpReply') {
      walk.arpAnswer ??= senderMac
      return
    }
    const ownMac = asked.owner?.mac ?? arrival.mac
    // "It's from me" (in_arpinput): such a request is not answered.
    if (senderMac === ownMac || senderMac === MAC_NONE) return
    const reply = { kind: 'arpReply', senderIp: targetIp, senderMac: ownMac, targetIp: senderIp }
    this.#send(arrival, senderMac, reply as WalkedArp, walk)
  }

  // --- The packet filter --------------------------------------------------------------------------

  /** The decision of the filter. If it would make a state, the walk remembers that. */
  #foresee(direction: 'in' | 'out', packet: WalkedPacket, on: IpInterface, walk: Walk) {
    const { gates } = this.#parts
    if (gates.gate === undefined) return gates.foresee(direction, packet, on, walk)
    const answer = walk.answerAt(this.#place, direction, on.systemName, packet)
    if (answer !== undefined) return { packet: answer, routedTo: undefined, boundTo: undefined }
    const foreseen = gates.foresee(direction, packet, on, walk)
    if (foreseen?.boundTo !== undefined) {
      const { boundTo, packet: after } = foreseen
      walk.crossings.push({ place: this.#place, direction, boundTo, before: packet, after })
    }
    return foreseen
  }
}
