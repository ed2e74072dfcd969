import type { RunResult } from '../../simulation/run.ts'
import type { RunMetrics } from '../../traces/metrics.ts'
import { textOfFile } from '../run-scenario.fixture.ts'

/** What holds in every run, beside what `ScenarioRun.finish` checks. Each function throws if not. */

export function assertSoundMetrics(metrics: RunMetrics): void {
  assertNoneNegative(metrics, 'metrics')
  for (const { name, losses } of metrics.flows) {
    if (losses.some(({ cause }) => cause === '')) throw new Error(`${name}: a loss without a cause`)
  }
}

function assertNoneNegative(value: unknown, path: string): void {
  if (typeof value === 'number' && !(value >= 0)) throw new Error(`${path} is ${value}`)
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) assertNoneNegative(inner, `${path}.${key}`)
}

/** Longer than any takeover: 3 x advbase 1 s, the skew, and the boot stages. */
const BOTH_ACTIVE_MAX_US = 5_000_000

/** Two members of a group are active at once for a moment only, if they hear each other. */
export function assertOneActive(result: RunResult): void {
  const events = textOfFile(result, 'events.jsonl')
  const active = new Map<string, Set<string>>()
  const bothSinceUs = new Map<string, number>()
  const leave = (group: string, node: string, timeUs: number): void => {
    const members = active.get(group)
    members?.delete(node)
    const sinceUs = bothSinceUs.get(group)
    if (sinceUs === undefined || (members?.size ?? 0) > 1) return
    bothSinceUs.delete(group)
    assertBrief(group, timeUs - sinceUs)
  }
  let endUs = 0
  for (const line of events.split('\n').filter((each) => each !== '')) {
    const { timeUs, node, kind, interface: on, id, role } = JSON.parse(line)
    endUs = timeUs
    const group = `${on}@${id}`
    if (kind === 'role.changed' && role === 'active') {
      const members = active.get(group) ?? new Set()
      active.set(group, members.add(node))
      if (members.size > 1 && !bothSinceUs.has(group)) bothSinceUs.set(group, timeUs)
    } else if (kind === 'role.changed' || kind === 'role.removed') leave(group, node, timeUs)
    else if (['node.poweredOff', 'node.restarted', 'node.halted'].includes(kind)) {
      for (const each of active.keys()) leave(each, node, timeUs)
    }
  }
  for (const [group, sinceUs] of bothSinceUs) assertBrief(group, endUs - sinceUs)
}

function assertBrief(group: string, forUs: number): void {
  if (forUs <= BOTH_ACTIVE_MAX_US) return
  throw new Error(`both members of ${group} are active for ${forUs} µs`)
}
