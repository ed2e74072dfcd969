import type { Nanoseconds } from './time.ts'

/** The parts of a timer that the clock uses. The scheduler knows this file, not the reverse. */
interface Timer {
  readonly dueNs: Nanoseconds | undefined
  arm(delayNs: Nanoseconds): void
}

/** The time of one machine. It can be made to stand still, and the machine's timers with it. */
export class MachineClock {
  #time: { readonly nowNs: Nanoseconds }
  #stoppedAtNs: Nanoseconds | undefined
  #stoodStillNs: Nanoseconds = 0
  /** Timers that came due while it stood still, and what was left of each when it was stopped. */
  #due: { readonly timer: Timer; readonly leftNs: Nanoseconds }[] = []

  constructor(time: { readonly nowNs: Nanoseconds }) {
    this.#time = time
  }

  get isStopped(): boolean {
    return this.#stoppedAtNs !== undefined
  }

  /** How long it has stood still in all, without the time that it stands still now. */
  get stoodStillNs(): Nanoseconds {
    return this.#stoodStillNs
  }

  stop(): void {
    this.#stoppedAtNs ??= this.#time.nowNs
  }

  /** Goes on where it was: each timer has as long to go as when it was stopped. */
  goOn(): void {
    if (this.#stoppedAtNs === undefined) return
    this.#stoodStillNs += this.#time.nowNs - this.#stoppedAtNs
    this.#stoppedAtNs = undefined
    for (const { timer, leftNs } of this.#due.splice(0)) {
      if (timer.dueNs !== undefined) timer.arm(leftNs)
    }
  }

  /** Goes on, but forgets what came due. */
  reset(): void {
    this.#due = []
    this.goOn()
  }

  /** A timer has come due by the run's clock. @returns whether it is to fire now */
  mayFire(timer: Timer, armedAfterNs: Nanoseconds): boolean {
    if (this.#stoppedAtNs !== undefined) {
      this.#due.push({ timer, leftNs: this.#time.nowNs - this.#stoppedAtNs })
      return false
    }
    const lostNs = this.#stoodStillNs - armedAfterNs
    if (lostNs > 0) timer.arm(lostNs)
    return lostNs === 0
  }
}
