import { findFaultKind, kindsThatBreak } from '../../faults/index.ts'
import { type CheckContext, endOf } from '../../schema/check-context.ts'
import { parseDuration } from '../../schema/duration.ts'
import type { FaultInstant } from '../../schema/network.ts'
import type { Path } from '../../schema/problem.ts'
import type { Fault, Scenario } from '../document.ts'

/** Faults: something that exists, within the run, and nothing mended that was not broken. */

export function checkFaults(context: CheckContext<Scenario>): void {
  for (const [at, fault] of context.scenario.faults.entries()) {
    const path = ['faults', at]
    // A kind that does not exist has its own problem.
    const targetKnown = findFaultKind(fault.kind)?.checkTarget(context, fault, path) ?? false
    const timeKnown = checkInstant(context, fault.at, [...path, 'at'])
    if (targetKnown && timeKnown) checkMends(context, fault, at)
  }
}

// --- The instant -------------------------------------------------------------------------------

interface Range {
  readonly fromNs: number
  /** Equal to `fromNs` for a single instant, otherwise excluded. */
  readonly toNs: number
}

function rangeOf(at: FaultInstant): Range | undefined {
  const fromNs = parseDuration(typeof at === 'string' ? at : at.from)
  const toNs = parseDuration(typeof at === 'string' ? at : at.to)
  return fromNs === undefined || toNs === undefined ? undefined : { fromNs, toNs }
}

function checkInstant(context: CheckContext<Scenario>, at: FaultInstant, path: Path): boolean {
  const { duration } = context.scenario
  const range = rangeOf(at)
  if (range === undefined) return false
  if (typeof at !== 'string' && range.fromNs >= range.toNs) {
    context.report([...path, 'from'], `expected a time before to (${at.to}), got ${at.from}`)
    return false
  }
  const end = endOf(context)
  if (end === undefined) return true
  const message = (got: string) =>
    `expected a time before the end of the run (${duration}), got ${got}`
  if (range.fromNs >= end) {
    const late =
      typeof at === 'string' ? { path, got: at } : { path: [...path, 'from'], got: at.from }
    context.report(late.path, message(late.got))
    return false
  }
  if (typeof at !== 'string' && range.toNs > end) {
    context.report(
      [...path, 'to'],
      `expected a time no later than the end of the run (${duration}), got ${at.to}`,
    )
    return false
  }
  return true
}

// --- Faults that mend others -------------------------------------------------------------------

function checkMends(context: CheckContext<Scenario>, fault: Fault, at: number): void {
  const { mends } = findFaultKind(fault.kind) ?? {}
  if (mends === undefined || mends.isBrokenAtStart?.(context, fault) === true) return
  const breaks = kindsThatBreak(mends.condition)
  const causes = context.scenario.faults
    .map((other, otherAt) => ({ other, otherAt }))
    .filter(({ other }) => breaks.includes(other.kind) && targetOf(other) === targetOf(fault))
  const fromNs = rangeOf(fault.at)?.fromNs ?? 0
  const earlier = causes.some(({ other, otherAt }) => {
    const range = rangeOf(other.at)
    // A fault that cannot be timed has its own problem. At one instant, the first listed is first.
    if (range === undefined || range.toNs < fromNs) return true
    return range.toNs === fromNs && (range.fromNs < fromNs || otherAt < at)
  })
  if (earlier) return
  const { neverBroken, or } = mends
  const wish = `expected an earlier ${breaks.join(' or ')} of it${or === undefined ? '' : `, or ${or}`}`
  const cause = causes[0]
  if (cause === undefined) {
    context.report(['faults', at], `${targetOf(fault)} ${neverBroken} this ${fault.kind}; ${wish}`)
  } else {
    const where = context.where(['faults', cause.otherAt])
    context.report(
      ['faults', at, 'at'],
      `the ${cause.other.kind} at ${where} may come later; expected a time after it`,
    )
  }
}

function targetOf(fault: Fault): string {
  const part = findFaultKind(fault.kind)?.part?.(fault)
  return part === undefined ? fault.node : `${part} of ${fault.node}`
}
