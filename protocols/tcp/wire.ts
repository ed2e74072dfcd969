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
import { adjustChecksum, adjustChecksum32, transportChecksum } from '../checksum.ts'
import { IP_PROTOCOL } from '../ipv4/wire.ts'
import type { WireError } from '../wire-error.ts'
import {
  describeTcpOptions,
  parseTcpOptions,
  type TcpOptions,
  tcpOptionsLength,
  writeTcpOptions,
} from './options.ts'

/** TCP over IPv4 (RFC 9293, section 3.1). */

// --- Constants of the wire ---------------------------------------------------------------------

/** The header without options. */
export const TCP_HEADER_BYTES = 20

/** The control bits, to be combined with `|`. */
export const TCP_FLAG = {
  fin: 0x01,
  syn: 0x02,
  rst: 0x04,
  psh: 0x08,
  ack: 0x10,
  urg: 0x20,
  ece: 0x40,
  cwr: 0x80,
} as const

const SOURCE_PORT = 0
const DESTINATION_PORT = 2
const SEQUENCE = 4
const ACKNOWLEDGEMENT = 8
const DATA_OFFSET = 12
const FLAGS = 13
const WINDOW = 14
const CHECKSUM = 16
const URGENT = 18

// --- Fields in place, for forwarding -----------------------------------------------------------

export function tcpSourcePortOf(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + SOURCE_PORT)
}

export function tcpDestinationPortOf(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + DESTINATION_PORT)
}

export function tcpSequenceOf(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + SEQUENCE)
}

/** Valid only with the ACK flag. */
export function tcpAcknowledgementOf(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + ACKNOWLEDGEMENT)
}

/** Bits of `TCP_FLAG`. */
export function tcpFlagsOf(bytes: Uint8Array, at: number): number {
  return readUint8(bytes, at + FLAGS)
}

/** The window field, not scaled. */
export function tcpWindowOf(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + WINDOW)
}

/** The start of the payload, from the data offset. */
export function tcpPayloadAt(bytes: Uint8Array, at: number): number {
  return at + ((readUint8(bytes, at + DATA_OFFSET) >>> 4) << 2)
}

/**
 * Changes the source port of a segment and updates its checksum (RFC 1624) for the new port and
 * source address. A wrong checksum stays wrong. It does not change the IP header.
 *
 * @param addressBefore the old source address
 * @param address the new source address
 */
export function rewriteTcpSource(
  bytes: Uint8Array,
  at: number,
  addressBefore: Ipv4Address,
  address: Ipv4Address,
  port: number,
): void {
  rewrite(bytes, at, SOURCE_PORT, addressBefore, address, port)
}

/** Like `rewriteTcpSource`, for the destination. */
export function rewriteTcpDestination(
  bytes: Uint8Array,
  at: number,
  addressBefore: Ipv4Address,
  address: Ipv4Address,
  port: number,
): void {
  rewrite(bytes, at, DESTINATION_PORT, addressBefore, address, port)
}

function rewrite(
  bytes: Uint8Array,
  at: number,
  portField: number,
  addressBefore: Ipv4Address,
  address: Ipv4Address,
  port: number,
): void {
  const portBefore = readUint16(bytes, at + portField)
  writeUint16(bytes, at + portField, port)
  const adjusted = adjustChecksum32(readUint16(bytes, at + CHECKSUM), addressBefore, address)
  writeUint16(bytes, at + CHECKSUM, adjustChecksum(adjusted, portBefore, port))
}

// --- Parsed form -------------------------------------------------------------------------------

export interface TcpHeader {
  /** 0 to 65535. */
  readonly sourcePort: number
  readonly destinationPort: number
  /** The sequence number of the SYN or of the first octet: 32 bits. */
  readonly sequence: number
  /** 0 without the ACK flag. */
  readonly acknowledgement: number
  /** Bits of `TCP_FLAG`. */
  readonly flags: number
  /** The window field, 16 bits, not scaled. */
  readonly window: number
  /** The urgent pointer, only with the URG flag. */
  readonly urgent?: number
  readonly options: TcpOptions
}

export interface ParsedTcp extends TcpHeader {
  /** The position of the options in the parsed bytes; they end at the payload. */
  readonly optionsStart: number
  readonly payloadStart: number
  readonly payloadEnd: number
}

/**
 * Parses the segment in `bytes[start, end)`, the payload of an IP packet with these addresses.
 * Errors: `truncated` below 20 bytes or the header length, `badLength` for a header length below
 * 20, `badChecksum`.
 */
