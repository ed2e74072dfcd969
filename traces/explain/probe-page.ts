import { formatIpv4 } from '../../protocols/addresses.ts'
import type { LossMetrics } from '../flow-metrics.ts'
import { duration, heading, seconds, wrap } from './layout.ts'
import { describeCause, diedUs, outageOf, windowOf } from './losses.ts'
import { firstUs, type Packet, type Packets } from './packets.ts'
import { type Hop, type PathContext, pathOf } from './path.ts'
import { legendOf, pathTable } from './path-table.ts'
import { masterSentences, outageSentences } from './reasons.ts'
import type { RecordedFlow, RecordedRun } from './recorded-run.ts'
import { timelineOf } from './timeline.ts'

/** The parts that an explanation of one packet uses. */
export interface PacketContext extends PathContext {
  readonly run: RecordedRun
  readonly packets: Packets
}

/** A packet with its way. */
interface Travelled {
  readonly title: string
  readonly packet: Packet
  readonly hops: readonly Hop[]
}

/**
 * One probe of a flow: its way, its answer's, and how it ended.
 *
 * @param request undefined if no capture point saw it
 */
export function probePage(
  context: PacketContext,
  flow: RecordedFlow,
  probe: number,
  request: Packet | undefined,
): string[] {
  const { run, packets } = context
  const loss = flow.losses.find((each) => each.probe === probe)
  const client = run.cast.clients.get(flow.name)
  const travelled = travelledBy(context, client?.node, request, loss)
  const hops = travelled.flatMap((each) => each.hops)
  const sent = beginningOf(loss, request)
  const between = client === undefined ? '' : `, ${client.node} to ${formatIpv4(client.target)}`
  const lines = [heading(`${flow.name}/${probe} (${flow.kind})${between}${sent}`)]
  for (const { title, hops: way } of travelled) lines.push('', ...pathTable(title, way))
  lines.push(...legendOf(hops))
  if (run.gap !== '') lines.push('', ...wrap(`(${run.gap})`, 1))
  lines.push('')
  if (loss !== undefined) return [...lines, ...lostVerdict(context, flow, loss, travelled)]
  const answers = request === undefined ? [] : packets.answersTo(request)
  const back = travelled
    .filter(({ packet }) => answers.includes(packet))
    .map((each) => ({ ...each, arrival: arrivalAt(each.hops, client?.node) }))
    .find(({ arrival }) => arrival !== undefined)
  return [...lines, ...answeredVerdict(flow, probe, travelled[0], back)]
}

/**
 * The beginning of a probe. The metrics have the time when the client sent a lost one. Of others,
 * the captures show when they went on the wire, which is later if they had to wait for an ARP
 * answer.
 */
function beginningOf(loss: LossMetrics | undefined, request: Packet | undefined): string {
  if (loss !== undefined) return `, sent at ${seconds(loss.sentUs)} s`
  return request === undefined ? '' : `, on the wire at ${seconds(firstUs(request))} s`
}

/** The request, whatever answered it, and what else was lost of it: all that was seen anywhere. */
function travelledBy(
  context: PacketContext,
  client: string | undefined,
  request: Packet | undefined,
  loss: LossMetrics | undefined,
): Travelled[] {
  const { packets } = context
  const all = request === undefined ? [] : [request, ...packets.answersTo(request)]
  const dead = loss === undefined ? undefined : packets.find(loss.frameId)
  if (dead !== undefined && !all.includes(dead)) all.push(dead)
  return all.map((packet) => {
    const hops = pathOf(packet.sightings, context)
    const isRequest = packet === request || (packet.echo === undefined && isFrom(client, hops))
    return { title: `${titleOf(packet, isRequest)}, frame #${packet.id}`, packet, hops }
  })
}

function isFrom(client: string | undefined, [first]: readonly Hop[]): boolean {
  return first !== undefined && first.node === client && first.direction === 'outbound'
}

function titleOf({ echo }: Packet, isRequest: boolean): string {
  if (isRequest) return 'The request'
  if (echo?.kind === 'reply') return 'The reply'
  return echo?.kind === 'request' ? 'The packet' : 'The answer'
}

/** The last point where the node that a packet was for took it. */
function arrivalAt(hops: readonly Hop[], node?: string): Hop | undefined {
  return hops.findLast(
    (hop) =>
      hop.direction === 'inbound' && !hop.isCopy && (node === undefined || hop.node === node),
  )
}

function lostVerdict(
  { run, reigns }: PacketContext,
  flow: RecordedFlow,
  loss: LossMetrics,
  travelled: readonly Travelled[],
): string[] {
  const { events } = run
  const endUs = diedUs(events, flow.name, loss)
  const dead = travelled.find(({ packet }) => packet.id === loss.frameId)
  const frame = loss.frameId === 0 ? '' : ` (frame #${loss.frameId})`
  const place = loss.at === '' ? '' : ` at ${loss.at}`
  const verdict =
    loss.at === ''
      ? `LOST${frame}, and no frame died.`
      : `LOST: it died${place} at ${seconds(endUs)} s, ${duration(endUs - loss.sentUs)} after it was sent${frame}.`
  const sentences = [
    `${describeCause(loss.cause)}.`,
    ...masterSentences(reigns, loss, endUs, dead?.hops.at(-1)),
    ...outageSentences(run, flow, loss, endUs),
  ]
  const outage = outageOf(flow, loss.sentUs, endUs)
  const [fromUs, untilUs] = outage === undefined ? [loss.sentUs, endUs] : windowOf(events, outage)
  const timeline = timelineOf(run, flow.name, fromUs, untilUs)
  return [
    ...wrap(verdict, 2),
    ...sentences.flatMap((sentence) => wrap(`  ${sentence}`, 2)),
    ...(timeline.length === 0 ? [] : ['', 'What happened around it', ...timeline]),
  ]
}

function answeredVerdict(
  flow: RecordedFlow,
  probe: number,
  request: Travelled | undefined,
  back: (Travelled & { readonly arrival: Hop | undefined }) | undefined,
): string[] {
  if (request === undefined) {
    return wrap(`ANSWERED: ${flow.name}/${probe} is not among the losses of metrics.json.`, 2)
  }
  const sentUs = firstUs(request.packet)
  const delivered = arrivalAt(request.hops)
  const arrived =
    delivered === undefined
      ? ''
      : `delivered to ${delivered.node} after ${duration(delivered.timeUs - sentUs)}`
  if (back?.arrival === undefined) {
    const seen = arrived === '' ? '' : `It was ${arrived}. `
    return wrap(
      probe <= flow.sent
        ? `ANSWERED. ${seen}The answer was not seen at the client's own capture point.`
        : `UNDECIDED: still under way when its client ended, so neither lost nor answered. ${seen}`,
      2,
    )
  }
  const { arrival, packet } = back
  const clauses = [
    ...(arrived === '' ? [] : [arrived]),
    `the answer (frame #${packet.id}) reached ${arrival.node} at ${seconds(arrival.timeUs)} s`,
  ]
  return wrap(
    `ANSWERED ${duration(arrival.timeUs - sentUs)} after it went on the wire: ${clauses.join('; ')}.`,
    2,
  )
}
