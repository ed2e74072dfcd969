import { DROP_CAUSES } from '../../protocols/frame/fate.ts'
import type { LossMetrics } from '../flow-metrics.ts'
import { seconds } from './layout.ts'
import type { RecordedEvent, RecordedFlow } from './recorded-run.ts'

/** Losses that are no end of a frame (docs/metrics.md). */
const CAUSES_WITHOUT_DEATH = new Map([
  ['inFlight', 'the client gave it up while it waited, for an ARP answer or on its way'],
  ['transmitFailed', 'no route or interface, so no packet was made'],
  ['unsent', 'it waited behind requests that did not get through, until the session was given up'],
])

/** `virtualMacNotMaster: the target is …`; the cause alone if this version does not know it. */
export function describeCause(cause: string): string {
  const known = Object.hasOwn(DROP_CAUSES, cause)
    ? DROP_CAUSES[cause as keyof typeof DROP_CAUSES].meaning
    : CAUSES_WITHOUT_DEATH.get(cause)
  return known === undefined ? cause : `${cause}: ${known}`
}

/** µs from the start of the run; the time of sending for what never died. */
export function diedUs(
  events: readonly RecordedEvent[],
  flow: string,
  { probe, sentUs }: LossMetrics,
): number {
  const told = events.find(
    ({ kind, details }) =>
      kind === 'probe.lost' && details.flow === flow && details.probe === probe,
  )
  return told?.timeUs ?? sentUs
}

export type Outage = RecordedFlow['outages'][number]

/** The outage that a packet met between its sending and its end. */
export function outageOf(
  { outages }: RecordedFlow,
  sentUs: number,
  endUs: number,
): Outage | undefined {
  return outages.find(({ downUs, upUs }) => downUs <= endUs && sentUs <= endOf(upUs))
}

/** `12.935346 to 15.390650 s (2.455304 s)`. */
export function describeOutage({ downUs, upUs, durationUs }: Outage): string {
  return upUs === null
    ? `${seconds(downUs)} s to the end (${seconds(durationUs)} s)`
    : `${seconds(downUs)} to ${seconds(upUs)} s (${seconds(durationUs)} s)`
}

/** The last fault before an outage began. The metrics blame the same one. */
export function faultBefore(
  events: readonly RecordedEvent[],
  { downUs }: Outage,
): RecordedEvent | undefined {
  return events.findLast(({ kind, timeUs }) => kind === 'fault' && timeUs <= downUs)
}

/** From the fault, if it lies close, to the end of the outage, both included. µs. */
export function windowOf(
  events: readonly RecordedEvent[],
  outage: Outage,
): readonly [number, number] {
  const fromUs = faultBefore(events, outage)?.timeUs ?? outage.downUs
  return [fromUs, endOf(outage.upUs)]
}

function endOf(upUs: number | null): number {
  return upUs ?? Number.POSITIVE_INFINITY
}
