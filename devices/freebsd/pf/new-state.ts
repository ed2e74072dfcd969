import type { Nanoseconds } from '../../../engine/time.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { firstLevel, firstTimeout } from './flow-tracking.ts'
import type { StatePlace } from './key-table.ts'
import type { Endpoints, PacketSummary } from './packet.ts'
import type { LoadedRule, StatePolicy } from './rule.ts'
import { FLOATING, keyOf, type PfState, STATE_FLAG, silentPeer } from './state.ts'
import type { StateTable } from './state-table.ts'
import { firstSegment } from './tcp-tracking.ts'

/** The origin of a state: the packet and the rules that made it. */
export interface StateOrigin {
  readonly rule: LoadedRule
  /** The number of the NAT rule; -1 without. */
  readonly natRule: number
  /** The flow after translation; undefined without. */
  readonly translated: Endpoints | undefined
  /** The policy of the rule set, for rules without one of their own. */
  readonly statePolicy: StatePolicy
}

/** The place that the state of a packet would have. */
export function placeOf(
  packet: PacketSummary,
  { rule, translated, statePolicy }: Omit<StateOrigin, 'natRule'>,
): StatePlace {
  const { direction, protocol } = packet
  const key = keyOf(direction, protocol, packet)
  const translatedKey = translated === undefined ? key : keyOf(direction, protocol, translated)
  return {
    direction,
    wire: direction === 'in' ? key : translatedKey,
    stack: direction === 'in' ? translatedKey : key,
    interface: boundTo(packet, rule, rule.statePolicy ?? statePolicy),
  }
}

/** The state that a packet makes (pf_create_state), not yet in the table. */
export function newState(
  packet: PacketSummary,
  origin: StateOrigin,
  table: StateTable,
  nowNs: Nanoseconds,
): PfState {
  const { protocol } = packet
  const { rule, natRule } = origin
  const second = table.secondAt(nowNs)
  const source = silentPeer()
  const destination = silentPeer()
  if (packet.tcp === undefined) source.level = firstLevel(protocol)
  else firstSegment(packet.tcp, source, destination)
  return {
    id: table.takeId(),
    creatorId: table.creatorId,
    ...placeOf(packet, origin),
    originalInterface: packet.interface,
    rule,
    natRule,
    route: rule.route,
    flags: flagsOf(rule, protocol),
    createdSecond: second,
    source,
    destination,
    hitSecond: second,
    timeout: firstTimeout(protocol),
    peerSecond: 0,
    packetsForward: 0,
    packetsBackward: 0,
    bytesForward: 0,
    bytesBackward: 0,
  }
}

/** BOUND_IFACE: where answers may leave by another interface, a state floats whatever the policy. */
export function boundTo(packet: PacketSummary, { route }: LoadedRule, policy: StatePolicy): string {
  if (policy === 'floating' || route?.kind === 'replyTo') return FLOATING
  return packet.direction === 'out' && route !== undefined ? route.interface : packet.interface
}

/** States of pfsync itself are never synchronised (pfsync_insert_state). */
function flagsOf(rule: LoadedRule, protocol: number): number {
  let flags = 0
  if (rule.allowOptions) flags |= STATE_FLAG.allowOptions
  if (rule.state === 'sloppy') flags |= STATE_FLAG.sloppy
  if (rule.noSync || protocol === IP_PROTOCOL.pfsync) flags |= STATE_FLAG.noSync
  return flags
}
