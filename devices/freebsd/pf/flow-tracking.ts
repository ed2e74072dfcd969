import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { FLOW_LEVEL, type PfState } from './state.ts'
import { TIMEOUT, type TimeoutIndex } from './timeouts.ts'

/** Flows without a connection: UDP, ICMP and all else (pf_test_state, pf_test_state_icmp). */

/** The timeout of a state after the packet that made it (pf_create_state). */
export function firstTimeout(protocol: number): TimeoutIndex {
  if (protocol === IP_PROTOCOL.tcp) return TIMEOUT.tcpFirst
  if (protocol === IP_PROTOCOL.udp) return TIMEOUT.udpFirst
  return protocol === IP_PROTOCOL.icmp ? TIMEOUT.icmpFirst : TIMEOUT.otherFirst
}

/** The level of the end that sent the packet that made a state. */
export function firstLevel(protocol: number): number {
  return protocol === IP_PROTOCOL.icmp ? FLOW_LEVEL.noTraffic : FLOW_LEVEL.single
}

/** Follows a packet of any protocol but TCP; none is refused. */
export function trackFlow(state: PfState, forward: boolean, second: number): void {
  state.hitSecond = second
  const { protocol } = state.wire
  if (protocol === IP_PROTOCOL.icmp) {
    state.timeout = TIMEOUT.icmpError
    return
  }
  const sender = forward ? state.source : state.destination
  const receiver = forward ? state.destination : state.source
  if (sender.level < FLOW_LEVEL.single) sender.level = FLOW_LEVEL.single
  if (receiver.level === FLOW_LEVEL.single) receiver.level = FLOW_LEVEL.multiple
  const isMultiple = sender.level === FLOW_LEVEL.multiple && receiver.level === FLOW_LEVEL.multiple
  if (protocol === IP_PROTOCOL.udp) {
    state.timeout = isMultiple ? TIMEOUT.udpMultiple : TIMEOUT.udpSingle
  } else {
    state.timeout = isMultiple ? TIMEOUT.otherMultiple : TIMEOUT.otherSingle
  }
}
