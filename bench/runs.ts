import { ScenarioRun } from '../simulation/run.ts'
import { findBuiltIn } from '../topologies/built-in.ts'
import type { Scenario } from '../topologies/document.ts'
import { resolveScenario } from '../topologies/read.ts'
import type { Work } from './measure.ts'

/** Whole runs, through the same code as `bascule run` but for the files. */

/** With the two pings as its only flows: the network is measured, not what is sent through it. */
function pingsOf(name: string, ...overrides: readonly string[]): Scenario {
  return resolved(
    { ...findBuiltIn(name)?.document, flows: findBuiltIn('power-off')?.document.flows },
    overrides,
  )
}

function resolved(document: unknown, overrides: readonly string[]): Scenario {
  const result = resolveScenario(document, overrides)
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  return result.scenario
}

/**
 * The full forwarding path: the Linux client pings through physical switch, vSwitch, pfSense and
 * back, every 100 µs, with CARP going on and all checksums made and verified. A frame is one
 * frame crossing one link.
 */
export function forwardingPath(captures: 'all' | 'none', simulatedSeconds: number): Work {
  const scenario = pingsOf(
    'no-fault',
    `duration=${simulatedSeconds + 4}s`,
    `captures.points=${captures}`,
    'flows.mgmt-linux-ping.interval=100us',
    'flows.*.start=4s',
  )
  return {
    name: `full forwarding path, captures ${captures === 'all' ? 'on' : 'off'}`,
    unit: 'frames/s',
    run() {
      const run = new ScenarioRun(scenario, 'bench')
      run.advance(run.durationNs)
      return run.framesOnWires
    },
  }
}

/** The reference failover again and again, a new seed each time, as a sweep does. */
export function referenceTrials(flows: 'pings' | 'all flows', trials: number): Work {
  const name = 'power-off-return'
  const overrides = ['captures.points=none']
  const scenario =
    flows === 'pings'
      ? pingsOf(name, ...overrides)
      : resolved(findBuiltIn(name)?.document, overrides)
  return {
    name: `power-off-return, ${flows}, no captures, with set-up`,
    unit: 'trials/s',
    run() {
      for (let seed = 1; seed <= trials; seed++)
        new ScenarioRun({ ...scenario, seed }, 'bench').finish()
      return trials
    },
  }
}

/** The reference network at rest: how much faster than real time. */
export function againstRealTime(simulatedSeconds: number): Work {
  const scenario = pingsOf('no-fault', `duration=${simulatedSeconds}s`, 'captures.points=none')
  return {
    name: 'reference network against real time',
    unit: 'simulated s/s',
    run() {
      const run = new ScenarioRun(scenario, 'bench')
      run.advance(run.durationNs)
      return simulatedSeconds
    },
  }
}
