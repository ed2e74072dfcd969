import { Presets, SingleBar } from 'cli-progress'
import { SECOND_NS } from '../engine/time.ts'
import type { ScenarioRun } from '../simulation/run.ts'

/** Simulated in one go between two looks at the keyboard. */
const SLICE_NS = 10 * SECOND_NS

/** Runs to the end, showing how far it is on a terminal; in a pipe it stays quiet. */
export async function advanceWithProgress(run: ScenarioRun, quiet: boolean): Promise<void> {
  const bar = new SingleBar(
    {
      format: 'simulating {bar} {value}/{total} s',
      stream: process.stderr,
      noTTYOutput: false,
      clearOnComplete: true,
      hideCursor: true,
    },
    Presets.shades_grey,
  )
  const shown = !quiet && process.stderr.isTTY
  if (shown) bar.start(Math.ceil(run.durationNs / SECOND_NS), 0)
  try {
    while (run.nowNs < run.durationNs) {
      run.advance(run.nowNs + SLICE_NS)
      bar.update(Math.floor(run.nowNs / SECOND_NS))
      // Lets Ctrl-C through. It cannot change the run, which asks no clock but its own.
      await new Promise((resolve) => setImmediate(resolve))
    }
  } finally {
    bar.stop()
  }
}
