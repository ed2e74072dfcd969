import { describe, expect, it } from 'vitest'
import { ScenarioRun } from '../simulation/run.ts'
import { builtInScenarios, findBuiltIn } from '../topologies/built-in.ts'
import type { Scenario } from '../topologies/document.ts'
import { resolveScenario } from '../topologies/read.ts'

/** Each entry of the library that says what to expect shows it, and its mended variant does not. */

const SEEDS = [1, 2, 3, 4, 5]

function variant(name: string, fixed: boolean, seed: number): Scenario {
  const overrides = ['captures.points=none', `seed=${seed}`]
  const result = resolveScenario(findBuiltIn(name)?.document, overrides, fixed)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.scenario
}

function differencesOf(scenario: Scenario): readonly string[] | undefined {
  return new ScenarioRun(scenario, 'test').finish().metrics.differences
}

const withExpectation = builtInScenarios.filter(({ document }) => document.expect !== undefined)

describe.each(withExpectation)('$name', ({ name, document }) => {
  it('tells its symptom, its cause and what mends it', () => {
    const { symptom, cause, fix, fixed } = document
    for (const text of [symptom, cause, fix]) expect(text).toMatch(/\w.*\.$/)
    expect(fixed).toMatchObject({ expect: expect.anything() })
  })

  it.each(SEEDS)('shows its symptom, and not once mended (seed %i)', (seed) => {
    expect(differencesOf(variant(name, false, seed))).toEqual([])
    expect(differencesOf(variant(name, true, seed))).toEqual([])
  })

  it('would be noticed to show nothing when mended, or when nothing breaks', () => {
    const asWritten = variant(name, false, 1)
    const mended = variant(name, true, 1)
    if (asWritten.expect === undefined) throw new Error('no expectation')
    const { expect: expected, faults } = asWritten
    expect(differencesOf({ ...mended, expect: expected })).not.toEqual([])
    if (faults.length > 0) expect(differencesOf({ ...asWritten, faults: [] })).not.toEqual([])
  })
})
