import type { Ipv4Address } from '../../protocols/addresses.ts'
import {
  isGroupMac,
  isMulticastIpv4,
  MAC_BROADCAST,
  type MacAddress,
} from '../../protocols/addresses.ts'
import type { Nic } from '../nic.ts'
import { Walk, type WalkedFrame, type WalkedPacket } from '../walk.ts'
import type { IpInterface } from './interface.ts'
import type { IpStack } from './ip-stack.ts'
import { type Foreseen, REROUTES_MAX } from './packet-gate.ts'
import type { NextHop } from './routes.ts'

/** What the stack would do with a frame that arrived now: `IpStack.receive` without a frame. */
export function walkIntoStack(stack: IpStack, frame: WalkedFrame, nic: Nic, walk: Walk): void {
  const arrival = stack.findInterface(nic, frame.vlanId)
  if (arrival === undefined || !arrival.enabled) return
  const { destinationMac, payload } = frame
  if (arrival.judge(destinationMac, isGroupMac(destinationMac)) !== 'accept') return
  if (payload.kind === 'arpRequest') {
    const asked = arrival.findActive(payload.targetIp)
    if (asked !== undefined) walk.arpAnswer ??= asked.owner?.mac ?? arrival.mac
    return
  }
  walkPacketIn(stack, payload, arrival, walk)
}

/** What the stack would do with a packet that came in by an interface. */
export function walkPacketIn(
  stack: IpStack,
  arrived: WalkedPacket,
  arrival: IpInterface,
  walk: Walk,
): void {
  const foreseen = foresee(stack, 'in', arrived, arrival, walk)
  if (foreseen === undefined) return
  const { packet } = foreseen
  if (stack.findLocal(packet.target) !== undefined) {
    if (packet.sealed === undefined) walk.arrivedAt.set(stack.place, packet)
    else for (const { tunnel } of stack.interfaces) tunnel?.walkIn(packet, walk)
  } else if (stack.forwarding && !isMulticastIpv4(packet.target) && packet.ttl > 1) {
    walkOutOfStack(stack, { ...packet, ttl: packet.ttl - 1 }, walk)
  }
}

/** Where the stack would send a packet, on its way or its own. */
export function walkOutOfStack(stack: IpStack, packet: WalkedPacket, walk: Walk): void {
  let hop = stack.routes.lookUp(packet.target)
  let judged = packet
  for (let count = 0; count < REROUTES_MAX; count += 1) {
    if (hop === undefined) return
    const foreseen = foresee(stack, 'out', judged, hop.out, walk)
    if (foreseen === undefined) return
    judged = foreseen.packet
    const { routedTo } = foreseen
    if (routedTo === undefined || routedTo.out === hop.out) {
      walkOnLink(stack, routedTo ?? hop, judged, walk)
      return
    }
    hop = routedTo
  }
}

function walkOnLink(
  stack: IpStack,
  { out, neighbour }: NextHop,
  packet: WalkedPacket,
  walk: Walk,
): void {
  if (!out.enabled) return
  if (out.tunnel !== undefined) {
    out.tunnel.walkOut(packet, walk)
    return
  }
  const mac = stack.neighbours.foresee(out, neighbour, () => whoWouldAnswer(out, neighbour))
  if (mac === undefined) return
  if (out.nic !== undefined) walk.send(frameOf(out, mac, packet), out.nic.port)
}

/** What the gate would do; where it would make a flow known, the walk keeps that in mind. */
function foresee(
  { gate, place }: IpStack,
  direction: 'in' | 'out',
  packet: WalkedPacket,
  on: IpInterface,
  walk: Walk,
): Foreseen | undefined {
  if (gate === undefined) return { packet, routedTo: undefined, boundTo: undefined }
  const answer = walk.answerAt(place, direction, on.systemName, packet)
  if (answer !== undefined) return { packet: answer, routedTo: undefined, boundTo: undefined }
  const foreseen = gate.foresee(direction, packet, on)
  if (foreseen?.boundTo !== undefined) {
    const { boundTo, packet: after } = foreseen
    walk.crossings.push({ place, direction, boundTo, before: packet, after })
  }
  return foreseen
}

/** That the answer would find its way back is taken for granted. */
function whoWouldAnswer(out: IpInterface, targetIp: Ipv4Address): MacAddress | undefined {
  const request = new Walk()
  const payload = { kind: 'arpRequest', senderIp: out.primaryAddress ?? 0, targetIp } as const
  if (out.nic !== undefined) request.send(frameOf(out, MAC_BROADCAST, payload), out.nic.port)
  return request.arpAnswer
}

function frameOf(
  out: IpInterface,
  destinationMac: MacAddress,
  payload: WalkedFrame['payload'],
): WalkedFrame {
  return { destinationMac, sourceMac: out.mac, vlanId: out.vlanId, payload }
}
