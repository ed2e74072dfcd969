import type { Nanoseconds } from '../../engine/time.ts'
import { Deadline } from './deadline.ts'
import type { TcpClock } from './effects.ts'
import type { TcpParameters } from './parameters.ts'
import { RetransmissionTimeout, retryLimitNs } from './retransmission-timeout.ts'

interface RetransmissionHandlers {
  expired(): void
  gaveUp(): void
}

/** The retransmission timer, which also limits the retries (RFC 6298, section 5). */
export class RetransmissionTimer {
  readonly timeout: RetransmissionTimeout
  #clock: TcpClock
  #handlers: RetransmissionHandlers
  #deadline: Deadline
  #limitNs: Nanoseconds
  #retries = 0
  #retryingSinceNs: Nanoseconds = 0

  /** The allowed retransmissions of the SYN; undefined after the handshake. */
  handshakeRetries: number | undefined

  constructor(parameters: TcpParameters, clock: TcpClock, handlers: RetransmissionHandlers) {
    this.timeout = new RetransmissionTimeout(parameters)
    this.#limitNs = retryLimitNs(parameters.retries, parameters)
    this.#clock = clock
    this.#handlers = handlers
    this.#deadline = new Deadline(clock, () => this.#fired())
  }

  /** Timeouts since the last new acknowledgement. */
  get retries(): number {
    return this.#retries
  }

  /** Starts the timer unless it runs. */
  run(): void {
    if (!this.#deadline.isSet) this.#deadline.set(this.timeout.timeoutNs)
  }

  stop(): void {
    this.#deadline.clear()
  }

  /** New data was acknowledged: resets the retries, but not the back-off. */
  progress(): void {
    this.#retries = 0
    this.stop()
  }

  #fired(): void {
    if (this.#isOver()) {
      this.#handlers.gaveUp()
      return
    }
    if (this.#retries === 0) this.#retryingSinceNs = this.#clock.nowNs
    this.#retries++
    this.timeout.backOff()
    this.#handlers.expired()
  }

  #isOver(): boolean {
    if (this.handshakeRetries !== undefined) return this.#retries >= this.handshakeRetries
    return this.#retries > 0 && this.#clock.nowNs - this.#retryingSinceNs >= this.#limitNs
  }
}
