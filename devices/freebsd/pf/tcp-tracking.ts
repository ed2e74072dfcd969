import { TCP_FLAG } from '../../../protocols/tcp/wire.ts'
import type { TcpSummary } from './packet.ts'
import { type Peer, type PfState, STATE_FLAG, TCP_LEVEL, WINDOW_SCALE } from './state.ts'
import { TIMEOUT, type TimeoutIndex } from './timeouts.ts'

/**
 * TCP as pf follows it: levels, timeouts and the window that a segment must fit (pf_create_state,
 * pf_tcp_track_full, pf_tcp_track_sloppy). Without SYN proxy, sequence modulation and scrub.
 */

/** `reset`: does not fit a handshake under way, and its sender is told so by a RST. */
export type TcpOutcome = 'pass' | 'drop' | 'reset'

/** How far behind or ahead an acknowledgement may be, before scaling: a window and a packet. */
const ACK_SLACK = 0xffff + 1500

// --- Sequence numbers --------------------------------------------------------------------------

/** Whether `left` is not before `right`, on the circle of 2^32. */
export function isAtOrAfter(left: number, right: number): boolean {
  return ((left - right) | 0) >= 0
}

export function isAfter(left: number, right: number): boolean {
  return ((left - right) | 0) > 0
}

// --- The first segment -------------------------------------------------------------------------

/** The ends of a state after the segment that made it. */
export function firstSegment(segment: TcpSummary, source: Peer, destination: Peer): void {
  const isSyn = (segment.flags & TCP_FLAG.syn) !== 0
  const isFin = (segment.flags & TCP_FLAG.fin) !== 0
  source.level = TCP_LEVEL.synSent
  source.seqLow = segment.seq
  // One more than the segment is long: what the other end's first window is not yet known to allow.
  source.seqHigh =
    (segment.seq + segment.payloadBytes + 1 + (isSyn ? 1 : 0) + (isFin ? 1 : 0)) >>> 0
  source.windowScale = isSyn ? windowScaleOf(segment) : 0
  const shift = source.windowScale & WINDOW_SCALE.shift
  source.maxWindow = scaleDown(Math.max(segment.window, 1), shift)
  destination.level = TCP_LEVEL.closed
  destination.seqHigh = 1
  destination.maxWindow = 1
}

function windowScaleOf({ wscale }: TcpSummary): number {
  return wscale === undefined ? 0 : WINDOW_SCALE.present | Math.min(wscale, WINDOW_SCALE.max)
}

/** The window of a SYN is not scaled: what it would be if it were, rounded up. */
function scaleDown(window: number, shift: number): number {
  return (window + (1 << shift) - 1) >> shift
}

// --- Every other segment -----------------------------------------------------------------------

/**
 * Follows a segment, unless it is far outside of what its connection can be at.
 *
 * @param forward whether it goes in the direction of the state
 * @param second seconds of uptime
 */
export function trackTcp(
  state: PfState,
  segment: TcpSummary,
  forward: boolean,
  second: number,
): TcpOutcome {
  const sender = forward ? state.source : state.destination
  const receiver = forward ? state.destination : state.source
  if ((state.flags & STATE_FLAG.sloppy) !== 0) {
    advanceLevels(sender, receiver, segment.flags, true)
    refresh(state, second)
    return 'pass'
  }
  const { flags } = segment
  const isSyn = (flags & TCP_FLAG.syn) !== 0
  const scaled = sender.windowScale !== 0 && receiver.windowScale !== 0 && !isSyn
  let senderShift = scaled ? sender.windowScale & WINDOW_SCALE.shift : 0
  let receiverShift = scaled ? receiver.windowScale & WINDOW_SCALE.shift : 0
  let { window, seq } = segment
  let dataEnd = (seq + segment.payloadBytes + (isSyn ? 1 : 0)) >>> 0
  let end = (flags & TCP_FLAG.fin) !== 0 ? (dataEnd + 1) >>> 0 : dataEnd

  if (sender.seqLow === 0) {
    // The first segment from this end.
    if (isSyn && (receiver.windowScale & WINDOW_SCALE.present) !== 0) {
      agreeOnScale(sender, receiver, segment)
      senderShift = sender.windowScale & WINDOW_SCALE.shift
      receiverShift = receiver.windowScale & WINDOW_SCALE.shift
      window = scaleDown(window, senderShift)
    }
    sender.seqLow = seq
    sender.level = Math.max(sender.level, TCP_LEVEL.synSent)
    const reach = (end + Math.max(1, receiver.maxWindow << receiverShift)) >>> 0
    if (sender.seqHigh === 1 || isAtOrAfter(reach, sender.seqHigh)) sender.seqHigh = reach
    sender.maxWindow = Math.max(sender.maxWindow, window)
  }
  if (seq === end) {
    // An acknowledgement or a RST carries no data, so it is taken to be in its place.
    seq = sender.seqLow
    dataEnd = seq
    end = seq
  }
  const ack = acknowledged(segment, receiver)
  const behind = (receiver.seqLow - ack) | 0

  const fits =
    isAtOrAfter(sender.seqHigh, dataEnd) &&
    isAtOrAfter(seq, sender.seqLow - (receiver.maxWindow << receiverShift)) &&
    behind >= -ACK_SLACK &&
    behind <= ACK_SLACK << senderShift &&
    ((flags & TCP_FLAG.rst) === 0 || isNextTo(segment.seq, sender.seqLow))
  if (fits) {
    slide(sender, receiver, { end, ack, window, shift: senderShift })
    advanceLevels(sender, receiver, flags, false)
    refresh(state, second)
    return 'pass'
  }
  const isAwkward =
    receiver.level < TCP_LEVEL.synSent ||
    receiver.level >= TCP_LEVEL.finWait2 ||
    sender.level >= TCP_LEVEL.finWait2
  if (
    isAwkward &&
    isAtOrAfter(sender.seqHigh + ACK_SLACK, dataEnd) &&
    isAtOrAfter(seq, sender.seqLow - ACK_SLACK)
  ) {
    // SYNs before any answer, stray segments after the end: they pass, but keep nothing alive.
    slide(sender, receiver, { end, ack, window, shift: senderShift })
    if ((flags & TCP_FLAG.fin) !== 0) sender.level = Math.max(sender.level, TCP_LEVEL.closing)
    if ((flags & TCP_FLAG.rst) !== 0) endBoth(sender, receiver)
    return 'pass'
  }
  return mismatch(state, sender, flags)
}

