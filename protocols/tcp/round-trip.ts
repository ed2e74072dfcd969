import type { Nanoseconds } from '../../engine/time.ts'
import { isBefore, type SequenceNumber } from './sequence.ts'

/** Measures the round trip time of one segment at a time (RFC 6298, section 3). */
export class RoundTrip {
  #end: SequenceNumber | undefined
  #sentNs: Nanoseconds = 0

  /** A segment was sent for the first time. */
  sent(end: SequenceNumber, nowNs: Nanoseconds): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#sentNs = nowNs
  }

  /** A segment was retransmitted, so the measurement is ambiguous (Karn). */
  void(): void {
    this.#end = undefined
  }

  /** @returns the round trip time, if the measured segment was acknowledged */
  acknowledged(to: SequenceNumber, nowNs: Nanoseconds): Nanoseconds | undefined {
    if (this.#end === undefined || isBefore(to, this.#end)) return undefined
    this.#end = undefined
    return nowNs - this.#sentNs
  }
}
