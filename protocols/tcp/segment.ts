import { NO_OPTIONS, type TcpOptions } from './options.ts'
import { advance, type SequenceNumber } from './sequence.ts'
import { TCP_FLAG } from './wire.ts'

/** A segment without ports and checksum, as the machine uses it. */
export interface TcpSegment {
  /** Bits of `TCP_FLAG`. */
  readonly flags: number
  readonly sequence: SequenceNumber
  /** 0 without the ACK flag. */
  readonly acknowledgement: SequenceNumber
  /** The window field, 16 bits, not scaled. */
  readonly window: number
  readonly options: TcpOptions
  /** A view that is valid only during the call. */
  readonly payload: Uint8Array
}

export const NO_PAYLOAD = new Uint8Array(0)

export function hasFlag(segment: TcpSegment, flag: number): boolean {
  return (segment.flags & flag) !== 0
}

/** SEG.LEN of RFC 9293: the payload, and one each for SYN and FIN. */
export function segmentLength(segment: TcpSegment): number {
  const syn = hasFlag(segment, TCP_FLAG.syn) ? 1 : 0
  const fin = hasFlag(segment, TCP_FLAG.fin) ? 1 : 0
  return segment.payload.length + syn + fin
}

/**
 * The reset that answers a segment for no connection, or with a wrong acknowledgement (RFC 9293,
 * section 3.10.7.1). A reset gets no answer.
 */
export function resetFor(segment: TcpSegment): TcpSegment | undefined {
  if (hasFlag(segment, TCP_FLAG.rst)) return undefined
  const rest = { window: 0, options: NO_OPTIONS, payload: NO_PAYLOAD }
  if (hasFlag(segment, TCP_FLAG.ack)) {
    const sequence = segment.acknowledgement
    return { flags: TCP_FLAG.rst, sequence, acknowledgement: 0, ...rest }
  }
  const acknowledgement = advance(segment.sequence, segmentLength(segment))
  return { flags: TCP_FLAG.rst | TCP_FLAG.ack, sequence: 0, acknowledgement, ...rest }
}
