import type { Ipv4Address } from '../../../protocols/addresses.ts'
import type { Direction, Endpoints, Translation } from './packet.ts'
import type { RouteRule, RuleReference } from './rule.ts'
import type { TimeoutIndex } from './timeouts.ts'

/** A state: what pf knows of one flow on its way in or on its way out (struct pf_kstate). */

// --- Identity ----------------------------------------------------------------------------------

/** 64 bits, as two unsigned halves. */
export interface StateId {
  readonly high: number
  readonly low: number
}

/** Rows of the hash of states by id (net.pf.states_hashsize). */
export const STATE_ROWS = 131_072

/** The row of the hash that a state is in: pf purges, and pfsync updates in bulk, row by row. */
export function rowOf(id: StateId): number {
  return id.low % STATE_ROWS // the high half is a multiple of 2^32, hence of the rows
}

// --- Keys --------------------------------------------------------------------------------------

/**
 * Addresses and ports of a flow, as one side of pf sees them (struct pf_state_key_cmp). Index 0 is
 * the source of packets that come in and the target of those that go out, whatever the state.
 */
export interface StateKey {
  readonly protocol: number
  readonly address0: Ipv4Address
  readonly port0: number
  readonly address1: Ipv4Address
  readonly port1: number
}

export function keyOf(direction: Direction, protocol: number, flow: Endpoints): StateKey {
  const { source, sourcePort, target, targetPort } = flow
  return direction === 'in'
    ? { protocol, address0: source, port0: sourcePort, address1: target, port1: targetPort }
    : { protocol, address0: target, port0: targetPort, address1: source, port1: sourcePort }
}

/** The inverse of `keyOf`. */
export function endpointsOf(direction: Direction, key: StateKey): Endpoints {
  const { address0, port0, address1, port1 } = key
  return direction === 'in'
    ? { source: address0, sourcePort: port0, target: address1, targetPort: port1 }
    : { source: address1, sourcePort: port1, target: address0, targetPort: port0 }
}

export function isSameKey(left: StateKey, right: StateKey): boolean {
  return (
    left.protocol === right.protocol &&
    left.address0 === right.address0 &&
    left.port0 === right.port0 &&
    left.address1 === right.address1 &&
    left.port1 === right.port1
  )
}

// --- Tracked ends ------------------------------------------------------------------------------

/** How far one end of a TCP connection is: the numbers of TCPS_* that pf uses. */
export const TCP_LEVEL = {
  closed: 0,
  synSent: 2,
  established: 4,
  closing: 7,
  finWait2: 9,
  timeWait: 10,
  /** PF_TCPS_PROXY_SRC and PF_TCPS_PROXY_DST, of `synproxy` rules, which are not modelled. */
  proxySource: 11,
  proxyDestination: 12,
} as const

/** The same for UDP and for other protocols (PFUDPS_*, PFOTHERS_*). ICMP stays at `noTraffic`. */
export const FLOW_LEVEL = { noTraffic: 0, single: 1, multiple: 2 } as const

/**
 * The view that pf has of one end of a flow (struct pf_state_peer). All but the level is for TCP.
 */
export interface Peer {
  /** One of `TCP_LEVEL` or `FLOW_LEVEL`. */
  level: number
  /** The highest sequence number it has sent, plus 1. 0: it has not sent. */
  seqLow: number
  /** The highest it may send. */
  seqHigh: number
  /** The offset of sequence modulation: always 0 here. */
  seqDiff: number
  /** The largest window it has offered, before scaling: 0 to 65535. */
  maxWindow: number
  /** For `synproxy`: always 0 here. */
  mss: number
  /** `WINDOW_SCALE.present` and the shift; 0 without the option. */
  windowScale: number
}

export const WINDOW_SCALE = { present: 0x80, shift: 0x0f, max: 14 } as const

export function silentPeer(): Peer {
  return { level: 0, seqLow: 0, seqHigh: 0, seqDiff: 0, maxWindow: 0, mss: 0, windowScale: 0 }
}

/** Bits of `flags` (PFSTATE_* of sys/netpfil/pf/pf.h), as pfsync sends them. */
export const STATE_FLAG = { allowOptions: 0x01, sloppy: 0x02, noSync: 0x08, ack: 0x10 } as const

/** The interface of a state that matches on all of them, as pfsync sends it. */
export const FLOATING = 'all'

export interface PfState {
  readonly id: StateId
  /** The filter host id of who made it: 1 to 2^32 - 1. */
  readonly creatorId: number
  /** The direction of the packet that made it. */
  readonly direction: Direction
  /** The flow as the wire shows it, and as this host sees it; one object unless translated. */
  readonly wire: StateKey
  readonly stack: StateKey
  /** The system's name of the interface that it is bound to, or `FLOATING`. */
  readonly interface: string
  /** The one that it was made on; where it came from a peer, that is not known. */
  readonly originalInterface: string
  readonly rule: RuleReference
  /** The number of the NAT rule; -1 without. */
  readonly natRule: number
  readonly route: RouteRule | undefined
  /** Bits of `STATE_FLAG`. */
  readonly flags: number
  /** Seconds of uptime. A state that came from a peer is as old as it says. */
  readonly createdSecond: number
  /** The end that sent the packet that made it, and the other. */
  source: Peer
  destination: Peer
  /** The second of uptime when it was last hit. `timeoutSeconds` count from it. */
  hitSecond: number
  timeout: TimeoutIndex
  /** Seconds of uptime when the peer last touched it; 0: never (pfsync_time). */
  peerSecond: number
  /** In its own direction, and against it. */
  packetsForward: number
  packetsBackward: number
  bytesForward: number
  bytesBackward: number
}

/**
 * The translation of packets of the flow; `in`: of those that come in. Undefined: there is none.
 */
export function translationOf(state: PfState, direction: Direction): Translation | undefined {
  if (state.wire === state.stack) return undefined
  return endpointsOf(direction, direction === 'in' ? state.stack : state.wire)
}
