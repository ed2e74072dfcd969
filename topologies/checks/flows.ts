import { type CheckContext, checkName, endOf } from '../../schema/check-context.ts'
import { parseDuration } from '../../schema/duration.ts'
import type { Path } from '../../schema/problem.ts'
import type { Flow, Scenario } from '../document.ts'

/** Flows: sent by a host that has the program, within the run. */

/** The system that has the program. */
const SYSTEMS: Readonly<Record<string, string>> = {
  'windows-ping': 'windows',
  'linux-ping': 'linux',
}

export function checkFlows(context: CheckContext<Scenario>): void {
  for (const [at, flow] of context.scenario.flows.entries()) {
    checkSender(context, flow, ['flows', at])
    checkTimes(context, flow, ['flows', at])
  }
}

function checkSender(context: CheckContext<Scenario>, flow: Flow, path: Path): void {
  const { hosts } = context.scenario.topology
  const names = hosts.map((host) => host.name)
  if (!checkName(context, 'host', flow.from, names, [...path, 'from'])) return
  const os = hosts.find((host) => host.name === flow.from)?.os
  const wanted = SYSTEMS[flow.kind]
  if (wanted !== undefined && os !== wanted) {
    context.report(
      [...path, 'from'],
      `${flow.from} runs ${os}; expected a host with os: ${wanted} for a ${flow.kind}`,
    )
  }
}

function checkTimes(context: CheckContext<Scenario>, flow: Flow, path: Path): void {
  const { duration } = context.scenario
  const end = endOf(context)
  const start = parseDuration(flow.start)
  const stop = parseDuration(flow.stop)
  if (end === undefined || start === undefined || stop === undefined) return
  if (start >= end) {
    context.report(
      [...path, 'start'],
      `expected a time before the end of the run (${duration}), got ${flow.start}`,
    )
  } else if (stop > end) {
    context.report(
      [...path, 'stop'],
      `expected a time no later than the end of the run (${duration}), got ${flow.stop}`,
    )
  } else if (start >= stop) {
    context.report(
      [...path, 'start'],
      `expected a time before the flow's stop (${flow.stop}), got ${flow.start}`,
    )
  }
}
