/**
 * A sequence number (RFC 9293, section 3.4), modulo 2^32. Two numbers can be compared when they are
 * less than 2^31 apart.
 */
export type SequenceNumber = number

/** @param by can be negative */
export function advance(sequence: SequenceNumber, by: number): SequenceNumber {
  return (sequence + by) >>> 0
}

/** How far `to` is ahead of `from`: -2^31 to 2^31 - 1, negative when it is behind. */
export function distance(from: SequenceNumber, to: SequenceNumber): number {
  return (to - from) | 0
}

export function isBefore(a: SequenceNumber, b: SequenceNumber): boolean {
  return distance(a, b) > 0
}

/** The later one of two sequence numbers. */
export function later(a: SequenceNumber, b: SequenceNumber): SequenceNumber {
  return isBefore(a, b) ? b : a
}
