import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { type Peer, type PfState, TCP_LEVEL } from './state.ts'
import { isAfter } from './tcp-tracking.ts'
import type { TimeoutIndex } from './timeouts.ts'

/**
 * Merges the update of a peer into a state (pfsync_in_upd, pfsync_in_upd_c, pfsync_upd_tcp of
 * sys/netpfil/pf/if_pfsync.c).
 */

export interface Merge {
  readonly source: Readonly<Peer>
  readonly destination: Readonly<Peer>
  /** How many of their sides were behind ours. Unless 0, we owe the peer an update. */
  readonly staleSides: 0 | 1 | 2
  /** Whether their timeout is taken over and counts from now: not when both sides were stale. */
  readonly refreshed: boolean
}

/** @returns what to store: copies, where they are the peer's */
export function mergeUpdate(
  own: Pick<PfState, 'wire' | 'source' | 'destination'>,
  theirs: Pick<Merge, 'source' | 'destination'>,
): Merge {
  const isTcp = own.wire.protocol === IP_PROTOCOL.tcp
  const sourceIsStale = isTcp
    ? isStaleTcpSource(own.source, theirs.source)
    : own.source.level > theirs.source.level
  const destinationIsStale = isTcp
    ? isStaleTcpDestination(own.destination, theirs.destination)
    : own.destination.level > theirs.destination.level
  const refreshed = !(sourceIsStale && destinationIsStale)
  return {
    source: sourceIsStale ? own.source : { ...theirs.source },
    // Unless both sides were stale pf copies this one all the same, even if it was the stale one.
    destination: refreshed ? { ...theirs.destination } : own.destination,
    staleSides:
      sourceIsStale && destinationIsStale ? 2 : sourceIsStale || destinationIsStale ? 1 : 0,
    refreshed,
  }
}

function isStaleTcpSource(own: Readonly<Peer>, theirs: Readonly<Peer>): boolean {
  if (own.level === theirs.level) return isAfter(own.seqLow, theirs.seqLow)
  // Only a SYN proxy goes back, when it hands the connection over.
  const { proxySource } = TCP_LEVEL
  return own.level > theirs.level && (own.level < proxySource || theirs.level >= proxySource)
}

function isStaleTcpDestination(own: Readonly<Peer>, theirs: Readonly<Peer>): boolean {
  if (own.level > theirs.level) return true
  return own.level >= TCP_LEVEL.synSent && isAfter(own.seqLow, theirs.seqLow)
}

/** An update of a peer about a state that both hosts have. */
export interface PeerUpdate {
  readonly source: Readonly<Peer>
  readonly destination: Readonly<Peer>
  readonly timeout: TimeoutIndex
}

/**
 * Stores what a peer told.
 *
 * @param second seconds of uptime
 */
export function applyUpdate(state: PfState, update: PeerUpdate, second: number): Merge {
  const merge = mergeUpdate(state, update)
  state.source = { ...merge.source }
  state.destination = { ...merge.destination }
  if (merge.refreshed) {
    state.hitSecond = second
    state.timeout = update.timeout
  }
  state.peerSecond = second
  return merge
}
