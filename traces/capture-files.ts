import { type Nanoseconds, RUN_EPOCH_UNIX_US, toMicroseconds } from '../engine/time.ts'
import { isGroupMac, MAC_BROADCAST } from '../protocols/addresses.ts'
import { readUint48 } from '../protocols/bytes.ts'
import {
  type Comments,
  type EventMark,
  type Note,
  orderOfHappening,
  placeEvents,
  placeNotes,
  type Silence,
} from './capture-order.ts'
import { PcapWriter } from './pcap.ts'
import { type HostName, type InterfaceDescription, PcapngWriter, type Reception } from './pcapng.ts'
import type { RunFile } from './run-file.ts'
import type { SightingLog } from './sighting-log.ts'

/** A file is made in pieces of about this size. */
const CHUNK_BYTES = 256 * 1024
/** And one more block, so that the buffer of a piece need not grow. */
const CHUNK_ROOM_BYTES = CHUNK_BYTES + 16_384

/** Which run a capture is of: said in the header of each file. */
export interface CapturedRun {
  readonly scenario: string
  readonly seed: number
  /** The version of this program. */
  readonly version: string
  /** Names for addresses that belong to no capture point, such as virtual addresses. */
  readonly hostNames?: readonly HostName[]
}

/** A capture point: one network interface. */
export interface CapturePointOptions extends InterfaceDescription {
  /** Names the file and the interface in it. */
  readonly name: string
  readonly node: string
}

export interface CaptureFilesOptions {
  /** Also write all points in one file. */
  readonly merged?: boolean
  /** Also write each point as a classic pcap file. */
  readonly classicPcap?: boolean
}

/** All data of a recorder. */
export interface Recording {
  readonly run: CapturedRun
  readonly points: readonly CapturePointOptions[]
  readonly log: SightingLog
  readonly silences: readonly Silence[]
  readonly notes: readonly Note[]
  readonly events: readonly EventMark[]
  readonly endNs: Nanoseconds
}

/** The name of the file with every point, and so none that a point may have. */
export const ALL_POINTS = 'all'

const USER_APPLICATION = 'bascule'
/** Named so in place of the host's: a file tells nothing of the machine that made it. */
const OS = 'simulated'
const ALL_POINTS_WARNING =
  'Every capture point of the run: one packet appears at each point it passes, with the same packet id. ' +
  'TCP analysis and request/reply matching are unreliable here (false retransmissions); ' +
  'use the file of one point for those.'

/**
 * Makes the files of a recording: one per capture point, in order of creation, then all points in
 * one if that is wanted. It reads the recording and leaves it as it was.
 */
export function captureFiles(recording: Recording, options: CaptureFilesOptions): RunFile[] {
  const { points, log, events } = recording
  if (points.length === 0) return []
  const order = orderOfHappening(log, points.length, recording.silences, recording.endNs)
  const orderAt: number[][] = points.map(() => [])
  for (const sighting of order) orderAt[log.point(sighting)]?.push(sighting)

  const notes = placeNotes(log, order, recording.notes)

  const files: RunFile[] = []
  for (const [point, { name, node }] of points.entries()) {
    const sightings = orderAt[point] as number[]
    const heard = events.filter((event) => event.node === undefined || event.node === node)
    const header = describeRun(recording.run)
    const selection = { header, points: [point], sightings, notes, events: heard }
    files.push(file(`${name}.pcapng`, () => pcapng(recording, selection)))
    if (options.classicPcap) files.push(file(`${name}.pcap`, () => pcap(log, sightings)))
  }
  if (!options.merged) return files
  const header = `${describeRun(recording.run)} ${ALL_POINTS_WARNING}`
  const selection = { header, points: [...points.keys()], sightings: order, notes, events }
  files.push(file(`${ALL_POINTS}.pcapng`, () => pcapng(recording, selection)))
  return files
}

function file(name: string, chunks: RunFile['chunks']): RunFile {
  return { name: `captures/${name}`, chunks }
}

