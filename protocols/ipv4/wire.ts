import { assert } from '../../engine/assert.ts'
import type { Ipv4Address } from '../addresses.ts'
import {
  readUint8,
  readUint16,
  readUint32,
  writeUint8,
  writeUint16,
  writeUint32,
} from '../bytes.ts'
import { adjustChecksum, internetChecksum } from '../checksum.ts'
import type { WireError } from '../wire-error.ts'

/** IPv4 (RFC 791). */

// --- Constants of the wire ---------------------------------------------------------------------

/** The header without options. */
export const IPV4_HEADER_BYTES = 20
/** The header with all the options it can hold. */
const IPV4_HEADER_MAX_BYTES = 60

export const IP_PROTOCOL = { icmp: 1, igmp: 2, tcp: 6, udp: 17, carp: 112, pfsync: 240 } as const

/** The option that IGMP messages carry (RFC 2113), for `writeIpv4`. */
export const IPV4_ROUTER_ALERT = Uint8Array.of(0x94, 0x04, 0x00, 0x00)

const VERSION_AND_LENGTH = 0
const TOS = 1
const TOTAL_BYTES = 2
const IDENTIFICATION = 4
const FLAGS_AND_OFFSET = 6
const TTL = 8
const PROTOCOL = 9
const CHECKSUM = 10
const SOURCE = 12
const DESTINATION = 16

const VERSION = 4
const DONT_FRAGMENT = 0x4000
const MORE_FRAGMENTS = 0x2000
const OFFSET_MASK = 0x1fff

// --- Fields in place, for forwarding -----------------------------------------------------------

export function headerBytesOf(bytes: Uint8Array, at: number): number {
  return (readUint8(bytes, at + VERSION_AND_LENGTH) & 0xf) << 2
}

/** The length of header and payload, without the padding of the frame. */
export function totalBytesOf(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + TOTAL_BYTES)
}

/** The fragment offset in bytes. */
export function fragmentOffsetOf(bytes: Uint8Array, at: number): number {
  return (readUint16(bytes, at + FLAGS_AND_OFFSET) & OFFSET_MASK) << 3
}

export function ttlOf(bytes: Uint8Array, at: number): number {
  return readUint8(bytes, at + TTL)
}

export function protocolOf(bytes: Uint8Array, at: number): number {
  return readUint8(bytes, at + PROTOCOL)
}

export function sourceIpOf(bytes: Uint8Array, at: number): Ipv4Address {
  return readUint32(bytes, at + SOURCE)
}

export function destinationIpOf(bytes: Uint8Array, at: number): Ipv4Address {
  return readUint32(bytes, at + DESTINATION)
}

/**
 * Decrements a TTL of at least 1 and updates the checksum (RFC 1624). A wrong checksum stays wrong.
 */
export function decrementTtl(bytes: Uint8Array, at: number): void {
  // The TTL is the high byte of its 16-bit word.
  const before = readUint16(bytes, at + TTL)
  const after = before - 0x100
  writeUint16(bytes, at + TTL, after)
  const checksum = readUint16(bytes, at + CHECKSUM)
  writeUint16(bytes, at + CHECKSUM, adjustChecksum(checksum, before, after))
}

// --- Parsed form -------------------------------------------------------------------------------

export interface Ipv4Header {
  /** 20 to 60, a multiple of 4; above 20 with options. */
  readonly headerBytes: number
  /** DSCP << 2 | ECN (RFC 2474, RFC 3168). */
  readonly tos: number
  /** The length of header and payload, up to 65535. */
  readonly totalBytes: number
  readonly identification: number
  readonly dontFragment: boolean
  readonly moreFragments: boolean
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset: number
  readonly ttl: number
  /** One of `IP_PROTOCOL`, or 0 to 255. */
  readonly protocol: number
  readonly source: Ipv4Address
  readonly destination: Ipv4Address
}

/**
 * Parses a header, with the checks of FreeBSD's ip_input in its order. Bytes after `totalBytes` are
 * padding. Errors: `truncated` when header or packet is incomplete, `badVersion`, `badLength` for a
 * header below 20 bytes or longer than its packet, `badChecksum`.
 */
export function parseIpv4(bytes: Uint8Array, start: number, end: number): Ipv4Header | WireError {
  if (end - start < IPV4_HEADER_BYTES) return 'truncated'
  if (readUint8(bytes, start + VERSION_AND_LENGTH) >>> 4 !== VERSION) return 'badVersion'
  const headerBytes = headerBytesOf(bytes, start)
  if (headerBytes < IPV4_HEADER_BYTES) return 'badLength'
  if (end - start < headerBytes) return 'truncated'
  if (internetChecksum(bytes, start, start + headerBytes) !== 0) return 'badChecksum'
  const totalBytes = totalBytesOf(bytes, start)
  if (totalBytes < headerBytes) return 'badLength'
  if (end - start < totalBytes) return 'truncated'
  const flagsAndOffset = readUint16(bytes, start + FLAGS_AND_OFFSET)
  return {
    headerBytes,
    tos: readUint8(bytes, start + TOS),
    totalBytes,
    identification: readUint16(bytes, start + IDENTIFICATION),
    dontFragment: (flagsAndOffset & DONT_FRAGMENT) !== 0,
    moreFragments: (flagsAndOffset & MORE_FRAGMENTS) !== 0,
    fragmentOffset: fragmentOffsetOf(bytes, start),
    ttl: ttlOf(bytes, start),
    protocol: protocolOf(bytes, start),
    source: sourceIpOf(bytes, start),
    destination: destinationIpOf(bytes, start),
  }
}

/**
 * Writes the header with its checksum at `start` and returns the start of the payload.
 *
 * @param options at most `headerBytes - 20` bytes; the rest is filled with End of Options
 */
export function writeIpv4(
  bytes: Uint8Array,
  start: number,
  header: Ipv4Header,
  options?: Uint8Array,
): number {
  const { headerBytes } = header
  const payloadAt = start + headerBytes
  assert(
    headerBytes >= IPV4_HEADER_BYTES + (options?.length ?? 0) &&
      headerBytes <= IPV4_HEADER_MAX_BYTES &&
      headerBytes % 4 === 0,
    'an IPv4 header has room for its options',
  )
  writeUint8(bytes, start + VERSION_AND_LENGTH, (VERSION << 4) | (headerBytes >>> 2))
  writeUint8(bytes, start + TOS, header.tos)
  writeUint16(bytes, start + TOTAL_BYTES, header.totalBytes)
  writeUint16(bytes, start + IDENTIFICATION, header.identification)
  writeUint16(
    bytes,
    start + FLAGS_AND_OFFSET,
    (header.dontFragment ? DONT_FRAGMENT : 0) |
      (header.moreFragments ? MORE_FRAGMENTS : 0) |
      (header.fragmentOffset >>> 3),
  )
  writeUint8(bytes, start + TTL, header.ttl)
  writeUint8(bytes, start + PROTOCOL, header.protocol)
  writeUint16(bytes, start + CHECKSUM, 0)
  writeUint32(bytes, start + SOURCE, header.source)
  writeUint32(bytes, start + DESTINATION, header.destination)
  if (headerBytes > IPV4_HEADER_BYTES) {
    bytes.fill(0, start + IPV4_HEADER_BYTES, payloadAt)
    if (options !== undefined) bytes.set(options, start + IPV4_HEADER_BYTES)
  }
  writeUint16(bytes, start + CHECKSUM, internetChecksum(bytes, start, payloadAt))
  return payloadAt
}
