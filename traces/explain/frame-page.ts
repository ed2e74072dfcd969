import { columns, heading, seconds, wrap } from './layout.ts'
import type { Packet } from './packets.ts'
import { pathOf } from './path.ts'
import { legendOf, pathTable } from './path-table.ts'
import type { PacketContext } from './probe-page.ts'

/** A packet that is no flow's probe, such as an advertisement: its way, and what it brought about. */
export function framePage(context: PacketContext, packet: Packet): string[] {
  const { run } = context
  const hops = pathOf(packet.sightings, context)
  const told = run.events.filter(({ frameId }) => frameId === packet.id)
  const rows = told.map(({ timeUs, node, text }) => [`  ${seconds(timeUs)}`, node, text])
  return [
    heading(`frame #${packet.id}`),
    '',
    ...pathTable('Its way', hops),
    ...legendOf(hops),
    ...(run.gap === '' ? [] : ['', ...wrap(`(${run.gap})`, 1)]),
    ...(rows.length === 0 ? [] : ['', 'What came with it', ...columns(rows)]),
  ]
}
