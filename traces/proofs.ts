import { type Nanoseconds, toMicroseconds } from '../engine/time.ts'
import { DROP_CAUSES } from '../protocols/frame/fate.ts'
import type { Death, FlowLog, ProbeRecord } from './flow-log.ts'
import { lossesOf } from './flow-metrics.ts'
import type { OutageLog } from './outage-log.ts'

/**
 * What each probe proves of its path, held against the ground truth. If no decision about the path
 * changed during its journey, a probe that was answered proves that the path was up then. A probe
 * that was lost proves that it was down, unless it died of something that is no decision.
 *
 * @param log of a flow whose probes are single packets
 * @returns the first disagreement, as a sentence; undefined: there is none
 */
export function disagreementOf(
  log: FlowLog,
  truth: OutageLog,
  runEndNs: Nanoseconds,
): string | undefined {
  const lost = new Set(lossesOf(log, truth.endNs ?? runEndNs))
  for (const probe of log.probes) {
    const { sentNs, receivedNs, death } = probe
    const endedNs = receivedNs ?? death?.timeNs
    if (endedNs === undefined || truth.changedBetween(sentNs, endedNs)) continue
    if (receivedNs !== undefined && truth.wasDownThroughout(sentNs, receivedNs)) {
      return sentence(log, probe, `was answered at ${toMicroseconds(receivedNs)} µs`, 'down')
    }
    if (death === undefined || !lost.has(probe) || probe.endedOffPath) continue
    if (mayBeUnderWay(probe, death)) continue
    if (truth.wasUpThroughout(sentNs, death.timeNs)) {
      const { cause, at, timeNs } = death
      return sentence(log, probe, `ended at ${toMicroseconds(timeNs)} µs, ${cause} at ${at}`, 'up')
    }
  }
  return undefined
}

/**
 * The client ended while it waited, and only a copy that nobody waited for is known to have ended:
 * another may wait for an ARP answer still.
 */
function mayBeUnderWay({ failedNs }: ProbeRecord, { cause }: Death): boolean {
  return failedNs === undefined && DROP_CAUSES[cause].incidental
}

function sentence({ name }: FlowLog, { probe, sentNs }: ProbeRecord, end: string, truth: string) {
  return `${name} ${probe}, sent at ${toMicroseconds(sentNs)} µs, ${end}, while the truth has the path ${truth}`
}
