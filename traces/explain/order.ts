import type { CastPoint, Sighting } from './recorded-run.ts'

/**
 * Puts the sightings of several files in one order of happening. Captures count whole microseconds,
 * so sightings of a packet may have equal times. Then its sender comes first, and each other node
 * sees it come in before it sees it go out; of the points of one NIC, the inner one sees it first
 * on the way out and last on the way in.
 */
export function inOrderOfHappening(
  sightings: readonly Sighting[],
  points: ReadonlyMap<string, CastPoint>,
): Sighting[] {
  const sorted = sightings.toSorted((a, b) => a.timeUs - b.timeUs || a.packetId - b.packetId)
  const nodeOf = ({ point }: Sighting): string => points.get(point)?.node ?? point
  const rankOf = ({ direction, point }: Sighting): number => {
    const isWholeNic = points.get(point)?.vlans !== undefined
    if (direction === 'inbound') return isWholeNic ? 0 : 1
    return isWholeNic ? 3 : 2
  }
  const ordered: Sighting[] = []
  for (let at = 0; at < sorted.length; ) {
    const first = sorted[at] as Sighting
    let end = at + 1
    while (end < sorted.length && isTie(sorted[end] as Sighting, first)) end++
    const ties = sorted.slice(at, end)
    at = end
    const receivers = new Set(ties.filter(isInbound).map(nodeOf))
    const nodes = [...new Set(ties.map(nodeOf))]
    nodes.sort((a, b) => Number(receivers.has(a)) - Number(receivers.has(b)))
    for (const node of nodes) {
      const own = ties.filter((each) => nodeOf(each) === node)
      ordered.push(...own.sort((a, b) => rankOf(a) - rankOf(b)))
    }
  }
  return ordered
}

function isTie(a: Sighting, b: Sighting): boolean {
  return a.timeUs === b.timeUs && a.packetId === b.packetId
}

function isInbound({ direction }: Sighting): boolean {
  return direction === 'inbound'
}
