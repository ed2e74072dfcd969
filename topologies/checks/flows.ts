import { type Flow, findFlowKind } from '../../flows/index.ts'
import { type CheckContext, checkName, endOf } from '../../schema/check-context.ts'
import { parseDuration } from '../../schema/duration.ts'
import type { Path } from '../../schema/problem.ts'
import type { Scenario } from '../document.ts'

/** Flows: sent by a host that has the program, within the run. */

export function checkFlows(context: CheckContext<Scenario>): void {
  for (const [at, flow] of context.scenario.flows.entries()) {
    const path = ['flows', at]
    checkSender(context, flow, path)
    checkTimes(context, flow, path)
    findFlowKind(flow.kind)?.check?.(context, flow, path)
  }
}

function checkSender(context: CheckContext<Scenario>, flow: Flow, path: Path): void {
  const { hosts } = context.scenario.topology
  const names = hosts.map((host) => host.name)
  if (!checkName(context, 'host', flow.from, names, [...path, 'from'])) return
  const os = hosts.find((host) => host.name === flow.from)?.os
  const wanted = findFlowKind(flow.kind)?.os
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
