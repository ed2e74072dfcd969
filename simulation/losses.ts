import type { Nanoseconds } from '../engine/time.ts'
import { DROP_CAUSES } from '../protocols/frame/fate.ts'
import { explainLoss, lossesOf } from '../traces/flow-metrics.ts'
import { endOfProbe, type Story } from '../traces/story.ts'
import type { RunCaptures } from './captures.ts'
import type { FlowRun } from './flows.ts'

/** Losses are known for certain only at the end; in the story they stand where they happened. */
export function tellLosses(
  flows: readonly FlowRun[],
  endNs: Nanoseconds,
  story: Story,
  captures: RunCaptures,
): void {
  for (const { log, flow, outages } of flows) {
    for (const probe of lossesOf(log, outages.endNs ?? endNs)) {
      const { cause, at, frameId } = explainLoss(probe)
      const { death } = probe
      if (death !== undefined && DROP_CAUSES[death.cause].incidental) captures.commentOn(death)
      story.add({
        timeNs: death?.timeNs ?? probe.sentNs,
        node: flow.from,
        kind: 'probe.lost',
        text: `${flow.name}: probe ${probe.probe} ${endOfProbe(cause, at)}`,
        frameId,
        details: { flow: flow.name, probe: probe.probe, cause, at },
      })
    }
  }
}
