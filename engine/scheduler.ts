import { assert } from './assert.ts'
import { type EventHandler, EventQueue } from './event-queue.ts'
import type { MachineClock } from './machine-clock.ts'
import { assertInstant, type Nanoseconds } from './time.ts'

/**
 * The clock of a run and everything that is going to happen. `post` is for what cannot be called
 * off (a frame arriving); a `Timer` can be re-armed and cancelled.
 */
export class Scheduler {
  #queue = new EventQueue()
  #nowNs: Nanoseconds = 0
  #eventsRun = 0

  /**
   * Called after each event. It observes: it must neither schedule nor change anything that an
   * event could notice, so that a run is the same with and without it.
   */
  afterEvent: (() => void) | undefined

  get nowNs(): Nanoseconds {
    return this.#nowNs
  }

  /** How many events have run. */
  get eventsRun(): number {
    return this.#eventsRun
  }

  /** Runs `handler(argument)` after `delayNs` (0 or more; 0 is after all that is already due). */
  post<Argument>(delayNs: Nanoseconds, handler: EventHandler<Argument>, argument: Argument): void {
    this.postAt(this.#nowNs + delayNs, handler, argument)
  }

  /** Runs `handler(argument)` at `timeNs`, which is now or later. */
  postAt<Argument>(timeNs: Nanoseconds, handler: EventHandler<Argument>, argument: Argument): void {
    // The queue only knows when the last event ran; the clock may have been set beyond it.
    assert(timeNs >= this.#nowNs, 'nothing can be scheduled in the past')
    this.#queue.push(timeNs, handler, argument)
  }

  /** @param clock of the machine that the timer belongs to; without one it goes by the run's time */
  timer(handler: () => void, clock?: MachineClock): Timer {
    return new Timer(this, handler, clock)
  }

  /** Runs every event due at or before `timeNs`, then sets the clock to it. */
  runUntil(timeNs: Nanoseconds): void {
    assertInstant(timeNs)
    assert(timeNs >= this.#nowNs, 'time does not run backwards')
    while (this.#queue.nextTimeNs <= timeNs) this.#step()
    this.#nowNs = timeNs
  }

  /** Runs until nothing is left to happen; the clock stops at the last event. */
  runUntilIdle(): void {
    while (this.#queue.size > 0) this.#step()
  }

  #step(): void {
    this.#nowNs = this.#queue.nextTimeNs
    this.#eventsRun++
    this.#queue.runNext()
    if (this.afterEvent !== undefined) this.afterEvent()
  }
}

interface TimerShot {
  timer: Timer
  generation: number
}

/**
 * A timer that can be re-armed and cancelled at any time. Cancelling only outdates the shot that
 * is in the queue; it is skipped when its time comes, which is cheaper than removing it.
 */
export class Timer {
  #scheduler: Scheduler
  #handler: () => void
  #clock: MachineClock | undefined
  /** How long the clock had stood still when the timer was armed. */
  #armedAfterNs: Nanoseconds = 0
  #generation = 0
  #dueNs: Nanoseconds | undefined

  constructor(scheduler: Scheduler, handler: () => void, clock?: MachineClock) {
    this.#scheduler = scheduler
    this.#clock = clock
    this.#handler = handler
  }

  /** When the timer will fire; undefined while it is not armed. */
  get dueNs(): Nanoseconds | undefined {
    return this.#dueNs
  }

  /** Arms the timer to fire `delayNs` from now, in place of what it was armed for. */
  arm(delayNs: Nanoseconds): void {
    this.armAt(this.#scheduler.nowNs + delayNs)
  }

  armAt(timeNs: Nanoseconds): void {
    this.#generation++
    this.#dueNs = timeNs
    if (this.#clock !== undefined) this.#armedAfterNs = this.#clock.stoodStillNs
    this.#scheduler.postAt<TimerShot>(timeNs, Timer.#fire, {
      timer: this,
      generation: this.#generation,
    })
  }

  cancel(): void {
    this.#generation++
    this.#dueNs = undefined
  }

  static #fire(shot: TimerShot): void {
    const { timer } = shot
    if (shot.generation !== timer.#generation) return
    if (timer.#clock?.mayFire(timer, timer.#armedAfterNs) === false) return
    timer.#dueNs = undefined
    timer.#handler()
  }
}
