import type { Nanoseconds } from '../../engine/time.ts'
import { isBefore, type SequenceNumber } from './sequence.ts'

/** Measures one segment at a time from its sending to its acknowledgement (RFC 6298, section 3). */
export class RoundTrip {
  #end: SequenceNumber | undefined
  #sentNs: Nanoseconds = 0

  /** A segment was sent for the first time. */
  sent(end: SequenceNumber, nowNs: Nanoseconds): void {
    if (this.#end !== undefined) return
    this.#end = end
    this.#sentNs = nowNs
  }

  /** Something was sent again: who can tell what will be acknowledged (Karn)? */
  void(): void {
    this.#end = undefined
  }

  /** @returns how long it took, if what is measured is among what was acknowledged */
  acknowledged(to: SequenceNumber, nowNs: Nanoseconds): Nanoseconds | undefined {
    if (this.#end === undefined || isBefore(to, this.#end)) return undefined
    this.#end = undefined
    return nowNs - this.#sentNs
  }
}
