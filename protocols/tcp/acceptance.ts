import type { Outbox } from './outbox.ts'
import { hasFlag, segmentLength, type TcpSegment } from './segment.ts'
import { distance, type SequenceNumber } from './sequence.ts'
import { TCP_FLAG } from './wire.ts'

/**
 * The verdict about a segment: it is accepted, resets the connection, is dropped, or is dropped and
 * answered with an acknowledgement.
 */
export type Verdict = 'take' | 'reset' | 'drop' | 'acknowledge'

/**
 * Checks a segment after the handshake (RFC 9293, section 3.10.7.4, steps 1 to 4), with the
 * challenge ACKs of RFC 5961: a reset must have exactly RCV.NXT, and a SYN gets an ACK. As in Linux
 * (tcp_sequence), an empty segment can be at the right edge of the window.
 *
 * @param next RCV.NXT
 * @param windowBytes RCV.WND
 */
export function judge(segment: TcpSegment, next: SequenceNumber, windowBytes: number): Verdict {
  const offset = distance(next, segment.sequence)
  if (hasFlag(segment, TCP_FLAG.rst)) {
    if (offset === 0) return 'reset'
    return offset > 0 && offset < windowBytes ? 'acknowledge' : 'drop'
  }
  if (hasFlag(segment, TCP_FLAG.syn)) return 'acknowledge'
  const length = segmentLength(segment)
  const fits =
    length === 0
      ? offset >= 0 && offset <= windowBytes
      : offset + length > 0 && offset < windowBytes
  if (!fits) return 'acknowledge'
  return hasFlag(segment, TCP_FLAG.ack) ? 'take' : 'drop'
}

/**
 * Whether an acknowledgement is acceptable: it acknowledges sent data and is not too old (RFC 5961,
 * section 5.2).
 *
 * @param largestWindowBytes MAX.SND.WND, the largest window of the peer so far
 */
export function acknowledgesSent(
  segment: TcpSegment,
  outbox: Pick<Outbox, 'unacknowledged' | 'highest'>,
  largestWindowBytes: number,
): boolean {
  const { acknowledgement } = segment
  const beyond = distance(outbox.highest, acknowledgement)
  const behind = distance(acknowledgement, outbox.unacknowledged)
  return beyond <= 0 && behind <= largestWindowBytes
}
