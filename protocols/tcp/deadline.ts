import type { Nanoseconds } from '../../engine/time.ts'
import type { TcpClock, TcpTimer } from './effects.ts'

/**
 * A timer for deadlines that are often moved later and seldom fire. Moving it later keeps the armed
 * event, which arms the rest of the time when it fires, so the event queue does not fill with old
 * events.
 */
export class Deadline {
  #clock: TcpClock
  #handler: () => void
  #timer: TcpTimer
  #dueNs: Nanoseconds | undefined
  /** The time of the armed event, which can be before `#dueNs`. */
  #armedNs: Nanoseconds | undefined

  constructor(clock: TcpClock, handler: () => void) {
    this.#clock = clock
    this.#handler = handler
    this.#timer = clock.timer(() => this.#fired())
  }

  get isSet(): boolean {
    return this.#dueNs !== undefined
  }

  set(delayNs: Nanoseconds): void {
    this.#dueNs = this.#clock.nowNs + delayNs
    if (this.#armedNs === undefined || this.#armedNs > this.#dueNs) this.#arm(this.#dueNs)
  }

  clear(): void {
    this.#dueNs = undefined
  }

  #arm(dueNs: Nanoseconds): void {
    this.#armedNs = dueNs
    this.#timer.arm(dueNs - this.#clock.nowNs)
  }

  #fired(): void {
    this.#armedNs = undefined
    if (this.#dueNs === undefined) return
    if (this.#dueNs > this.#clock.nowNs) {
      this.#arm(this.#dueNs)
      return
    }
    this.#dueNs = undefined
    this.#handler()
  }
}
