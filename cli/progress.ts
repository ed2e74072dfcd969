import { Presets, SingleBar } from 'cli-progress'
import { SECOND_NS } from '../engine/time.ts'
import type { ScenarioRun } from '../simulation/run.ts'

/** Simulated in one go between two looks at the keyboard. */
const SLICE_NS = 10 * SECOND_NS
/** A run that is over by then needs no bar. */
const SHOWN_AFTER_MS = 1_000

/**
 * Runs to the end, or as far as the budget goes. On a terminal it shows from the second second on
 * how far it is, how fast, and how long it takes yet; in a pipe it stays quiet.
 */
export async function advanceWithProgress(run: ScenarioRun, quiet: boolean): Promise<void> {
  const bar = new SingleBar(
    {
      format: 'simulating {bar} {value}/{total} s, {rate}x, {left} s left',
      stream: process.stderr,
      noTTYOutput: false,
      clearOnComplete: true,
      hideCursor: true,
      barsize: 16,
    },
    Presets.shades_grey,
  )
  const mayShow = !quiet && process.stderr.isTTY
  const startMs = performance.now()
  const show = (): void => {
    const elapsedMs = performance.now() - startMs
    if (elapsedMs < SHOWN_AFTER_MS) return
    const [done, total] = [run.nowNs / SECOND_NS, run.durationNs / SECOND_NS]
    const perSecond = done / (elapsedMs / 1_000)
    const figures = { rate: Math.round(perSecond), left: Math.ceil((total - done) / perSecond) }
    if (!bar.isActive) bar.start(Math.ceil(total), 0, figures)
    bar.update(Math.floor(done), figures)
  }
  try {
    while (run.nowNs < run.durationNs && !run.isOverBudget) {
      run.advance(run.nowNs + SLICE_NS)
      if (mayShow) show()
      // Lets Ctrl-C through. It cannot change the run, which asks no clock but its own.
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    bar.stop()
  }
}
