import { describe, expect, it } from 'vitest'
import { findBuiltIn } from '../topologies/built-in.ts'
import { resolveScenario } from '../topologies/read.ts'
import { ScenarioRun } from './run.ts'

function runOf(...overrides: string[]): ScenarioRun {
  const result = resolveScenario(findBuiltIn('power-off')?.document, overrides)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return new ScenarioRun(result.scenario, 'test')
}

describe('a run that spends its budget', () => {
  it.each([
    ['budget.events=135000', 'flows.*.interval=10ms'],
    ['budget.captureMegabytes=1', 'flows.*.interval=10ms'],
  ])('ends there with partial results, the same each time (%s)', (...overrides) => {
    const { metrics } = runOf(...overrides).finish()
    expect(metrics.ended).toBe('budget')
    expect(metrics.simulatedUs).toBeGreaterThan(1_000_000)
    expect(metrics.simulatedUs).toBeLessThan(60_000_000)
    expect(runOf(...overrides).finish().metrics).toEqual(metrics)
  })

  it('is not marked when it has enough', () => {
    const run = runOf('captures.points=none', 'duration=20s')
    expect(run.finish().metrics).not.toHaveProperty('ended')
    expect(run.isOverBudget).toBe(false)
  })
})
