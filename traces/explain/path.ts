import { isGroupMac, type MacAddress } from '../../protocols/addresses.ts'
import type { Direction } from '../../protocols/frame/tap.ts'
import { type FrameText, readFrame } from '../frame-text.ts'
import { isActiveAt, type Reign } from './mastership.ts'
import { type Names, vhidOf } from './names.ts'
import type { Cast, CastPoint, Sighting } from './recorded-run.ts'

/** One packet seen at one capture point. */
export interface Hop {
  /** µs from the start of the run. */
  readonly timeUs: number
  /** µs since the last hop before it that was no copy; undefined for the first. */
  readonly sinceUs: number | undefined
  readonly point: string
  readonly node: string
  readonly direction: Direction
  /** The VLAN of the 802.1Q tag, where the frame has one here. */
  readonly vlanId: number | undefined
  readonly ttl: number | undefined
  /** Ethernet addresses, by name where they are known. */
  readonly from: string
  readonly to: string
  readonly destination: MacAddress
  /** The packet as tcpdump prints it. */
  readonly line: string
  /** Handed to a promiscuous port or flooded: beside the way to whom the frame was for. */
  readonly isCopy: boolean
  /** Ends of the packet that the captures note here: `sw1 Gi1/0/1: vlanNotAllowed`. */
  readonly deaths: readonly string[]
}

export interface PathContext {
  readonly cast: Cast
  readonly names: Names
  readonly reigns: readonly Reign[]
}

/** @param sightings of one packet, in order of happening */
export function pathOf(sightings: readonly Sighting[], context: PathContext): Hop[] {
  const views = sightings.map((sighting): View => {
    const text = readFrame(sighting.bytes)
    const place = context.cast.points.get(sighting.point) ?? { node: '', isUplink: false }
    return { sighting, text, place, leg: legOf(text) }
  })
  const ways = new Map<string, Way>()
  for (const { leg } of views) {
    if (!ways.has(leg)) {
      const onLeg = views.filter((each) => each.leg === leg)
      ways.set(leg, wayOf(onLeg, context))
    }
  }
  let lastUs: number | undefined
  return views.map((view) => {
    const { sighting, text, place } = view
    const { timeUs, point, direction, comments } = sighting
    const isCopy = !isOnWay(view, ways.get(view.leg))
    const sinceUs = lastUs === undefined ? undefined : timeUs - lastUs
    if (!isCopy) lastUs = timeUs
    const { source = 0, destination = 0, tag } = text.ethernet ?? {}
    return {
      timeUs,
      sinceUs,
      point,
      node: place.node,
      direction,
      vlanId: tag?.vlanId,
      ttl: text.ttl,
      from: context.names.nameOf(source),
      to: context.names.nameOf(destination),
      destination,
      line: text.line,
      isCopy,
      deaths: comments.flatMap((comment) => deathIn(comment) ?? []),
    }
  })
}

interface View {
  readonly sighting: Sighting
  readonly text: FrameText
  readonly place: CastPoint
  readonly leg: string
}

/** A frame keeps these from one router to the next; the tag, and what switches do, changes. */
function legOf({ ethernet, ttl }: FrameText): string {
  return `${ethernet?.source} ${ethernet?.destination} ${ttl}`
}

/** From which machine to which a frame went on one leg. */
interface Way {
  readonly senderHost: string | undefined
  /** The node that took it, with its ESXi host; empty if no capture shows one. */
  readonly takers: ReadonlyMap<string, string | undefined>
}

function wayOf(leg: readonly View[], context: PathContext): Way {
  const hostOf = (node: string): string | undefined =>
    context.cast.cards.find((card) => card.node === node)?.esxiHost
  const takers = new Map<string, string | undefined>()
  for (const view of leg) {
    const { node, isUplink } = view.place
    const arrived = view.sighting.direction === 'inbound' && !isUplink && hasInterfaceFor(view)
    if (arrived && isFor(node, view, context)) takers.set(node, hostOf(node))
  }
  const sent = leg.find(
    ({ place, sighting }) => !place.isUplink && sighting.direction !== 'inbound',
  )
  const { source = 0 } = leg[0]?.text.ethernet ?? {}
  const sender = sent?.place.node ?? context.names.cardOf(source)?.node
  return { senderHost: sender === undefined ? undefined : hostOf(sender), takers }
}

/** A promiscuous card gets frames of VLANs in which its machine has no interface there. */
function hasInterfaceFor({ place, text }: View): boolean {
  return place.vlans === undefined || place.vlans.includes(text.ethernet?.tag?.vlanId)
}

function isFor(node: string, { text, sighting }: View, { names, reigns }: PathContext): boolean {
  if (text.ethernet === undefined) return false
  const { destination } = text.ethernet
  if (isGroupMac(destination)) return true
  const vhid = vhidOf(destination)
  if (vhid !== undefined) return isActiveAt(reigns, node, vhid, sighting.timeUs)
  return names.cardOf(destination)?.node === node
}

/**
 * Whether a sighting is on the way of its packet. The sender and the receiver are; an uplink is if
 * the way leads through it. If no node took the frame, all uplinks are: any of them might have led
 * there.
 */
function isOnWay(view: View, way: Way | undefined): boolean {
  const { place, sighting } = view
  const { direction } = sighting
  if (!place.isUplink) {
    if (direction === 'outbound') return true
    return hasInterfaceFor(view) && (way === undefined || way.takers.has(place.node))
  }
  if (way === undefined || way.takers.size === 0) return true
  const hosts = [...way.takers.values()]
  return direction === 'inbound'
    ? hosts.includes(place.node)
    : way.senderHost === place.node && hosts.some((host) => host !== place.node)
}

/** How `topologies/run.ts` begins the comment on a frame that died; what it means follows. */
const DROP_COMMENT = /^DROP (.*: \w+)( \(.*\))?$/

function deathIn(comment: string): string | undefined {
  return DROP_COMMENT.exec(comment)?.[1]
}
