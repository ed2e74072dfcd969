import type { Nanoseconds } from '../engine/time.ts'
import { FlowLog, type ProbeRecord } from './flow-log.ts'
import { type FlowMetrics, measureFlow } from './flow-metrics.ts'
import { OutageLog } from './outage-log.ts'

/** What the tests of flows share: probes drawn as a line of characters, one per second. */

export const RTT_NS = 100_000

export function seconds(count: number): Nanoseconds {
  return Math.round(count * 1_000_000_000)
}

/**
 * The log of a client that sent a probe at 1 s, 2 s and so on: `+` was answered after 100 µs, `-`
 * was given up on after 0.5 s, `?` is still under way.
 */
export function draw(picture: string, everyNs = seconds(1)): FlowLog {
  const log = new FlowLog('ping', 'linux-ping')
  for (const [index, fate] of [...picture].entries()) {
    send(log, (index + 1) * everyNs, fate === '+' ? RTT_NS : undefined)
    if (fate === '-') log.failed(index + 1, (index + 1) * everyNs + seconds(0.5), 'timeout')
  }
  return log
}

/** Sends the next probe; it is answered after `rttNs`, or not. */
export function send(log: FlowLog, sentNs: Nanoseconds, rttNs: Nanoseconds | undefined): void {
  const probe = log.probes.length + 1
  log.sending(probe & 0xffff)
  log.sent(probe, sentNs, 100 + probe)
  if (rttNs !== undefined) log.received(probe, sentNs + rttNs, rttNs)
}

export function probeOf(log: FlowLog, probe: number): ProbeRecord {
  const record = log.probes[probe - 1]
  if (record === undefined) throw new Error(`no probe ${probe}`)
  return record
}

/** What `metrics.json` says of a flow; by default the run ends right after the last probe. */
export function measure(
  log: FlowLog,
  endNs = (log.probes.at(-1)?.sentNs ?? 0) + RTT_NS,
  truth = new OutageLog('ping', () => {}),
): FlowMetrics {
  return measureFlow(log, truth, endNs)
}
