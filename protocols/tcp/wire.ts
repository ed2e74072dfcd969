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

// --- Fields in place, for those who forward ----------------------------------------------------

export function tcpSourcePortOf(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + SOURCE_PORT)
}

export function tcpDestinationPortOf(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + DESTINATION_PORT)
}

export function tcpSequenceOf(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + SEQUENCE)
}

/** Means nothing without the ACK flag. */
export function tcpAcknowledgementOf(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at + ACKNOWLEDGEMENT)
}

/** Bits of `TCP_FLAG`. */
export function tcpFlagsOf(bytes: Uint8Array, at: number): number {
  return readUint8(bytes, at + FLAGS)
}

/** As it stands there: to be scaled, unless on a SYN (RFC 7323, section 2.2). */
export function tcpWindowOf(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + WINDOW)
}

/** Where the header says that the payload begins. */
export function tcpPayloadAt(bytes: Uint8Array, at: number): number {
  return at + ((readUint8(bytes, at + DATA_OFFSET) >>> 4) << 2)
}

/**
 * Gives a segment another source port, and its checksum what follows from that and from another
 * source address (RFC 1624), which a fault in the segment thus survives. The address itself is in
 * the IP header, whose own checksum this leaves alone.
 *
 * @param addressBefore the source in the IP header that the checksum is still about
 * @param address the source that takes its place
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

/** The same for the destination. */
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
  const moved = adjustChecksum32(readUint16(bytes, at + CHECKSUM), addressBefore, address)
  writeUint16(bytes, at + CHECKSUM, adjustChecksum(moved, portBefore, port))
}

// --- Parsed form -------------------------------------------------------------------------------

export interface TcpHeader {
  /** 0 to 65535. */
  readonly sourcePort: number
  readonly destinationPort: number
  /** Of the first octet of the payload, or of the SYN before it: 32 bits. */
  readonly sequence: number
  /** The next octet that the sender expects; 0 without the ACK flag. */
  readonly acknowledgement: number
  /** Bits of `TCP_FLAG`. */
  readonly flags: number
  /** As on the wire, 16 bits: to be scaled, unless on a SYN (RFC 7323, section 2.2). */
  readonly window: number
  /** With the URG flag only: how far behind `sequence` the urgent data ends. */
  readonly urgent?: number
  readonly options: TcpOptions
}

export interface ParsedTcp extends TcpHeader {
  /** Where the options begin, as a position in the bytes that were parsed; they end at the payload. */
  readonly optionsStart: number
  readonly payloadStart: number
  readonly payloadEnd: number
}

/**
 * The segment that fills `bytes[start, end)`: `end` is where the IP packet ends, not the frame.
 *
 * @param source of the IP packet, as is `destination`: the checksum is also about them
 * @returns why not: `truncated` below 20 bytes or the length of the header, `badLength` when that is
 *   below 20, or `badChecksum`, which is also what a segment cut further back gives, as nothing in
 *   it tells its length
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

/** How long the header is, for those who must make room first: 20 to 44 bytes. */
export function tcpHeaderLength(options: TcpOptions): number {
  return TCP_HEADER_BYTES + tcpOptionsLength(options)
}

/**
 * Puts header and checksum around a payload that already lies at `start + tcpHeaderLength(options)`,
 * and returns where the segment ends.
 *
 * @param source of the IP packet that carries it, as is `destination`
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

/** In the order of their bits, as tcpdump does. */
const FLAG_LETTERS = 'FSRP.UEW'

/** Such as `S.` for a SYN with an ACK. */
export function describeTcpFlags(flags: number): string {
  return [...FLAG_LETTERS].filter((_, bit) => flags & (1 << bit)).join('') || 'none'
}

/**
 * As `tcpdump -S` prints it: sequence numbers are not relative to the first one.
 *
 * @param bytes those that the segment was parsed from, for its options
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
