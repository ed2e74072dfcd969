import type { Nanoseconds } from '../../engine/time.ts'
import { Deadline } from './deadline.ts'
import type { TcpClock } from './effects.ts'
import type { TcpParameters } from './parameters.ts'

interface PersistHandlers {
  probe(): void
  gaveUp(): void
}

/**
 * Runs while the peer's window keeps everything from being sent. The update that opens it is not
 * acknowledged and may be lost, so it is asked for, ever less often (RFC 9293, section 3.8.6.1).
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
   * Starts it unless it runs already.
   *
   * @param timeoutNs the wait before the first probe
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

  /** The peer is there, though its window may still be closed. */
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
