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

/** pfsync version 5 (FreeBSD if_pfsync.h, if_pfsync.c): a header, regions and EOF. */

// --- Constants of the wire ---------------------------------------------------------------------

/** The header before the regions (struct pfsync_header). */
export const PFSYNC_HEADER_BYTES = 20
export const PFSYNC_CHECKSUM_BYTES = 16

/** 224.0.0.240, the destination without a configured peer (INADDR_PFSYNC_GROUP). */
export const PFSYNC_GROUP: Ipv4Address = 0xe000_00f0
/** 01:00:5e:00:00:f0. */
export const PFSYNC_GROUP_MAC: MacAddress = multicastMacOf(PFSYNC_GROUP)
/** The IP TTL, sent and required (PFSYNC_DFLTTL). */
export const PFSYNC_TTL = 255
/** The IP TOS: IPTOS_LOWDELAY (pfsync_kstatus_to_softc). */
export const PFSYNC_TOS = 0x10

const VERSION = 0
const PADDING = 1
const LENGTH = 2
const RULESET_CHECKSUM = 4

const PFSYNC_VERSION = 5

// --- Parsed form -------------------------------------------------------------------------------

export interface PfsyncPacket {
  /** MD5 of the rules of the sender, 16 bytes (pfcksum); the parser makes a copy. */
  readonly rulesetChecksum: Uint8Array
  /** In their order, without EOF. */
  readonly regions: readonly PfsyncRegion[]
}

/** Why the rest of a packet is ignored; the regions before it are valid. */
interface PfsyncFault {
  /**
   * `badType` for an unknown or refused action (counted as badact); `badLength` for an incomplete
   * region or an EOF before the end (counted as badlen).
   */
  readonly reason: WireError
  readonly action: number
  readonly count: number
}

export interface ParsedPfsync extends PfsyncPacket {
  /** The length field, from the header to EOF. */
  readonly lengthBytes: number
  /** Whether the packet has an EOF; FreeBSD does not require it. */
  readonly isTerminated: boolean
  readonly fault?: PfsyncFault
}

/**
 * Parses a packet like FreeBSD's pfsync_input: it is valid up to its first fault. It does not check
 * the values of entries. States of 1301 and 1500 become `foreign` regions; FreeBSD 14 refuses those
 * of 1500 (PFSYNC_ACT_MAX is 14). Errors: `truncated` below 20 bytes, `badVersion`, `badLength` when
 * the length field is beyond the end.
 *
 * @param end the end of the IP packet, without the padding of the frame
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
  // A rest that is shorter than a subheader is not a fault.
  while (at + PFSYNC_SUBHEADER_BYTES <= start + lengthBytes) {
    const action = actionAt(bytes, at)
    const entryBytes = entryBytesOf(action)
    const count = countAt(bytes, at)
    const isTerminated = action === PFSYNC_ACTION.eof
    if (entryBytes === undefined) {
      return { ...packet, isTerminated, fault: { reason: 'badType', action, count } }
    }
    const next = at + PFSYNC_SUBHEADER_BYTES + count * entryBytes
    // Entries can exceed the length field, but not the packet.
    if (isTerminated ? next !== end : next > end) {
      return { ...packet, isTerminated, fault: { reason: 'badLength', action, count } }
    }
    if (isTerminated) return { ...packet, isTerminated }
    regions.push(readRegion(bytes, at))
    at = next
  }
  return { ...packet, isTerminated: false }
}

/** The length of the packet with EOF, without the IP header. */
export function pfsyncLength({ regions }: PfsyncPacket): number {
  let length = PFSYNC_HEADER_BYTES + PFSYNC_SUBHEADER_BYTES
  for (const region of regions) length += regionLength(region)
  return length
}

/** Writes header, regions and EOF at `start` and returns the end. */
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

/** The packet as tcpdump of FreeBSD prints it, with a line for each region. */
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