/** The part of a recording that one pcapng file shows. */
interface Selection {
  readonly header: string
  readonly points: readonly number[]
  /** The sightings at these points, in order of happening. */
  readonly sightings: readonly number[]
  readonly notes: Comments
  readonly events: readonly EventMark[]
}

function* pcapng(recording: Recording, selection: Selection): Iterable<Uint8Array> {
  const { run, log } = recording
  const { points, sightings, notes } = selection
  const writer = new PcapngWriter(CHUNK_ROOM_BYTES)
  writer.sectionHeader({
    comment: selection.header,
    os: OS,
    userApplication: `${USER_APPLICATION} ${run.version}`,
  })
  const interfaceIds = new Map<number, number>()
  for (const point of points) {
    const description = recording.points[point] as CapturePointOptions
    interfaceIds.set(point, writer.interfaceDescription(description))
  }
  const names = hostNames(recording)
  if (names.length > 0) writer.nameResolution(names)

  const { comments: events, unheard } = placeEvents(log, sightings, selection.events)
  const framesSeen = points.map(() => 0)
  for (const sighting of sightings) {
    const interfaceId = interfaceIds.get(log.point(sighting)) as number
    const bytes = log.bytes(sighting)
    framesSeen[interfaceId] = (framesSeen[interfaceId] as number) + 1
    writer.enhancedPacket({
      interfaceId,
      timeUnixUs: unixUs(log.timeNs(sighting)),
      bytes,
      direction: log.direction(sighting),
      reception: receptionOf(bytes),
      packetId: log.packetId(sighting),
      comments: joined(events.get(sighting), notes.get(sighting)),
    })
    if (writer.length >= CHUNK_BYTES) yield writer.drain()
  }
  for (const [interfaceId, framesReceived] of framesSeen.entries()) {
    writer.interfaceStatistics({
      interfaceId,
      startUnixUs: unixUs(0),
      endUnixUs: unixUs(recording.endNs),
      framesReceived,
      // Events that no frame of the file follows are not lost: they close it.
      comments: interfaceId === 0 ? unheard : [],
    })
  }
  yield writer.drain()
}

function* pcap(log: SightingLog, order: readonly number[]): Iterable<Uint8Array> {
  const writer = new PcapWriter(CHUNK_ROOM_BYTES)
  for (const sighting of order) {
    writer.packet(unixUs(log.timeNs(sighting)), log.bytes(sighting))
    if (writer.length >= CHUNK_BYTES) yield writer.drain()
  }
  yield writer.drain()
}

function describeRun(run: CapturedRun): string {
  const epochS = RUN_EPOCH_UNIX_US / 1_000_000
  return (
    `Scenario ${run.scenario}, seed ${run.seed}, ${USER_APPLICATION} ${run.version}. ` +
    `The run starts at ${epochS} s since 1970-01-01T00:00:00Z.`
  )
}

const NO_COMMENTS: readonly string[] = []

function joined(
  first: readonly string[] = NO_COMMENTS,
  second: readonly string[] = NO_COMMENTS,
): readonly string[] {
  if (first.length === 0) return second
  return second.length === 0 ? first : [...first, ...second]
}

/** The names given with the run, then the address of each point as that of its node. */
function hostNames(recording: Recording): HostName[] {
  const names = new Map<string, HostName>()
  const add = (entry: HostName) => names.set(`${entry.address} ${entry.name}`, entry)
  for (const entry of recording.run.hostNames ?? []) add(entry)
  for (const { ipv4, node } of recording.points) {
    if (ipv4 !== undefined) add({ address: ipv4.address, name: node })
  }
  return [...names.values()]
}

function receptionOf(bytes: Uint8Array): Reception {
  const destination = readUint48(bytes, 0)
  if (destination === MAC_BROADCAST) return 'broadcast'
  return isGroupMac(destination) ? 'multicast' : 'unicast'
}

function unixUs(timeNs: Nanoseconds): number {
  return RUN_EPOCH_UNIX_US + toMicroseconds(timeNs)
}
