import { assert } from './assert.ts'
import { type EventHandler, EventQueue } from './event-queue.ts'
import type { MachineClock } from './machine-clock.ts'
import { assertInstant, type Nanoseconds } from './time.ts'

/**
 * The simulated clock and the events to come. `post` schedules an event that cannot be cancelled
 * (a frame arriving); a `Timer` can be re-armed and cancelled.
 */
export class Scheduler {
  #queue = new EventQueue()
  #nowNs: Nanoseconds = 0
  #eventsRun = 0

  /**
   * Called after each event. It only observes: it must not schedule anything nor change the state
   * of a device, so that a run is the same with and without it.
   */
  afterEvent: (() => void) | undefined

  /** After so many events `runUntil` stops where it is; the clock stays there. */
  eventLimit = Number.POSITIVE_INFINITY

  /** Whether the limit is reached. */
  get isStopped(): boolean {
    return this.#eventsRun >= this.eventLimit
  }

  /** Lets no further event run. */
  stop(): void {
    this.eventLimit = 0
  }

  get nowNs(): Nanoseconds {
    return this.#nowNs
  }

  /** How many events have run. */
  get eventsRun(): number {
    return this.#eventsRun
  }

  /** Runs `handler(argument)` in `delayNs`, 0 or more; 0 runs it after the events already due now. */
  post<Argument>(delayNs: Nanoseconds, handler: EventHandler<Argument>, argument: Argument): void {
    this.postAt(this.#nowNs + delayNs, handler, argument)
  }

  /** Runs `handler(argument)` at `timeNs`, which is now or later. */
  postAt<Argument>(
    timeNs: Nanoseconds,
    handler: EventHandler<Argument>,
    argument: Argument,
    stamp = 0,
  ): void {
    // The queue knows only the time of the last event; runUntil may have set the clock later.
    assert(timeNs >= this.#nowNs, 'nothing can be scheduled in the past')
    this.#queue.push(timeNs, handler, argument, stamp)
  }

  /** @param clock of the machine that the timer belongs to; without one it goes by the run's time */
  timer(handler: () => void, clock?: MachineClock): Timer {
    return new Timer(this, handler, clock)
  }

  /** Runs every event due at or before `timeNs`, then sets the clock to it. */
  runUntil(timeNs: Nanoseconds): void {
    assertInstant(timeNs)
    assert(timeNs >= this.#nowNs, 'time does not run backwards')
    for (;;) {
      const nextNs = this.#queue.nextTimeNs
      if (nextNs > timeNs || this.isStopped) break
      this.#step(nextNs)
    }
    if (!this.isStopped) this.#nowNs = timeNs
  }

  /** Runs until the queue is empty; the clock stays at the last event. */
  runUntilIdle(): void {
    while (this.#queue.size > 0) this.#step(this.#queue.nextTimeNs)
  }

  #step(timeNs: Nanoseconds): void {
    this.#nowNs = timeNs
    this.#eventsRun++
    this.#queue.runNext()
    if (this.afterEvent !== undefined) this.afterEvent()
  }
}

/**
 * A timer that can be re-armed and cancelled at any time. Its old event stays in the queue and does
 * nothing, because its generation is old: removing it would cost more.
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

  /** The time the timer fires; undefined while it is not armed. */
  get dueNs(): Nanoseconds | undefined {
    return this.#dueNs
  }

  /** Arms the timer to fire in `delayNs`. This replaces an earlier arming. */
  arm(delayNs: Nanoseconds): void {
    this.armAt(this.#scheduler.nowNs + delayNs)
  }

  armAt(timeNs: Nanoseconds): void {
    this.#generation++
    this.#dueNs = timeNs
    if (this.#clock !== undefined) this.#armedAfterNs = this.#clock.stoodStillNs
    this.#scheduler.postAt<Timer>(timeNs, fire, this, this.#generation)
  }

  cancel(): void {
    this.#generation++
    this.#dueNs = undefined
  }

  /** Called by the event that `armAt` posted. */
  due(generation: number): void {
    if (generation !== this.#generation) return
    if (this.#clock?.mayFire(this, this.#armedAfterNs) === false) return
    this.#dueNs = undefined
    this.#handler()
  }
}

function fire(timer: Timer, generation: number): void {
  timer.due(generation)
}