export function parseTcp(
  bytes: Uint8Array,
  start: number,
  end: number,
  source: Ipv4Address,
  destination: Ipv4Address,
): ParsedTcp | WireError {
  if (end - start < TCP_HEADER_BYTES) return 'truncated'
  const optionsStart = start + TCP_HEADER_BYTES
  const payloadStart = tcpPayloadAt(bytes, start)
  if (payloadStart < optionsStart) return 'badLength'
  if (end < payloadStart) return 'truncated'
  const checksum = transportChecksum(IP_PROTOCOL.tcp, bytes, start, end, source, destination)
  if (checksum !== 0) return 'badChecksum'
  const flags = tcpFlagsOf(bytes, start)
  return {
    sourcePort: tcpSourcePortOf(bytes, start),
    destinationPort: tcpDestinationPortOf(bytes, start),
    sequence: tcpSequenceOf(bytes, start),
    acknowledgement: flags & TCP_FLAG.ack ? tcpAcknowledgementOf(bytes, start) : 0,
    flags,
    window: tcpWindowOf(bytes, start),
    ...(flags & TCP_FLAG.urg ? { urgent: readUint16(bytes, start + URGENT) } : {}),
    options: parseTcpOptions(bytes, optionsStart, payloadStart),
    optionsStart,
    payloadStart,
    payloadEnd: end,
  }
}

/** The length of a header with these options: 20 to 44 bytes. */
export function tcpHeaderLength(options: TcpOptions): number {
  return TCP_HEADER_BYTES + tcpOptionsLength(options)
}

/**
 * Writes the header and checksum of a segment whose payload is already at `start +
 * tcpHeaderLength(options)`, and returns the end of the segment.
 *
 * @param source the source address of the IP packet, for the checksum, as is `destination`
 */
export function writeTcp(
  bytes: Uint8Array,
  start: number,
  header: TcpHeader,
  source: Ipv4Address,
  destination: Ipv4Address,
  payloadBytes: number,
): number {
  const payloadStart = writeTcpOptions(bytes, start + TCP_HEADER_BYTES, header.options)
  assert((payloadStart - start) % 4 === 0, 'a TCP header is a whole number of words')
  const end = payloadStart + payloadBytes
  writeUint16(bytes, start + SOURCE_PORT, header.sourcePort)
  writeUint16(bytes, start + DESTINATION_PORT, header.destinationPort)
  writeUint32(bytes, start + SEQUENCE, header.sequence)
  writeUint32(bytes, start + ACKNOWLEDGEMENT, header.acknowledgement)
  writeUint8(bytes, start + DATA_OFFSET, (payloadStart - start) << 2)
  writeUint8(bytes, start + FLAGS, header.flags)
  writeUint16(bytes, start + WINDOW, header.window)
  writeUint16(bytes, start + CHECKSUM, 0)
  writeUint16(bytes, start + URGENT, header.urgent ?? 0)
  const checksum = transportChecksum(IP_PROTOCOL.tcp, bytes, start, end, source, destination)
  writeUint16(bytes, start + CHECKSUM, checksum)
  return end
}

// --- Text ---------------------------------------------------------------------------------------

/** The letters of tcpdump, in the order of the bits. */
const FLAG_LETTERS = 'FSRP.UEW'

/** The flags as tcpdump prints them, such as `S.` for SYN and ACK. */
export function describeTcpFlags(flags: number): string {
  return [...FLAG_LETTERS].filter((_, bit) => flags & (1 << bit)).join('') || 'none'
}

/**
 * The segment as `tcpdump -S` prints it, with absolute sequence numbers.
 *
 * @param bytes the bytes that the segment was parsed from
 */
export function describeTcp(segment: ParsedTcp, bytes: Uint8Array): string {
  const { flags, sequence, optionsStart, payloadStart, payloadEnd } = segment
  const length = payloadEnd - payloadStart
  const end = length === 0 ? '' : `:${(sequence + length) >>> 0}`
  const takesSpace = length > 0 || flags & (TCP_FLAG.syn | TCP_FLAG.fin | TCP_FLAG.rst)
  const options = describeTcpOptions(bytes, optionsStart, payloadStart)
  return [
    `Flags [${describeTcpFlags(flags)}]`,
    ...(takesSpace ? [`seq ${sequence}${end}`] : []),
    ...(flags & TCP_FLAG.ack ? [`ack ${segment.acknowledgement}`] : []),
    `win ${segment.window}`,
    ...(segment.urgent === undefined ? [] : [`urg ${segment.urgent}`]),
    ...(options === '' ? [] : [`options [${options}]`]),
    `length ${length}`,
  ].join(', ')
}
