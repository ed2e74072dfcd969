/**
 * Sequence numbers (RFC 9293, section 3.4): octets are counted modulo 2^32, so of two numbers one
 * is only before the other when they are less than half of that apart.
 */
export type SequenceNumber = number

/** @param by may be negative */
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

/** The one that is further ahead. */
export function later(a: SequenceNumber, b: SequenceNumber): SequenceNumber {
  return isBefore(a, b) ? b : a
}
