import { formatIpv4, type Ipv4Address } from '../addresses.ts'
import { readUint8, readUint16, writeUint8, writeUint16 } from '../bytes.ts'
import { internetChecksum } from '../checksum.ts'
import {
  destinationIpOf,
  fragmentOffsetOf,
  headerBytesOf,
  IP_PROTOCOL,
  IPV4_HEADER_BYTES,
  protocolOf,
  sourceIpOf,
} from '../ipv4/wire.ts'
import { isWireError, type WireError } from '../wire-error.ts'

/** ICMP (RFC 792): echo, destination unreachable and time exceeded. */

// --- Constants of the wire ---------------------------------------------------------------------

/** The header of each message; the payload of an echo or the quote of an error follows. */
export const ICMP_HEADER_BYTES = 8
/** How many bytes an error quotes after the IP header. */
const ICMP_QUOTE_BYTES = 8

export const ICMP_TYPE = { echoReply: 0, unreachable: 3, echoRequest: 8, timeExceeded: 11 } as const
export const ICMP_UNREACHABLE = {
  net: 0,
  host: 1,
  protocol: 2,
  port: 3,
  fragmentationNeeded: 4,
} as const
export const ICMP_TIME_EXCEEDED = { inTransit: 0, inReassembly: 1 } as const

const TYPE = 0
const CODE = 1
const CHECKSUM = 2
const UNUSED = 4
const IDENTIFIER = 4
const SEQUENCE = 6
/** RFC 1191, section 4. */
const NEXT_HOP_MTU = 6

// --- Parsed form -------------------------------------------------------------------------------

interface IcmpEchoHeader {
  readonly reply: boolean
  readonly identifier: number
  readonly sequence: number
}

export interface IcmpEcho extends IcmpEchoHeader {
  readonly kind: 'echo'
  /** The position of the payload in the parsed bytes. */
  readonly payloadStart: number
  readonly payloadEnd: number
}

export interface IcmpUnreachable {
  readonly kind: 'unreachable'
  /** One of `ICMP_UNREACHABLE`, or 0 to 255. */
  readonly code: number
  /** In bytes; 0 unless the code is `fragmentationNeeded`, and from routers before RFC 1191. */
  readonly nextHopMtu: number
  /** The position of the quote in the parsed bytes, for `parseQuote`. */
  readonly quoteStart: number
  readonly quoteEnd: number
}

export interface IcmpTimeExceeded {
  readonly kind: 'timeExceeded'
  /** One of `ICMP_TIME_EXCEEDED`, or 0 to 255. */
  readonly code: number
  /** The position of the quote in the parsed bytes, for `parseQuote`. */
  readonly quoteStart: number
  readonly quoteEnd: number
}

interface IcmpOther {
  readonly kind: 'other'
  readonly type: number
  readonly code: number
}

export type IcmpMessage = IcmpEcho | IcmpUnreachable | IcmpTimeExceeded | IcmpOther

/**
 * Parses the message in `bytes[start, end)`, where `end` is the end of the IP packet. It ignores the
 * code of an echo, like FreeBSD's icmp_input. Errors: `truncated` below 8 bytes, `badChecksum`.
 */
export function parseIcmp(bytes: Uint8Array, start: number, end: number): IcmpMessage | WireError {
  if (end - start < ICMP_HEADER_BYTES) return 'truncated'
  if (internetChecksum(bytes, start, end) !== 0) return 'badChecksum'
  const type = readUint8(bytes, start + TYPE)
  const code = readUint8(bytes, start + CODE)
  const bodyStart = start + ICMP_HEADER_BYTES
  switch (type) {
    case ICMP_TYPE.echoRequest:
    case ICMP_TYPE.echoReply:
      return {
        kind: 'echo',
        reply: type === ICMP_TYPE.echoReply,
        identifier: readUint16(bytes, start + IDENTIFIER),
        sequence: readUint16(bytes, start + SEQUENCE),
        payloadStart: bodyStart,
        payloadEnd: end,
      }
    case ICMP_TYPE.unreachable: {
      const tooBig = code === ICMP_UNREACHABLE.fragmentationNeeded
      const nextHopMtu = tooBig ? readUint16(bytes, start + NEXT_HOP_MTU) : 0
      return { kind: 'unreachable', code, nextHopMtu, quoteStart: bodyStart, quoteEnd: end }
    }
    case ICMP_TYPE.timeExceeded:
      return { kind: 'timeExceeded', code, quoteStart: bodyStart, quoteEnd: end }
    default:
      return { kind: 'other', type, code }
  }
}

