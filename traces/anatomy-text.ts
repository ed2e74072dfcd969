import type { OutageAnatomy, OutagePart } from './anatomy.ts'
import { duration, seconds } from './explain/layout.ts'

/** What was waited for, for people. */
export const PART_TEXT: Readonly<Record<OutagePart, string>> = {
  detection: 'the standby to take over',
  election: 'a member to change its role',
  advertisement: 'the first advertisement of the new active member',
  macRelearn: 'a switch to learn where an address is now',
  arp: 'an ARP entry',
  state: 'a state of a packet filter',
  filter: 'the rules of a packet filter',
  link: 'a link',
  power: 'a machine',
  interface: 'an interface',
  route: 'a route',
  tunnel: 'an end of the tunnel',
  ageing: 'an outdated entry to be forgotten',
  client: 'the client to try anew',
  notEnded: 'nothing that came',
}

const LINES_MAX = 10

/** Outages of several flows that are the same, part for part. */
export interface SharedOutage {
  readonly flows: readonly string[]
  readonly outage: OutageAnatomy
}

/** Outages that are the same are told once. The longest first. */
export function sharedOutages(anatomy: readonly OutageAnatomy[]): SharedOutage[] {
  const byShape = new Map<string, { flows: string[]; outage: OutageAnatomy }>()
  for (const outage of anatomy) {
    const { flow, firstAcrossUs, ...shape } = outage
    const key = JSON.stringify(shape)
    const known = byShape.get(key)
    if (known === undefined) byShape.set(key, { flows: [flow], outage })
    else known.flows.push(flow)
  }
  return [...byShape.values()].sort((a, b) => b.outage.durationUs - a.outage.durationUs)
}

/** One outage in at most ten lines: the longest parts, in the order of time. */
export function describeAnatomy({ flows, outage }: SharedOutage): string[] {
  const { fault, downUs, durationUs, parts, lastAdvertUs, faultUs } = outage
  const lines = [
    `${flows.join(', ')}: down for ${duration(durationUs)} from ${seconds(downUs)} s${fault === null ? '' : `, after ${fault}`}`,
  ]
  if (lastAdvertUs !== null && faultUs !== null && lastAdvertUs < faultUs) {
    const agoUs = faultUs - lastAdvertUs
    lines.push(`  the last advertisement had been sent ${duration(agoUs)} before the fault`)
  }
  const room = LINES_MAX - lines.length
  const told =
    parts.length <= room
      ? parts
      : parts
          .toSorted((a, b) => b.durationUs - a.durationUs)
          .slice(0, room - 1)
          .toSorted((a, b) => a.fromUs - b.fromUs)
  for (const part of told) {
    const share = Math.round((100 * part.durationUs) / Math.max(1, durationUs))
    const [event = ''] = part.events
    const where = part.at.length === 0 ? '' : ` (${part.at.join(', ')})`
    const told = event === '' ? '' : `: ${event}`
    lines.push(
      `  ${duration(part.durationUs).padStart(12)} ${String(share).padStart(3)} %  waited for ${PART_TEXT[part.part]}${where}${told}`,
    )
  }
  if (told.length < parts.length) {
    const restUs = durationUs - told.reduce((sum, part) => sum + part.durationUs, 0)
    lines.push(
      `  ${duration(restUs).padStart(12)}        in ${parts.length - told.length} shorter parts`,
    )
  }
  return lines
}
