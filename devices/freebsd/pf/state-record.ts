import type { Nanoseconds } from '../../../engine/time.ts'
import type { Direction } from './packet.ts'
import type { LoadedRule, RouteRule } from './rule.ts'
import {
  FLOATING,
  isSameKey,
  type Peer,
  type PfState,
  type StateId,
  type StateKey,
} from './state.ts'
import type { StateTable } from './state-table.ts'
import type { TimeoutIndex } from './timeouts.ts'

/**
 * A state as one host tells it to another (pfsync_state_export, pfsync_state_import): the fields of
 * pfsync's version 1400 that pf has here. The other fields are 0, except the anchor and the routing
 * table, which are -1.
 */
export interface StateRecord {
  readonly id: StateId
  readonly creatorId: number
  /** The system's name, or `FLOATING`. */
  readonly interface: string
  readonly wire: StateKey
  readonly stack: StateKey
  readonly source: Readonly<Peer>
  readonly destination: Readonly<Peer>
  readonly direction: Direction
  /** The gateway of `route-to` or `reply-to`, which the layout calls rt_addr, rt and rt_ifname. */
  readonly route: RouteRule | undefined
  /** Numbers of the rules; -1 without. They mean something only where the rule sets are the same. */
  readonly rule: number
  readonly natRule: number
  /** Since it was made, and until it expires (0: it has), in seconds. */
  readonly ageSeconds: number
  readonly expiresInSeconds: number
  readonly packets: readonly [forward: number, backward: number]
  readonly bytes: readonly [forward: number, backward: number]
  /** Bits of `STATE_FLAG`. */
  readonly flags: number
  readonly timeout: TimeoutIndex
}

/** The state as it is now: pfsync exports when it sends, not when something happens. */
export function exportState(state: PfState, table: StateTable, nowNs: Nanoseconds): StateRecord {
  const second = table.secondAt(nowNs)
  return {
    id: state.id,
    creatorId: state.creatorId,
    interface: state.interface,
    wire: state.wire,
    stack: state.stack,
    source: { ...state.source },
    destination: { ...state.destination },
    direction: state.direction,
    route: state.route,
    rule: state.rule.number,
    natRule: state.natRule,
    ageSeconds: second - state.createdSecond,
    expiresInSeconds: Math.max(0, table.expiresAtSecond(state) - second),
    packets: [state.packetsForward, state.packetsBackward],
    bytes: [state.bytesForward, state.bytesBackward],
    flags: state.flags,
    timeout: state.timeout,
  }
}

/** `skipped`: an interface that this host lacks; pf passes over such a state without a word. */
export type ImportOutcome =
  | { readonly result: 'imported'; readonly state: PfState }
  | { readonly result: 'skipped' | 'badCreator' | 'limit' | 'keyCollision' | 'idCollision' }

/**
 * Makes the state that a peer told of. Its counters start at 0, as in pf. Listeners hear of it with
 * the origin `peer`.
 *
 * @param rule the one that the peer's number means here, where the rule sets are the same, else
 *   `DEFAULT_RULE`
 */
export function importState(
  record: StateRecord,
  rule: LoadedRule,
  table: StateTable,
  hasInterface: (name: string) => boolean,
  nowNs: Nanoseconds,
): ImportOutcome {
  if (record.creatorId === 0) return { result: 'badCreator' }
  const { route } = record
  const names = route === undefined ? [record.interface] : [record.interface, route.interface]
  if (!names.every((name) => name === FLOATING || hasInterface(name))) return { result: 'skipped' }
  if (table.size >= table.limit) return { result: 'limit' }
  const second = table.secondAt(nowNs)
  const state: PfState = {
    id: record.id,
    creatorId: record.creatorId,
    direction: record.direction,
    wire: record.wire,
    stack: isSameKey(record.wire, record.stack) ? record.wire : record.stack,
    interface: record.interface,
    originalInterface: record.interface,
    rule,
    natRule: -1,
    route,
    flags: record.flags,
    createdSecond: second - record.ageSeconds,
    source: { ...record.source },
    destination: { ...record.destination },
    hitSecond: second,
    timeout: record.timeout,
    peerSecond: second,
    packetsForward: 0,
    packetsBackward: 0,
    bytesForward: 0,
    bytesBackward: 0,
  }
  if (record.expiresInSeconds > 0) {
    state.hitSecond -= table.timeoutSeconds(state) - record.expiresInSeconds
  }
  const result = table.insert(state, 'peer', nowNs)
  return result === 'inserted' ? { result: 'imported', state } : { result }
}