/**
 * Writes the header and checksum of an echo whose payload is already at `start +
 * ICMP_HEADER_BYTES`, and returns the end of the message.
 */
export function writeIcmpEcho(
  bytes: Uint8Array,
  start: number,
  echo: IcmpEchoHeader,
  payloadBytes: number,
): number {
  const end = start + ICMP_HEADER_BYTES + payloadBytes
  writeUint8(bytes, start + TYPE, echo.reply ? ICMP_TYPE.echoReply : ICMP_TYPE.echoRequest)
  writeUint8(bytes, start + CODE, 0)
  writeUint16(bytes, start + IDENTIFIER, echo.identifier)
  writeUint16(bytes, start + SEQUENCE, echo.sequence)
  writeChecksum(bytes, start, end)
  return end
}

export interface IcmpErrorHeader {
  readonly type: typeof ICMP_TYPE.unreachable | typeof ICMP_TYPE.timeExceeded
  readonly code: number
  /** For `fragmentationNeeded`: the MTU of the next hop, in bytes. */
  readonly nextHopMtu?: number
}

/** The length of an error about `packet`, in bytes. */
export function icmpErrorLength(packet: Uint8Array, quoteBytes = ICMP_QUOTE_BYTES): number {
  return ICMP_HEADER_BYTES + quotedLength(packet, quoteBytes)
}

/**
 * Writes an error at `start` and returns its end. It quotes the start of `packet`.
 *
 * @param packet the packet that the error is about, from its IP header on
 * @param quoteBytes how many bytes to quote after the IP header: 8 by default (RFC 792, FreeBSD's
 *   net.inet.icmp.quotelen)
 */
export function writeIcmpError(
  bytes: Uint8Array,
  start: number,
  error: IcmpErrorHeader,
  packet: Uint8Array,
  quoteBytes = ICMP_QUOTE_BYTES,
): number {
  const quoteStart = start + ICMP_HEADER_BYTES
  const length = quotedLength(packet, quoteBytes)
  writeUint8(bytes, start + TYPE, error.type)
  writeUint8(bytes, start + CODE, error.code)
  writeUint16(bytes, start + UNUSED, 0)
  writeUint16(bytes, start + NEXT_HOP_MTU, error.nextHopMtu ?? 0)
  bytes.set(packet.subarray(0, length), quoteStart)
  writeChecksum(bytes, start, quoteStart + length)
  return quoteStart + length
}

/** The fields that a quote contains of the packet that an error is about. */
export interface IcmpQuote {
  readonly protocol: number
  readonly source: Ipv4Address
  readonly destination: Ipv4Address
  /** The position of the 8 bytes after its IP header. */
  readonly payloadStart: number
  /** Only for an ICMP echo request or reply. */
  readonly identifier?: number
  readonly sequence?: number
}

/**
 * Parses the quote of an error. It ignores the checksum, because routers changed the header, and
 * the total length, because the quote is shorter. Errors: `truncated` without the header and 8 bytes
 * after it (FreeBSD's icmp_input, ICMP_ADVLEN), `badVersion`, `badLength` for a header below 20
 * bytes.
 */
