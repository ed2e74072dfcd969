import { ScenarioRun } from '../simulation/run.ts'
import type { Scenario } from '../topologies/document.ts'
import { recordOf, type SweepPlace, type SweepRecord } from '../traces/sweep/record.ts'
import { loadScenario, type ScenarioOptions } from './load-scenario.ts'
import { VERSION } from './version.ts'

/** A thread of a sweep. It resolves the scenario of each point once. */

export interface SweepTask {
  readonly scenario: string
  readonly options: Omit<ScenarioOptions, 'seed'>
  readonly places: readonly SweepPlace[]
}

/** The last point, whose runs come one after the other. */
let latest: { readonly key: string; readonly scenario: Scenario } | undefined

export function runAll({ scenario: name, options, places }: SweepTask): SweepRecord[] {
  const key = JSON.stringify([name, options])
  if (latest?.key !== key) latest = { key, scenario: withoutCaptures(loadScenario(name, options)) }
  const { scenario } = latest
  return places.map((place) => {
    try {
      const run = new ScenarioRun({ ...scenario, seed: place.seed }, VERSION)
      return recordOf(place, run.finish().metrics)
    } catch (error) {
      return { ...place, error: error instanceof Error ? error.message : String(error), flows: [] }
    }
  })
}

/** Captures change no figure, and a sweep keeps none. */
function withoutCaptures(scenario: Scenario): Scenario {
  return { ...scenario, captures: { ...scenario.captures, points: 'none' } }
}
