import type { Nanoseconds } from '../../engine/time.ts'
import { Deadline } from './deadline.ts'
import type { TcpClock } from './effects.ts'
import type { TcpParameters } from './parameters.ts'
import { RetransmissionTimeout, retryLimitNs } from './retransmission-timeout.ts'

interface RetransmissionHandlers {
  expired(): void
  gaveUp(): void
}

/** Runs while something waits for its acknowledgement, and gives up in the end (RFC 6298, 5). */
export class RetransmissionTimer {
  readonly timeout: RetransmissionTimeout
  #clock: TcpClock
  #handlers: RetransmissionHandlers
  #deadline: Deadline
  #limitNs: Nanoseconds
  #retries = 0
  #retryingSinceNs: Nanoseconds = 0

  /** How often the handshake may be repeated; undefined once it is through. */
  handshakeRetries: number | undefined

  constructor(parameters: TcpParameters, clock: TcpClock, handlers: RetransmissionHandlers) {
    this.timeout = new RetransmissionTimeout(parameters)
    this.#limitNs = retryLimitNs(parameters.retries, parameters)
    this.#clock = clock
    this.#handlers = handlers
    this.#deadline = new Deadline(clock, () => this.#fired())
  }

  /** Timeouts since the last progress. */
  get retries(): number {
    return this.#retries
  }

  /** Starts it unless it runs already. */
  run(): void {
    if (!this.#deadline.isSet) this.#deadline.set(this.timeout.timeoutNs)
  }

  stop(): void {
    this.#deadline.clear()
  }

  /** Something was acknowledged: all that was waited in vain is forgotten but for the back-off. */
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
