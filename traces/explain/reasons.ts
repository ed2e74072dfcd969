import type { LossMetrics } from '../flow-metrics.ts'
import { duration, seconds } from './layout.ts'
import { describeOutage, faultBefore, outageOf } from './losses.ts'
import type { Reign } from './mastership.ts'
import { vhidOf } from './names.ts'
import type { Hop } from './path.ts'
import type { RecordedFlow, RecordedRun } from './recorded-run.ts'

/** The outage that a lost probe met, and what had begun it; no sentences if there was none. */
export function outageSentences(
  { events }: RecordedRun,
  flow: RecordedFlow,
  { sentUs }: LossMetrics,
  endUs: number,
): string[] {
  const outage = outageOf(flow, sentUs, endUs)
  if (outage === undefined) {
    return [`It fell into no outage: other packets of ${flow.name} could cross.`]
  }
  const { downUs } = outage
  const when =
    sentUs >= downUs
      ? `it was sent ${duration(sentUs - downUs)} after that began`
      : `it was sent ${duration(downUs - sentUs)} before that began and was still under way`
  const sentences = [
    `No packet of ${flow.name} could cross from ${describeOutage(outage)}; ${when}.`,
  ]
  const fault = faultBefore(events, outage)
  if (fault !== undefined) {
    const began = fault.timeUs === downUs ? 'It began with' : 'The last thing done before was'
    sentences.push(`${began} ${fault.text} at ${seconds(fault.timeUs)} s.`)
  }
  return sentences
}

/**
 * The MASTERs of the virtual MAC that the dead frame was for: before, then and after.
 *
 * @param last where the dead frame was last seen; undefined without captures
 */
export function masterSentences(
  reigns: readonly Reign[],
  { cause, at }: LossMetrics,
  diedUs: number,
  last: Hop | undefined,
): string[] {
  const vhid = last === undefined ? undefined : vhidOf(last.destination)
  const isHere = (reign: Reign): boolean => at.endsWith(` ${reign.interface}`)
  // A VHID is unique on its segment only; and without captures, the place tells which it was.
  let concerned =
    vhid === undefined
      ? reigns.filter((reign) => cause === 'virtualMacNotMaster' && isHere(reign))
      : reigns.filter((reign) => reign.id === vhid)
  if (concerned.some(isHere)) concerned = concerned.filter(isHere)
  const ids = new Set(concerned.map(({ interface: on, id: number }) => `${on}@${number}`))
  return [...ids].map((id) => {
    const own = concerned.filter(({ interface: on, id: number }) => `${on}@${number}` === id)
    return masterSentence(id, own, diedUs)
  })
}

function masterSentence(id: string, reigns: readonly Reign[], atUs: number): string {
  const before = reigns.findLast(({ untilUs }) => untilUs <= atUs)
  const then = reigns.filter(({ fromUs, untilUs }) => fromUs <= atUs && atUs < untilUs)
  const after = reigns.find(({ fromUs }) => fromUs > atUs)
  const clauses: string[] = []
  if (then.length === 0 && before !== undefined) {
    clauses.push(`${before.node} had been until ${seconds(before.untilUs)} s, when ${before.end}`)
  }
  // If there was a MASTER, a later one explains nothing.
  if (then.length === 0) {
    clauses.push(
      after === undefined
        ? 'nobody became so later'
        : `${after.node} became MASTER at ${seconds(after.fromUs)} s`,
    )
  }
  const masters = then.map(({ node, fromUs }) => `${node} (since ${seconds(fromUs)} s)`)
  const who = masters.length === 0 ? 'Nobody' : masters.join(' and ')
  const rest = clauses.length === 0 ? '' : `: ${clauses.join('; ')}`
  return `${who} was MASTER of ${id} at that instant${rest}.`
}
