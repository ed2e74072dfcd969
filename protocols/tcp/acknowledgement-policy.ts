import type { Nanoseconds } from '../../engine/time.ts'
import { Deadline } from './deadline.ts'
import type { TcpClock } from './effects.ts'
import type { TcpParameters } from './parameters.ts'

/** RFC 9293, section 3.8.6.3 */
const SEGMENTS_PER_ACKNOWLEDGEMENT = 2

/**
 * When what arrived is acknowledged: at once, with every second segment, or after a while in which
 * something may be sent that the acknowledgement rides on. As Linux, it does not wait at the start
 * of a conversation, nor after a pause of the peer, which may be a retransmission timeout of it.
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

  /** @param acknowledge sends an acknowledgement of its own, and so comes back as `sent` */
  constructor(parameters: TcpParameters, clock: TcpClock, acknowledge: () => void) {
    this.#parameters = parameters
    this.#clock = clock
    this.#acknowledge = acknowledge
    this.#deadline = new Deadline(clock, acknowledge)
  }

  /**
   * Octets arrived in their turn.
   *
   * @param pauseNs the time without any, from which on the peer is thought to have paused
   */
  arrived(pauseNs: Nanoseconds): void {
    const { nowNs } = this.#clock
    if (nowNs - this.#lastArrivalNs > pauseNs) this.#quick = this.#parameters.quickAcks
    this.#lastArrivalNs = nowNs
    this.#segments++
  }

  /** The peer must hear soon: of a hole, of one that was filled, of its FIN. */
  demand(): void {
    this.#demanded = true
  }

  /** All that could carry the acknowledgement has been sent. */
  settle(): void {
    if (this.#demanded || this.#segments >= SEGMENTS_PER_ACKNOWLEDGEMENT) this.#acknowledge()
    else if (this.#segments > 0 && this.#quick > 0) this.#acknowledge()
    else if (this.#segments > 0 && !this.#deadline.isSet) {
      this.#deadline.set(this.#parameters.delayedAckNs)
    }
  }

  /**
   * A segment went out, and with it the acknowledgement.
   *
   * @param withData whether the program had something to say: such a one is worth waiting for
   */
  sent(withData: boolean): void {
    if (this.#segments > 0) this.#quick = withData ? 0 : Math.max(0, this.#quick - 1)
    this.#segments = 0
    this.#demanded = false
    this.#deadline.clear()
  }

  /** All is over. */
  stop(): void {
    this.#deadline.clear()
  }
}
