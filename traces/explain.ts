import { flowPage } from './explain/flow-page.ts'
import { framePage } from './explain/frame-page.ts'
import { reignsOf } from './explain/mastership.ts'
import { Names } from './explain/names.ts'
import { type Packet, Packets } from './explain/packets.ts'
import { type PacketContext, probePage } from './explain/probe-page.ts'
import { probesOf } from './explain/probes.ts'
import { noSuchProbe, readQuestion } from './explain/question.ts'
import type { RecordedFlow, RecordedRun } from './explain/recorded-run.ts'

/** Explains a flow or one packet from the files of a run. */

export type Explanation =
  | { readonly ok: true; readonly lines: readonly string[] }
  /** `reason` is a sentence that says what there is instead. */
  | { readonly ok: false; readonly reason: string }

/** @param question `mgmt-ping`, `mgmt-ping/9`, `mgmt-ping 9`, `9`, `#146` or `frame 146` */
export function explain(run: RecordedRun, question: string): Explanation {
  const result = readQuestion(question, run)
  if (!result.ok) return result
  const asked = result.question
  if (asked.kind === 'frame') return explainFrame(contextOf(run), asked.frameId)
  const flow = run.flows.find(({ name }) => name === asked.flow) as RecordedFlow
  return asked.kind === 'flow'
    ? { ok: true, lines: flowPage(run, flow) }
    : explainProbe(contextOf(run), flow, asked.probe)
}

function contextOf(run: RecordedRun): PacketContext {
  const loops = [...run.cast.clients.values()].flatMap(({ probes }) =>
    probes?.protocol === 'rtp' ? probes.loop : [],
  )
  return {
    run,
    packets: new Packets(run.sightings ?? [], new Set(loops)),
    cast: run.cast,
    names: new Names(run.cast),
    reigns: reignsOf(run.events),
  }
}

function explainProbe(context: PacketContext, flow: RecordedFlow, number: number): Explanation {
  const { run, packets } = context
  const loss = flow.losses.find(({ probe }) => probe === number)
  const probes = probesOf(run, flow, packets)
  const request = probes?.get(number)?.request
  if (request === undefined && loss === undefined) {
    if (number > flow.sent) return { ok: false, reason: noSuchProbe(flow.name, number, flow.sent) }
    if (run.sightings !== undefined && probes === undefined) {
      return { ok: false, reason: untold(run, flow, number) }
    }
  }
  return { ok: true, lines: probePage(context, flow, number, request) }
}

function untold({ cast }: RecordedRun, flow: RecordedFlow, number: number): string {
  const why = cast.clients.get(flow.name)?.probes
    ? `its packets cannot be told from those of another ping between the same two`
    : `a flow of kind ${flow.kind} numbers only what it lost`
  return `${flow.name}/${number}: it was not lost, and ${why}; expected a lost probe, or a frame as #N`
}

/** A frame of a probe is told as the probe; any other one on its own. */
function explainFrame(context: PacketContext, frameId: number): Explanation {
  const { run, packets } = context
  for (const flow of run.flows) {
    const loss = flow.losses.find((each) => each.frameId === frameId)
    if (loss !== undefined && frameId !== 0) return explainProbe(context, flow, loss.probe)
  }
  const packet = packets.find(frameId)
  if (packet === undefined) return { ok: false, reason: unseen(context, frameId) }
  const owner = ownerOf(context, packet)
  return owner === undefined
    ? { ok: true, lines: framePage(context, packet) }
    : explainProbe(context, owner.flow, owner.probe)
}

function ownerOf(
  { run, packets }: PacketContext,
  packet: Packet,
): { flow: RecordedFlow; probe: number } | undefined {
  const request = packet.echo?.kind === 'request' ? packet : packets.requestOf(packet)
  if (request === undefined) return undefined
  for (const flow of run.flows) {
    for (const probe of probesOf(run, flow, packets)?.values() ?? []) {
      if (probe.request === request) return { flow, probe: probe.number }
    }
  }
  return undefined
}

function unseen({ run, packets }: PacketContext, frameId: number): string {
  if (run.sightings === undefined) return `#${frameId}: no frame can be shown: ${run.gap}`
  let [first, last] = [Number.POSITIVE_INFINITY, 0]
  for (const { id } of packets.all()) [first, last] = [Math.min(first, id), Math.max(last, id)]
  return last === 0
    ? `#${frameId}: no such frame; nothing was seen at the capture points`
    : `#${frameId}: no such frame; the captures have frames between #${first} and #${last}`
}
