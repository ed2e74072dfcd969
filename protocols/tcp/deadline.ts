import type { Nanoseconds } from '../../engine/time.ts'
import type { TcpClock, TcpTimer } from './effects.ts'

/**
 * A timer that is put off again and again and seldom fires, as those of a connection that is well.
 * Putting it off leaves the shot that is under way, which then goes the rest of the way: thousands
 * of acknowledgements do not fill the event queue with outdated shots.
 */
export class Deadline {
  #clock: TcpClock
  #handler: () => void
  #timer: TcpTimer
  #dueNs: Nanoseconds | undefined
  /** When the timer fires, which may be before it is due. */
  #shotNs: Nanoseconds | undefined

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
    if (this.#shotNs === undefined || this.#shotNs > this.#dueNs) this.#shoot(this.#dueNs)
  }

  clear(): void {
    this.#dueNs = undefined
  }

  #shoot(dueNs: Nanoseconds): void {
    this.#shotNs = dueNs
    this.#timer.arm(dueNs - this.#clock.nowNs)
  }

  #fired(): void {
    this.#shotNs = undefined
    if (this.#dueNs === undefined) return
    if (this.#dueNs > this.#clock.nowNs) {
      this.#shoot(this.#dueNs)
      return
    }
    this.#dueNs = undefined
    this.#handler()
  }
}
