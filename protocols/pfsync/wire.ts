import { type Ipv4Address, type MacAddress, multicastMacOf } from '../addresses.ts'
import { readUint8, readUint16, writeUint8, writeUint16 } from '../bytes.ts'
import type { WireError } from '../wire-error.ts'
import { actionTitleOf, entryBytesOf, PFSYNC_ACTION } from './actions.ts'
import {
  actionAt,
  countAt,
  PFSYNC_SUBHEADER_BYTES,
  type PfsyncRegion,
  readRegion,
  regionLength,
  writeRegion,
  writeSubheader,
} from './regions.ts'

/** pfsync version 5 (FreeBSD if_pfsync.h, if_pfsync.c): a header, regions, and EOF. */

// --- Constants of the wire ---------------------------------------------------------------------

/** In front of all regions (struct pfsync_header). */
export const PFSYNC_HEADER_BYTES = 20
export const PFSYNC_CHECKSUM_BYTES = 16

/** 224.0.0.240, where pfsync goes without a peer's address (INADDR_PFSYNC_GROUP). */
export const PFSYNC_GROUP: Ipv4Address = 0xe000_00f0
/** 01:00:5e:00:00:f0. */
export const PFSYNC_GROUP_MAC: MacAddress = multicastMacOf(PFSYNC_GROUP)
/** Of the IP packet, both ways, a peer's address or not (PFSYNC_DFLTTL). */
export const PFSYNC_TTL = 255
/** Of the IP packet: IPTOS_LOWDELAY (pfsync_kstatus_to_softc). */
export const PFSYNC_TOS = 0x10

const VERSION = 0
const PADDING = 1
const LENGTH = 2
const RULESET_CHECKSUM = 4

const PFSYNC_VERSION = 5

// --- Parsed form -------------------------------------------------------------------------------

export interface PfsyncPacket {
  /** MD5 of the sender's loaded rules, 16 bytes (pfcksum). From the parser a copy. */
  readonly rulesetChecksum: Uint8Array
  /** In their order, without the EOF that ends them. */
  readonly regions: readonly PfsyncRegion[]
}

/** Why the rest of a packet is not looked at. What came before it counts. */
interface PfsyncFault {
  /**
   * `badType` for an action that FreeBSD has not or takes not (counted as badact), `badLength` for
   * entries that are not all there, or for an EOF that is not at the end (both badlen).
   */
  readonly reason: WireError
  readonly action: number
  readonly count: number
}

export interface ParsedPfsync extends PfsyncPacket {
  /** As the header says it: all from the header to EOF. */
  readonly lengthBytes: number
  /** Whether an EOF was found. Nobody insists on one. */
  readonly isTerminated: boolean
  readonly fault?: PfsyncFault
}

/**
 * As FreeBSD's pfsync_input, for which a packet is good up to its first fault. Where that stands
 * the regions end, and `fault` says why. Values of entries are not judged. States of 1301 and 1500
 * are stepped over, as `foreign`; to FreeBSD 14, which has no actions above 14 (PFSYNC_ACT_MAX),
 * the packet ends at those of 1500 as at a `badType`.
 *
 * @param end of the IP packet, without padding of the frame
 * @returns why nothing of it counts: `truncated` below 20 bytes, `badVersion`, `badLength` when the
 *   header announces more than there is
 */
export function parsePfsync(
  bytes: Uint8Array,
  start: number,
  end: number,
): ParsedPfsync | WireError {
  if (end - start < PFSYNC_HEADER_BYTES) return 'truncated'
  if (readUint8(bytes, start + VERSION) !== PFSYNC_VERSION) return 'badVersion'
  const lengthBytes = readUint16(bytes, start + LENGTH)
  if (end - start < lengthBytes) return 'badLength'
  const regions: PfsyncRegion[] = []
  const packet = {
    rulesetChecksum: bytes.slice(start + RULESET_CHECKSUM, start + PFSYNC_HEADER_BYTES),
    regions,
    lengthBytes,
  }
  let at = start + PFSYNC_HEADER_BYTES
  // Too little behind the last region for another one is no fault.
  while (at + PFSYNC_SUBHEADER_BYTES <= start + lengthBytes) {
    const action = actionAt(bytes, at)
    const entryBytes = entryBytesOf(action)
    const count = countAt(bytes, at)
    const isTerminated = action === PFSYNC_ACTION.eof
    if (entryBytes === undefined) {
      return { ...packet, isTerminated, fault: { reason: 'badType', action, count } }
    }
    const next = at + PFSYNC_SUBHEADER_BYTES + count * entryBytes
    // Entries may go beyond what the header announces, but not beyond the packet.
    if (isTerminated ? next !== end : next > end) {
      return { ...packet, isTerminated, fault: { reason: 'badLength', action, count } }
    }
    if (isTerminated) return { ...packet, isTerminated }
    regions.push(readRegion(bytes, at))
    at = next
  }
  return { ...packet, isTerminated: false }
}

/** The whole packet with its EOF, behind its IP header. */
export function pfsyncLength({ regions }: PfsyncPacket): number {
  let length = PFSYNC_HEADER_BYTES + PFSYNC_SUBHEADER_BYTES
  for (const region of regions) length += regionLength(region)
  return length
}

/** Writes header, regions and EOF at `start` and returns where it ends. */
export function writePfsync(bytes: Uint8Array, start: number, packet: PfsyncPacket): number {
  writeUint8(bytes, start + VERSION, PFSYNC_VERSION)
  writeUint8(bytes, start + PADDING, 0)
  bytes.set(packet.rulesetChecksum, start + RULESET_CHECKSUM)
  let at = start + PFSYNC_HEADER_BYTES
  for (const region of packet.regions) at = writeRegion(bytes, at, region)
  const end = writeSubheader(bytes, at, PFSYNC_ACTION.eof, 1)
  writeUint16(bytes, start + LENGTH, end - start)
  return end
}

// --- Text ---------------------------------------------------------------------------------------

/** As FreeBSD's tcpdump prints it, a line for each region. */
export function describePfsync(packet: ParsedPfsync): string {
  const { lengthBytes, regions, isTerminated, fault } = packet
  return [
    `PFSYNCv${PFSYNC_VERSION} len ${lengthBytes}`,
    ...regions.map(describeRegion),
    ...(isTerminated ? ['eof count 1'] : []),
    ...(fault === undefined || isTerminated ? [] : describeFault(fault)),
  ].join('\n    ')
}

function describeRegion(region: PfsyncRegion): string {
  if (region.kind === 'foreign') return describeCount(region.action, region.count)
  return describeCount(PFSYNC_ACTION[region.kind], region.entries.length)
}

function describeFault({ reason, action, count }: PfsyncFault): string[] {
  if (actionTitleOf(action) === undefined) return [`act UNKNOWN id ${action}`]
  return [
    describeCount(action, count),
    reason === 'badType' ? `unimplemented action ${action}` : '...',
  ]
}

function describeCount(action: number, count: number): string {
  return `${actionTitleOf(action)} count ${count}`
}
