import { formatProblem } from '../schema/problem.ts'
import { type RunResult, ScenarioRun } from '../simulation/run.ts'
import { findBuiltIn } from '../topologies/built-in.ts'
import type { Scenario } from '../topologies/document.ts'
import { resolveScenario } from '../topologies/read.ts'
import type { FlowMetrics } from '../traces/flow-metrics.ts'
import type { RunMetrics } from '../traces/metrics.ts'
import { bytesOf } from '../traces/run-file.ts'

/** A built-in scenario with overrides as `--set` takes them. Without captures unless asked for. */
export function scenarioOf(name: string, ...overrides: readonly string[]): Scenario {
  return resolved(name, findBuiltIn(name)?.document, overrides)
}

/** The same with the two pings of the reference as its only flows: for many seeds. */
export function runPings(name: string, ...overrides: readonly string[]): RunResult {
  const document = {
    ...findBuiltIn(name)?.document,
    flows: findBuiltIn('power-off')?.document.flows,
  }
  return new ScenarioRun(resolved(name, document, overrides), 'test').finish()
}

function resolved(name: string, document: unknown, overrides: readonly string[]): Scenario {
  const result = resolveScenario(document, ['captures.points=none', ...overrides])
  if (result.ok) return result.scenario
  throw new Error(result.problems.map((problem) => formatProblem(name, problem)).join('\n'))
}

export function runScenario(name: string, ...overrides: readonly string[]): RunResult {
  return new ScenarioRun(scenarioOf(name, ...overrides), 'test').finish()
}

/** A file of a run's directory, as text. */
export function textOfFile({ makeFiles }: Pick<RunResult, 'makeFiles'>, name: string): string {
  const file = makeFiles().find((each) => each.name === name)
  if (file === undefined) throw new Error(`no file ${name}`)
  return new TextDecoder().decode(bytesOf(file))
}

export function flowOf(metrics: RunMetrics, name: string): FlowMetrics {
  const flow = metrics.flows.find((each) => each.name === name)
  if (flow === undefined) throw new Error(`no flow ${name}`)
  return flow
}

/** Status / CARP of a node in the last snapshot, as `WAN@1 MASTER`. */
export function finalStatus(metrics: RunMetrics, node: string): string[] {
  const page = metrics.status.findLast((each) => each.node === node)
  return (page?.rows ?? []).map((row) => `${row.interface}@${row.vhid} ${row.status}`.trimEnd())
}
