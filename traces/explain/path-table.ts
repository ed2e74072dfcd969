import { columns, seconds, wrap } from './layout.ts'
import type { Hop } from './path.ts'

const INDENT = '  '
/** Before the names of points that saw a copy. */
const COPY = '· '
const HEADER = ['seconds', '+µs', 'seen at', '', 'VLAN', 'TTL', 'from > to']
/** Counting from 0. */
const NUMERIC_COLUMNS = new Set([0, 1, 4, 5])

/**
 * The way of a packet: its content, then a row for each capture point. The content stands again
 * where it has changed, as by NAT.
 */
export function pathTable(title: string, hops: readonly Hop[]): string[] {
  const [first] = hops
  if (first === undefined) return []
  const [header = '', ...rows] = columns([HEADER, ...hops.map(rowOf)], NUMERIC_COLUMNS)
  const beside = header.indexOf('seen at')
  const note = (text: string): string[] => wrap(`${' '.repeat(beside)}${text}`, beside + 2)
  let line = first.line
  const body = hops.flatMap((hop, index) => {
    const notes = hop.deaths.flatMap((death) => note(`x died at ${death}`))
    if (hop.line !== line) {
      line = hop.line
      notes.unshift(...note(`now ${line}`))
    }
    return [rows[index] ?? '', ...notes]
  })
  return [
    title,
    ...wrap(`${INDENT}${first.line}`, INDENT.length + 3),
    '',
    ...[header, ...body].map((each) => INDENT + each),
  ]
}

function rowOf(hop: Hop): string[] {
  return [
    seconds(hop.timeUs),
    hop.sinceUs === undefined ? '' : String(hop.sinceUs),
    `${hop.isCopy ? COPY : ''}${hop.point}`,
    hop.direction === 'inbound' ? 'in' : 'out',
    hop.vlanId === undefined ? '-' : String(hop.vlanId),
    hop.ttl === undefined ? '-' : String(hop.ttl),
    `${hop.from} > ${hop.to}`,
  ]
}

/** The meaning of the signs in the tables; nothing if none is there. */
export function legendOf(hops: readonly Hop[]): string[] {
  if (!hops.some(({ isCopy }) => isCopy)) return []
  return [
    '',
    ...wrap(
      `${INDENT}${COPY}beside the way: a copy that was flooded or handed to a promiscuous port, and not for that node then`,
      INDENT.length + COPY.length,
    ),
  ]
}
