import type { Outbox } from './outbox.ts'
import { hasFlag, segmentLength, type TcpSegment } from './segment.ts'
import { distance, type SequenceNumber } from './sequence.ts'
import { TCP_FLAG } from './wire.ts'

/**
 * What becomes of a segment by its sequence number and flags: it is taken, it ends the connection,
 * it is dropped, or dropped and answered by where this end stands.
 */
export type Verdict = 'take' | 'reset' | 'drop' | 'acknowledge'

/**
 * The checks of a connection that is past its handshake (RFC 9293, section 3.10.7.4, steps 1 to 4),
 * with the challenges of RFC 5961: who resets must name the very next octet, and a SYN is answered.
 * As in Linux (tcp_sequence), an empty segment may stand at the right edge of the window, where the
 * acknowledgements of a peer stand that has filled it.
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
 * Whether an acknowledgement may be meant: it is of something that was sent, and not of long ago
 * (RFC 5961, section 5.2).
 *
 * @param outbox what was sent
 * @param largestWindowBytes the largest window that the peer ever had (MAX.SND.WND)
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
