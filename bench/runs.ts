import { ScenarioRun } from '../simulation/run.ts'
import type { Scenario } from '../topologies/document.ts'
import { type Contestant, inProcess } from './measure.ts'

/** Whole runs, through the same code as `bascule run` but for the files. */

/** The frames of one run; each cable that a frame crosses counts once. Results and set-up included. */
export function frames(name: string, scenario: Scenario): Contestant {
  return inProcess(name, () => ({
    run() {
      const run = new ScenarioRun(scenario, 'bench')
      const { metrics } = run.finish()
      const replies = sum(metrics.flows.map(({ received }) => received))
      const work = { frames: run.framesOnWires, replies, events: metrics.events }
      return { units: run.framesOnWires, work }
    },
  }))
}

/** A scenario again and again, a new seed each time, as a sweep does: set-up and metrics included. */
export function trials(scenario: Scenario, count: number): Contestant {
  return inProcess('bascule', () => ({
    run() {
      const work = { frames: 0, replies: 0, events: 0 }
      for (let seed = 1; seed <= count; seed++) {
        const run = new ScenarioRun({ ...scenario, seed }, 'bench')
        const { metrics } = run.finish()
        work.frames += run.framesOnWires
        work.replies += sum(metrics.flows.map(({ received }) => received))
        work.events += metrics.events
      }
      return { units: count, work }
    },
  }))
}

/** Simulated seconds of a network at rest. */
export function simulatedSeconds(scenario: Scenario): Contestant {
  return inProcess('bascule', () => {
    const run = new ScenarioRun(scenario, 'bench')
    return {
      run() {
        run.advance(run.durationNs)
        return { units: run.durationNs / 1e9, work: { frames: run.framesOnWires } }
      },
    }
  })
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
