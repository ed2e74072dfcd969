import { NO_OPTIONS, type TcpOptions } from './options.ts'
import { advance, type SequenceNumber } from './sequence.ts'
import { TCP_FLAG } from './wire.ts'

/** A segment as the machine sees it: what is on the wire but for ports and checksum. */
export interface TcpSegment {
  /** Bits of `TCP_FLAG`. */
  readonly flags: number
  readonly sequence: SequenceNumber
  /** 0 without the ACK flag. */
  readonly acknowledgement: SequenceNumber
  /** As on the wire, 16 bits: to be scaled, unless on a SYN. */
  readonly window: number
  readonly options: TcpOptions
  /** A view that is valid during the call that it is passed to. */
  readonly payload: Uint8Array
}

export const NO_PAYLOAD = new Uint8Array(0)

export function hasFlag(segment: TcpSegment, flag: number): boolean {
  return (segment.flags & flag) !== 0
}

/** How many sequence numbers it takes: SYN and FIN take one each (SEG.LEN of RFC 9293). */
export function segmentLength(segment: TcpSegment): number {
  const syn = hasFlag(segment, TCP_FLAG.syn) ? 1 : 0
  const fin = hasFlag(segment, TCP_FLAG.fin) ? 1 : 0
  return segment.payload.length + syn + fin
}

/**
 * What a segment gets that is for no connection, or acknowledges what was never sent (RFC 9293,
 * section 3.10.7.1). A reset gets nothing, or two hosts would reset each other forever.
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
