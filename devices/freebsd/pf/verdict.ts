import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { TCP_FLAG } from '../../../protocols/tcp/wire.ts'
import type { PacketSummary, Translation } from './packet.ts'
import { DEFAULT_RULE, type LoadedRule, type RouteRule, type RuleReference } from './rule.ts'
import { type PfState, STATE_FLAG } from './state.ts'

/** The verdict of pf about a packet, and its parts. */

/**
 * Why a packet passed or not, in the words of `pfctl -si`: a rule or a state decided (`match`), it
 * does not fit its state, or there was no port to translate to, no room, or no leave for options.
 */
export type Reason =
  | 'match'
  | 'state-mismatch'
  | 'state-insert'
  | 'map-failed'
  | 'memory'
  | 'ip-option'

/**
 * The answer of pf to the sender of a packet that it stops: for a connection that a rule rejects,
 * for a handshake that does not fit its state, and for everything else that a rule rejects.
 */
export type Answer = 'tcpReset' | 'handshakeReset' | 'portUnreachable'

export interface Verdict {
  readonly action: 'pass' | 'block'
  readonly reason: Reason
  /**
   * The rule that decided, or that made the state that did; `DEFAULT_RULE` for a
   * `state-mismatch`.
   */
  readonly rule: RuleReference
  /** The state that the packet belongs to, or that it has made. */
  readonly state: PfState | undefined
  /** To be made of the packet, if it passes. */
  readonly translation: Translation | undefined
  /** The way out that overrides the routing table, if the packet passes. */
  readonly route: RouteRule | undefined
  readonly answer: Answer | undefined
  /** Whether pf logs it, as the firewall log of pfSense shows it. */
  readonly logged: boolean
}

/** The result that a packet would have. */
export interface Foresight extends Pick<Verdict, 'action' | 'translation' | 'route'> {
  /** The interface of the state that it would make, or `FLOATING`; undefined: it would make none. */
  readonly boundTo: string | undefined
}

// --- Making verdicts ---------------------------------------------------------------------------

/** pf_route: `route-to` is for packets in the direction of their state, `reply-to` for answers. */
export function routeOf(
  packet: PacketSummary,
  { direction, route }: Pick<PfState, 'direction' | 'route'>,
): RouteRule | undefined {
  if (route === undefined) return undefined
  return (route.kind === 'routeTo') === (packet.direction === direction) ? route : undefined
}

export const STOPPED: Foresight = {
  action: 'block',
  translation: undefined,
  route: undefined,
  boundTo: undefined,
}

export function byState(
  packet: PacketSummary,
  state: PfState,
  translation: Translation | undefined,
): Verdict {
  const { rule, flags } = state
  if (packet.options === true && (flags & STATE_FLAG.allowOptions) === 0) {
    return { ...stop(rule, 'ip-option', true), state }
  }
  return {
    action: 'pass',
    reason: 'match',
    rule,
    state,
    translation,
    route: routeOf(packet, state),
    answer: undefined,
    logged: false,
  }
}

/** Such a packet is not logged: no rule has to do with it. */
export function mismatch(state: PfState, answer: Answer | undefined): Verdict {
  return { ...stop(DEFAULT_RULE, 'state-mismatch', false), state, answer }
}

/** pf_return: RST to TCP but to no RST, an ICMP error to the rest but to no ICMP. */
export function refuse(packet: PacketSummary, rule: LoadedRule): Verdict {
  const verdict = stop(rule, 'match', rule.log)
  if (rule.action !== 'reject' || packet.fragment === true) return verdict
  if (packet.tcp !== undefined) {
    return (packet.tcp.flags & TCP_FLAG.rst) === 0 ? { ...verdict, answer: 'tcpReset' } : verdict
  }
  return packet.protocol === IP_PROTOCOL.icmp ? verdict : { ...verdict, answer: 'portUnreachable' }
}

export function stop(rule: RuleReference, reason: Reason, logged: boolean): Verdict {
  return {
    action: 'block',
    reason,
    rule,
    state: undefined,
    translation: undefined,
    route: undefined,
    answer: undefined,
    logged,
  }
}
