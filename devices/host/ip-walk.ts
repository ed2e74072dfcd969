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
  const packet = stack.gate === undefined ? arrived : stack.gate.foresee('in', arrived, arrival)
  if (packet === undefined) return
  if (stack.findLocal(packet.target) !== undefined) {
    if (packet.sealed === undefined) walk.arrivedAt.add(stack.place)
    else for (const { tunnel } of stack.interfaces) tunnel?.walkIn(packet, walk)
  } else if (stack.forwarding && !isMulticastIpv4(packet.target) && packet.ttl > 1) {
    walkOutOfStack(stack, { ...packet, ttl: packet.ttl - 1 }, walk)
  }
}

/** Where the stack would send a packet, on its way or its own. */
export function walkOutOfStack(stack: IpStack, packet: WalkedPacket, walk: Walk): void {
  const hop = stack.routes.lookUp(packet.target)
  if (hop === undefined || !hop.out.enabled) return
  const { out, neighbour } = hop
  const judged = stack.gate === undefined ? packet : stack.gate.foresee('out', packet, out)
  if (judged === undefined) return
  if (out.tunnel !== undefined) {
    out.tunnel.walkOut(judged, walk)
    return
  }
  const mac = stack.neighbours.foresee(out, neighbour, () => whoWouldAnswer(out, neighbour))
  if (mac === undefined) return
  if (out.nic !== undefined) walk.send(frameOf(out, mac, judged), out.nic.port)
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
