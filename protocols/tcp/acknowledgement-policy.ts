import type { Nanoseconds } from '../../engine/time.ts'
import { Deadline } from './deadline.ts'
import type { TcpClock } from './effects.ts'
import type { TcpParameters } from './parameters.ts'

/** RFC 9293, section 3.8.6.3 */
const SEGMENTS_PER_ACKNOWLEDGEMENT = 2

/**
 * Decides when to send an acknowledgement: at once, for every second segment, or after a delay in
 * which data can carry it. Like Linux, it does not delay at the start and after a pause of the peer,
 * which can be a retransmission timeout.
 */
export class AcknowledgementPolicy {
  #parameters: TcpParameters
  #clock: TcpClock
  #acknowledge: () => void
  #deadline: Deadline
  #segments = 0
  #demanded = false
  #quick = 0
  #lastArrivalNs = Number.NEGATIVE_INFINITY

  /** @param acknowledge sends an empty segment, which calls `sent` */
  constructor(parameters: TcpParameters, clock: TcpClock, acknowledge: () => void) {
    this.#parameters = parameters
    this.#clock = clock
    this.#acknowledge = acknowledge
    this.#deadline = new Deadline(clock, acknowledge)
  }

  /**
   * New data arrived in order.
   *
   * @param pauseNs a longer time without data is a pause of the peer
   */
  arrived(pauseNs: Nanoseconds): void {
    const { nowNs } = this.#clock
    if (nowNs - this.#lastArrivalNs > pauseNs) this.#quick = this.#parameters.quickAcks
    this.#lastArrivalNs = nowNs
    this.#segments++
  }

  /** An acknowledgement is needed at once: for a gap, a filled gap, or a FIN. */
  demand(): void {
    this.#demanded = true
  }

  /** All data that could carry the acknowledgement has been sent. */
  settle(): void {
    if (this.#demanded || this.#segments >= SEGMENTS_PER_ACKNOWLEDGEMENT) this.#acknowledge()
    else if (this.#segments > 0 && this.#quick > 0) this.#acknowledge()
    else if (this.#segments > 0 && !this.#deadline.isSet) {
      this.#deadline.set(this.#parameters.delayedAckNs)
    }
  }

  /**
   * A segment with the acknowledgement was sent.
   *
   * @param withData whether it had data, which ends the quick acknowledgements
   */
  sent(withData: boolean): void {
    if (this.#segments > 0) this.#quick = withData ? 0 : Math.max(0, this.#quick - 1)
    this.#segments = 0
    this.#demanded = false
    this.#deadline.clear()
  }

  stop(): void {
    this.#deadline.clear()
  }
}