export function parseQuote(bytes: Uint8Array, start: number, end: number): IcmpQuote | WireError {
  if (end - start < IPV4_HEADER_BYTES + ICMP_QUOTE_BYTES) return 'truncated'
  if (readUint8(bytes, start) >>> 4 !== 4) return 'badVersion'
  const headerBytes = headerBytesOf(bytes, start)
  if (headerBytes < IPV4_HEADER_BYTES) return 'badLength'
  if (end - start < headerBytes + ICMP_QUOTE_BYTES) return 'truncated'
  const payloadStart = start + headerBytes
  const protocol = protocolOf(bytes, start)
  const source = sourceIpOf(bytes, start)
  const destination = destinationIpOf(bytes, start)
  // Only the first fragment contains the ICMP header.
  if (protocol === IP_PROTOCOL.icmp && fragmentOffsetOf(bytes, start) === 0) {
    const type = readUint8(bytes, payloadStart + TYPE)
    if (type === ICMP_TYPE.echoRequest || type === ICMP_TYPE.echoReply) {
      const identifier = readUint16(bytes, payloadStart + IDENTIFIER)
      const sequence = readUint16(bytes, payloadStart + SEQUENCE)
      return { protocol, source, destination, payloadStart, identifier, sequence }
    }
  }
  return { protocol, source, destination, payloadStart }
}

function quotedLength(packet: Uint8Array, quoteBytes: number): number {
  return Math.min(packet.length, headerBytesOf(packet, 0) + quoteBytes)
}

function writeChecksum(bytes: Uint8Array, start: number, end: number): void {
  writeUint16(bytes, start + CHECKSUM, 0)
  writeUint16(bytes, start + CHECKSUM, internetChecksum(bytes, start, end))
}

// --- Text ---------------------------------------------------------------------------------------

/**
 * The message as tcpdump prints it; codes outside `ICMP_UNREACHABLE` are printed as numbers.
 *
 * @param bytes the bytes that the message was parsed from
 */
export function describeIcmp(message: IcmpMessage, bytes: Uint8Array): string {
  switch (message.kind) {
    case 'echo': {
      const { reply, identifier, sequence, payloadStart, payloadEnd } = message
      const length = payloadEnd - payloadStart + ICMP_HEADER_BYTES
      return `ICMP echo ${reply ? 'reply' : 'request'}, id ${identifier}, seq ${sequence}, length ${length}`
    }
    case 'unreachable':
      return `ICMP ${describeUnreachable(message, bytes)}, length ${errorLength(message)}`
    case 'timeExceeded':
      return `ICMP ${describeTimeExceeded(message.code)}, length ${errorLength(message)}`
    case 'other':
      return `ICMP type ${message.type}, code ${message.code}`
  }
}

function errorLength(message: IcmpUnreachable | IcmpTimeExceeded): number {
  return message.quoteEnd - message.quoteStart + ICMP_HEADER_BYTES
}

function describeUnreachable(message: IcmpUnreachable, bytes: Uint8Array): string {
  const { code, nextHopMtu, quoteStart, quoteEnd } = message
  const quote = parseQuote(bytes, quoteStart, quoteEnd)
  if (isWireError(quote)) return `unreachable - #${code}, quote ${quote}`
  const target = formatIpv4(quote.destination)
  switch (code) {
    case ICMP_UNREACHABLE.net:
      return `net ${target} unreachable`
    case ICMP_UNREACHABLE.host:
      return `host ${target} unreachable`
    case ICMP_UNREACHABLE.protocol:
      return `${target} protocol ${quote.protocol} unreachable`
    case ICMP_UNREACHABLE.port:
      return `${target} ${describePort(quote, bytes)} unreachable`
    case ICMP_UNREACHABLE.fragmentationNeeded:
      return `${target} unreachable - need to frag${nextHopMtu === 0 ? '' : ` (mtu ${nextHopMtu})`}`
    default:
      return `${target} unreachable - #${code}`
  }
}

/** TCP and UDP have the destination port at the same position. */
function describePort(quote: IcmpQuote, bytes: Uint8Array): string {
  const port = readUint16(bytes, quote.payloadStart + 2)
  if (quote.protocol === IP_PROTOCOL.udp) return `udp port ${port}`
  if (quote.protocol === IP_PROTOCOL.tcp) return `tcp port ${port}`
  return `protocol ${quote.protocol} port ${port}`
}

function describeTimeExceeded(code: number): string {
  if (code === ICMP_TIME_EXCEEDED.inTransit) return 'time exceeded in-transit'
  if (code === ICMP_TIME_EXCEEDED.inReassembly) return 'ip reassembly time exceeded'
  return `time exceeded-#${code}`
}