/** A segment that fits nowhere is dropped; in a handshake its sender also starts over. */
function mismatch(state: PfState, sender: Peer, flags: number): TcpOutcome {
  const { synSent } = TCP_LEVEL
  if (state.source.level !== synSent || state.destination.level !== synSent) return 'drop'
  sender.seqLow = 0
  sender.seqHigh = 1
  sender.maxWindow = 1
  return (flags & TCP_FLAG.rst) === 0 ? 'reset' : 'drop'
}

/** Windows are scaled only if both SYNs have the option. */
function agreeOnScale(sender: Peer, receiver: Peer, segment: TcpSummary): void {
  sender.windowScale = windowScaleOf(segment)
  if (sender.windowScale !== 0) return
  const unscaled = receiver.maxWindow << (receiver.windowScale & WINDOW_SCALE.shift)
  receiver.maxWindow = Math.min(0xffff, unscaled)
  receiver.windowScale = 0
}

/** The acknowledged number; without an acknowledgement, a number that fits anyway. */
function acknowledged({ flags, ack }: TcpSummary, receiver: Peer): number {
  if ((flags & TCP_FLAG.ack) === 0) return receiver.seqLow
  const isEmptyReset = ack === 0 && (flags & TCP_FLAG.rst) !== 0
  return isEmptyReset || receiver.level < TCP_LEVEL.synSent ? receiver.seqLow : ack
}

function isNextTo(seq: number, expected: number): boolean {
  const distance = (seq - expected) | 0
  return distance >= -1 && distance <= 1
}

function slide(
  sender: Peer,
  receiver: Peer,
  { end, ack, window, shift }: { end: number; ack: number; window: number; shift: number },
): void {
  sender.maxWindow = Math.max(sender.maxWindow, window)
  if (isAfter(end, sender.seqLow)) sender.seqLow = end
  const offered = window << shift
  if (isAtOrAfter(ack + offered, receiver.seqHigh)) {
    receiver.seqHigh = (ack + Math.max(offered, 1)) >>> 0
  }
}

// --- Levels and timeouts -----------------------------------------------------------------------

/** @param sloppy whether the state must guess, as it may see one half of the connection only */
function advanceLevels(sender: Peer, receiver: Peer, flags: number, sloppy: boolean): void {
  const { synSent, established, closing, finWait2 } = TCP_LEVEL
  if ((flags & TCP_FLAG.syn) !== 0) sender.level = Math.max(sender.level, synSent)
  if ((flags & TCP_FLAG.fin) !== 0) sender.level = Math.max(sender.level, closing)
  if ((flags & TCP_FLAG.ack) !== 0) {
    if (receiver.level === synSent) receiver.level = established
    else if (receiver.level === closing) receiver.level = finWait2
    else if (sloppy && sender.level === synSent && receiver.level < synSent) {
      sender.level = established
      receiver.level = established
    } else if (
      sloppy &&
      sender.level === closing &&
      receiver.level === established &&
      receiver.seqLow === 0
    ) {
      receiver.level = closing
    }
  }
  if ((flags & TCP_FLAG.rst) !== 0) endBoth(sender, receiver)
}

function endBoth(sender: Peer, receiver: Peer): void {
  sender.level = TCP_LEVEL.timeWait
  receiver.level = TCP_LEVEL.timeWait
}

function refresh(state: PfState, second: number): void {
  state.hitSecond = second
  state.timeout = timeoutOf(state.source.level, state.destination.level)
}

function timeoutOf(one: number, other: number): TimeoutIndex {
  const less = Math.min(one, other)
  if (less >= TCP_LEVEL.finWait2) return TIMEOUT.tcpClosed
  if (less >= TCP_LEVEL.closing) return TIMEOUT.tcpFinWait
  if (less < TCP_LEVEL.established) return TIMEOUT.tcpOpening
  return Math.max(one, other) >= TCP_LEVEL.closing ? TIMEOUT.tcpClosing : TIMEOUT.tcpEstablished
}
