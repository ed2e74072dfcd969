import type { Timer } from '../../engine/scheduler.ts'
import { type Nanoseconds, SECOND_NS } from '../../engine/time.ts'

/**
 * check_reload_status, the daemon that runs pfSense's scripts: whatever happens is sent to it as an
 * event, and it runs the script somewhat later (sysutils/check_reload_status, server.h).
 */

export type ReloadEvent =
  | 'filter reload'
  | 'filter sync'
  | 'carpmaster'
  | 'carpbackup'
  | 'linkup start'
  | 'linkup stop'
  | 'newip'

/** From an event to its script. */
const FIRST_RUN_NS = SECOND_NS
/** An aggregated event that comes again within this time of the last one … */
const WINDOW_NS = 8 * SECOND_NS
/** … runs its script once more after this, however often it came. */
const REPEATED_RUN_NS = 5 * SECOND_NS

/** Repetitions of these events are merged. Every other event runs each time. */
const AGGREGATED: ReadonlySet<ReloadEvent> = new Set(['filter reload', 'filter sync'])

interface Aggregate {
  /** When the script was last asked to run. */
  askedNs: Nanoseconds
  script: () => void
  readonly timer: Timer
}

export class ReloadStatus {
  #clock: { readonly nowNs: Nanoseconds }
  #timers: { timer(handler: () => void): Timer }
  #aggregates = new Map<ReloadEvent, Aggregate>()

  /** @param timers of the running node: they die with it */
  constructor(
    clock: { readonly nowNs: Nanoseconds },
    timers: { timer(handler: () => void): Timer },
  ) {
    this.#clock = clock
    this.#timers = timers
  }

  /** Runs the script of an event when its time has come. Of merged events the last one's runs. */
  send(event: ReloadEvent, script: () => void): void {
    if (!AGGREGATED.has(event)) {
      this.#timers.timer(script).arm(FIRST_RUN_NS)
      return
    }
    const { nowNs } = this.#clock
    const known = this.#aggregates.get(event)
    if (known === undefined) {
      const made: Aggregate = {
        askedNs: nowNs,
        script,
        timer: this.#timers.timer(() => made.script()),
      }
      this.#aggregates.set(event, made)
      made.timer.arm(FIRST_RUN_NS)
      return
    }
    const isRepeated = nowNs - known.askedNs < WINDOW_NS
    const isPending = known.timer.dueNs !== undefined
    known.script = script
    known.askedNs = nowNs
    if (isPending) return
    known.timer.arm(isRepeated ? REPEATED_RUN_NS : FIRST_RUN_NS)
  }
}
