import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import type { Endpoints, PacketSummary, QuotedPacket, Translation } from './packet.ts'
import { endpointsOf, type PfState, STATE_FLAG, WINDOW_SCALE } from './state.ts'
import type { StateTable } from './state-table.ts'
import { isAtOrAfter } from './tcp-tracking.ts'

/** ICMP errors belong to the state of the packet that they quote (pf_test_state_icmp). */

/** The flow of the quoted packet, as if it came the way the error does. */
function turned({ source, sourcePort, target, targetPort }: Endpoints): Endpoints {
  return { source: target, sourcePort: targetPort, target: source, targetPort: sourcePort }
}

/** @returns undefined also where the error is not addressed to the sender of what it quotes */
export function findQuoted(packet: PacketSummary, states: StateTable): PfState | undefined {
  const quote = packet.icmp?.quote
  if (quote === undefined || quote.source !== packet.target) return undefined
  return states.find(packet.direction, packet.interface, quote.protocol, turned(quote))
}

/** Whether the quoted segment is one that its sender can have sent of late. */
export function isPlausible(packet: PacketSummary, quote: QuotedPacket, state: PfState): boolean {
  if (quote.protocol !== IP_PROTOCOL.tcp || quote.seq === undefined) return true
  if ((state.flags & STATE_FLAG.sloppy) !== 0) return true
  const goesForward = packet.direction === state.direction
  const sender = goesForward ? state.destination : state.source
  const receiver = goesForward ? state.source : state.destination
  const scaled = sender.windowScale !== 0 && receiver.windowScale !== 0
  const window = receiver.maxWindow << (scaled ? receiver.windowScale & WINDOW_SCALE.shift : 0)
  return isAtOrAfter(sender.seqHigh, quote.seq) && isAtOrAfter(quote.seq, sender.seqLow - window)
}

/**
 * Translates an error and its quote. The error follows its quote: it reaches the real sender of the
 * quoted packet, and comes from the address that this sender knows.
 */
export function translateError(
  packet: PacketSummary,
  quote: QuotedPacket,
  state: PfState,
): Translation | undefined {
  if (state.wire === state.stack) return undefined
  const { direction, source, sourcePort, target, targetPort } = packet
  const key = direction === 'in' ? state.stack : state.wire
  const quoted = turned(endpointsOf(direction, key))
  const targetMoved = quoted.target !== quote.target || quoted.targetPort !== quote.targetPort
  const followsTarget = targetMoved && quote.protocol !== IP_PROTOCOL.icmp
  const sourceMoved = quoted.source !== quote.source || quoted.sourcePort !== quote.sourcePort
  return {
    source: followsTarget ? quoted.target : source,
    sourcePort,
    target: sourceMoved ? quoted.source : target,
    targetPort,
    quoted,
  }
}
