import { formatIpv4 } from '../../protocols/addresses.ts'
import type { LossMetrics } from '../flow-metrics.ts'
import { briefSeconds, columns, duration, heading, seconds, wrap } from './layout.ts'
import {
  describeCause,
  describeOutage,
  diedUs,
  faultBefore,
  type Outage,
  outageOf,
  windowOf,
} from './losses.ts'
import type { RecordedFlow, RecordedRun } from './recorded-run.ts'
import { timelineOf } from './timeline.ts'

/** All losses of a flow on a page: outage by outage, and then those that fell into none. */
export function flowPage(run: RecordedRun, flow: RecordedFlow): string[] {
  const lines = [heading(titleOf(run, flow)), ...summaryOf(flow)]
  const outageByLoss = new Map(
    flow.losses.map((loss) => {
      const endUs = diedUs(run.events, flow.name, loss)
      return [loss, outageOf(flow, loss.sentUs, endUs)] as const
    }),
  )
  const lossesIn = (outage: Outage | undefined): LossMetrics[] =>
    flow.losses.filter((loss) => outageByLoss.get(loss) === outage)
  for (const [index, outage] of flow.outages.entries()) {
    const which = flow.outages.length === 1 ? 'The outage' : `Outage ${index + 1}`
    lines.push('', `${which}: ${describeOutage(outage)}${causeOf(run, outage)}`)
    lines.push(...lossTable(lossesIn(outage)))
    const timeline = timelineOf(run, flow.name, ...windowOf(run.events, outage))
    if (timeline.length > 0) lines.push('', ...timeline)
  }
  const others = lossesIn(undefined)
  if (others.length > 0) lines.push('', 'Lost in no outage', ...lossTable(others))
  const [first] = flow.losses
  if (first !== undefined) {
    lines.push('', `Hop by hop: bascule explain DIR ${flow.name}/${first.probe}`)
  }
  return lines
}

function titleOf({ cast }: RecordedRun, { name, kind }: RecordedFlow): string {
  const client = cast.clients.get(name)
  if (client === undefined) return `${name} (${kind})`
  return `${name} (${kind}): ${client.node} to ${formatIpv4(client.target)}`
}

function summaryOf({
  sent,
  received,
  lost,
  rttUs,
  outageBoundsUs,
  losses,
}: RecordedFlow): string[] {
  const times =
    rttUs === undefined || rttUs === null
      ? ''
      : `, ${received} answered in ${range(duration(rttUs.min), duration(rttUs.max))}`
  const lines = wrap(`${lost} of ${sent} lost${times}.`, 0)
  if (outageBoundsUs !== undefined && losses.length > 0) {
    const [low, high] = outageBoundsUs
    const proved = `${briefSeconds(low)} to ${briefSeconds(high)} s`
    lines.push(`If it was one outage, the losses alone prove ${proved}; what follows is the truth.`)
  }
  return lines
}

function causeOf({ events }: RecordedRun, outage: Outage): string {
  const fault = faultBefore(events, outage)
  return fault === undefined ? '' : `, after ${fault.text} at ${seconds(fault.timeUs)} s`
}

/** Consecutive probes with the same end are one row. */
function lossTable(losses: readonly LossMetrics[]): string[] {
  if (losses.length === 0) return ['  no probe was lost in it']
  const groups: [LossMetrics, ...LossMetrics[]][] = []
  for (const loss of losses) {
    const group = groups.at(-1)
    const last = group?.at(-1)
    const isNext = last?.probe === loss.probe - 1
    if (isNext && last.cause === loss.cause && last.at === loss.at) group?.push(loss)
    else groups.push([loss])
  }
  const header = ['  lost', 'probes', 'sent', 'frames', 'where', 'cause']
  const rows = groups.map((group) => {
    const [first] = group
    const last = group.at(-1) ?? first
    return [
      `  ${group.length}`,
      range(String(first.probe), String(last.probe)),
      range(seconds(first.sentUs), seconds(last.sentUs)),
      framesOf(group),
      first.at || '-',
      first.cause,
    ]
  })
  const causes = new Set(losses.map(({ cause }) => cause))
  return [
    ...columns([header, ...rows]),
    ...[...causes].flatMap((cause) => wrap(`  ${describeCause(cause)}`, 4)),
  ]
}

/** Few enough frames to be named one by one. */
const FRAMES_NAMED = 4

/** Losses of other flows lie between them, so a range is not all of them. */
function framesOf(group: readonly LossMetrics[]): string {
  // Probes that share a stream die with one segment.
  const frameIds = new Set(group.map(({ frameId }) => frameId).filter((id) => id !== 0))
  const ids = [...frameIds].map((id) => `#${id}`)
  if (ids.length <= FRAMES_NAMED) return ids.join(' ') || '-'
  return `${ids[0]} … ${ids.at(-1)}`
}

function range(first: string, last: string): string {
  return first === last ? first : `${first} to ${last}`
}
