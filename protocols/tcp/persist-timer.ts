import type { Nanoseconds } from '../../engine/time.ts'
import { Deadline } from './deadline.ts'
import type { TcpClock } from './effects.ts'
import type { TcpParameters } from './parameters.ts'

interface PersistHandlers {
  probe(): void
  gaveUp(): void
}

/**
 * The persist timer, which runs while the peer's window is closed. The window update can be lost, so
 * the timer sends probes with growing intervals (RFC 9293, section 3.8.6.1).
 */
export class PersistTimer {
  #parameters: TcpParameters
  #handlers: PersistHandlers
  #deadline: Deadline
  #probes = 0
  #unanswered = 0

  constructor(parameters: TcpParameters, clock: TcpClock, handlers: PersistHandlers) {
    this.#parameters = parameters
    this.#handlers = handlers
    this.#deadline = new Deadline(clock, () => this.#fired())
  }

  /**
   * Starts the timer unless it runs.
   *
   * @param timeoutNs the time before the first probe
   */
  run(timeoutNs: Nanoseconds): void {
    if (this.#deadline.isSet) return
    const { maximumTimeoutNs } = this.#parameters
    this.#deadline.set(Math.min(timeoutNs * 2 ** this.#probes, maximumTimeoutNs))
  }

  /** The window is open. */
  stop(): void {
    this.#probes = 0
    this.#deadline.clear()
  }

  /** The peer sent an acknowledgement. */
  heard(): void {
    this.#unanswered = 0
  }

  #fired(): void {
    if (this.#unanswered >= this.#parameters.retries) {
      this.#handlers.gaveUp()
      return
    }
    this.#unanswered++
    this.#probes++
    this.#handlers.probe()
  }
}
