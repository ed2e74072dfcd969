import { Presets, SingleBar } from 'cli-progress'
import { SECOND_NS } from '../engine/time.ts'
import type { ScenarioRun } from '../simulation/run.ts'

/** Simulated in one go between two looks at the keyboard. */
const SLICE_NS = 10 * SECOND_NS
/** Work that is over by then needs no bar. */
const SHOWN_AFTER_MS = 1_000

/**
 * How far long work is, how fast, and how long it takes yet: on a terminal, from the second second
 * on. In a pipe it stays quiet.
 */
export class Progress {
  #bar: SingleBar
  #mayShow: boolean
  #total: number
  #startMs = performance.now()

  /** @param format of cli-progress; `rate` is per second, `left` in seconds */
  constructor(format: string, total: number, quiet: boolean) {
    this.#total = total
    this.#mayShow = !quiet && process.stderr.isTTY
    this.#bar = new SingleBar(
      {
        format,
        stream: process.stderr,
        noTTYOutput: false,
        clearOnComplete: true,
        hideCursor: true,
        barsize: 16,
      },
      Presets.shades_grey,
    )
  }

  show(done: number): void {
    const elapsedMs = performance.now() - this.#startMs
    if (!this.#mayShow || elapsedMs < SHOWN_AFTER_MS) return
    const perSecond = done / (elapsedMs / 1_000)
    const left = Math.ceil((this.#total - done) / perSecond)
    const figures = { rate: Math.round(perSecond), left }
    if (!this.#bar.isActive) this.#bar.start(Math.ceil(this.#total), 0, figures)
    this.#bar.update(Math.floor(done), figures)
  }

  stop(): void {
    this.#bar.stop()
  }
}

/** Runs to the end, or as far as the budget goes, and shows how far it is. */
export async function advanceWithProgress(run: ScenarioRun, quiet: boolean): Promise<void> {
  const format = 'simulating {bar} {value}/{total} s, {rate}x, {left} s left'
  const progress = new Progress(format, run.durationNs / SECOND_NS, quiet)
  try {
    while (run.nowNs < run.durationNs && !run.isOverBudget) {
      run.advance(run.nowNs + SLICE_NS)
      progress.show(run.nowNs / SECOND_NS)
      // Lets Ctrl-C through. It cannot change the run, which asks no clock but its own.
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    progress.stop()
  }
}
