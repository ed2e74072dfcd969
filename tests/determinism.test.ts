import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ScenarioRun } from '../simulation/run.ts'
import { builtInScenarios } from '../topologies/built-in.ts'
import { readScenario } from '../topologies/read.ts'
import { bytesOf, type RunFile } from '../traces/run-file.ts'
import { runScenario, scenarioOf, textOfFile } from './run-scenario.fixture.ts'

const digestOf = (...args: Parameters<typeof runScenario>) => runScenario(...args).metrics.digest

/** One line per file; comparing megabytes element by element would take minutes. */
function sumsOf(files: readonly RunFile[]): string[] {
  return files.map((file) => {
    const bytes = bytesOf(file)
    const sum = createHash('sha256').update(bytes).digest('hex')
    return `${sum} ${bytes.length} ${file.name}`
  })
}

describe('same scenario, same seed', () => {
  it.each(builtInScenarios.map(({ name }) => name))('%s: the same bytes in every file', (name) => {
    const scenario = scenarioOf(name, 'captures.points=all', 'captures.classicPcap=true')
    const [first, second] = [1, 2].map(() =>
      sumsOf(new ScenarioRun(scenario, 'test').finish().makeFiles()),
    )
    expect(first?.length).toBeGreaterThan(50)
    expect(second).toEqual(first)
  })

  it('another seed is another run', () => {
    expect(digestOf('power-off', 'seed=2')).not.toBe(digestOf('power-off', 'seed=1'))
  })

  it('simulated in one go or in slices is the same run', () => {
    const sliced = new ScenarioRun(scenarioOf('power-off'), 'test')
    while (sliced.nowNs < sliced.durationNs) sliced.advance(sliced.nowNs + 77_777_777)
    expect(sliced.finish().metrics).toEqual(runScenario('power-off').metrics)
  })
})

describe('observers', () => {
  it.each(builtInScenarios.map(({ name }) => name))('%s: captures change no digest', (name) => {
    const without = digestOf(name)
    expect(digestOf(name, 'captures.points=all')).toBe(without)
    expect(digestOf(name, 'captures.points=[mgmt-pc, pfsense2-wan]')).toBe(without)
  })
})

describe('scenario.yaml of a run', () => {
  it('repeats the run, file for file', () => {
    const scenario = scenarioOf('power-off-return', 'seed=7', 'captures.points=all')
    const result = new ScenarioRun(scenario, 'test').finish()
    const again = readScenario(textOfFile(result, 'scenario.yaml'))
    if (!again.ok) throw new Error(JSON.stringify(again.problems))
    const repeated = new ScenarioRun(again.scenario, 'test').finish()
    expect(sumsOf(repeated.makeFiles())).toEqual(sumsOf(result.makeFiles()))
  })
})

describe('golden digests', () => {
  it('of the built-in scenarios, seed 1', async () => {
    const rows = builtInScenarios.map(({ name }) => `${name} ${digestOf(name)}`)
    await expect(`${rows.join('\n')}\n`).toMatchFileSnapshot('golden/digests.txt')
  })
})
