import type { Ipv4Address } from '../addresses.ts'
import { readUint16, writeUint16 } from '../bytes.ts'
import { adjustChecksum, adjustChecksum32, transportChecksum } from '../checksum.ts'
import { IP_PROTOCOL } from '../ipv4/wire.ts'
import type { WireError } from '../wire-error.ts'

/** UDP over IPv4 (RFC 768). */

// --- Constants of the wire ---------------------------------------------------------------------

export const UDP_HEADER_BYTES = 8

const SOURCE_PORT = 0
const DESTINATION_PORT = 2
const LENGTH = 4
const CHECKSUM = 6

/** 0 means that there is no checksum. A checksum of 0 is sent as ffff, which is equal to it. */
const NO_CHECKSUM = 0
const OTHER_ZERO = 0xffff

// --- Fields in place, for forwarding -----------------------------------------------------------

export function udpSourcePortOf(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + SOURCE_PORT)
}

export function udpDestinationPortOf(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + DESTINATION_PORT)
}

/**
 * Changes the source port of a datagram and updates its checksum (RFC 1624) for the new port and
 * source address. A wrong checksum stays wrong. It does not change the IP header.
 *
 * @param addressBefore the old source address
 * @param address the new source address
 */
export function rewriteUdpSource(
  bytes: Uint8Array,
  at: number,
  addressBefore: Ipv4Address,
  address: Ipv4Address,
  port: number,
): void {
  rewrite(bytes, at, SOURCE_PORT, addressBefore, address, port)
}

/** Like `rewriteUdpSource`, for the destination. */
export function rewriteUdpDestination(
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
  const checksum = readUint16(bytes, at + CHECKSUM)
  if (checksum === NO_CHECKSUM) return
  const adjusted = adjustChecksum32(checksum, addressBefore, address)
  writeUint16(bytes, at + CHECKSUM, adjustChecksum(adjusted, portBefore, port) || OTHER_ZERO)
}

// --- Parsed form -------------------------------------------------------------------------------

interface UdpHeader {
  /** 0 to 65535; 0 when the sender expects no answer. */
  readonly sourcePort: number
  readonly destinationPort: number
}

export interface UdpDatagram extends UdpHeader {
  /** The position of the payload in the parsed bytes. */
  readonly payloadStart: number
  readonly payloadEnd: number
}

/**
 * Parses the datagram in `bytes[start, end)`, the payload of an IP packet with these addresses.
 * Bytes after its length are ignored (FreeBSD's udp_input). Errors: `truncated` below 8 bytes or its
 * length field, `badLength` for a length field below 8, `badChecksum`. On IPv4 the checksum can be
 * missing (RFC 768).
 */
export function parseUdp(
  bytes: Uint8Array,
  start: number,
  end: number,
  source: Ipv4Address,
  destination: Ipv4Address,
): UdpDatagram | WireError {
  if (end - start < UDP_HEADER_BYTES) return 'truncated'
  const length = readUint16(bytes, start + LENGTH)
  if (length < UDP_HEADER_BYTES) return 'badLength'
  if (end - start < length) return 'truncated'
  const payloadEnd = start + length
  const unchecked = readUint16(bytes, start + CHECKSUM) === NO_CHECKSUM
  if (
    !unchecked &&
    transportChecksum(IP_PROTOCOL.udp, bytes, start, payloadEnd, source, destination) !== 0
  ) {
    return 'badChecksum'
  }
  return {
    sourcePort: udpSourcePortOf(bytes, start),
    destinationPort: udpDestinationPortOf(bytes, start),
    payloadStart: start + UDP_HEADER_BYTES,
    payloadEnd,
  }
}

/**
 * Writes the header and checksum of a datagram whose payload is already at `start +
 * UDP_HEADER_BYTES`, and returns the end of the datagram.
 *
 * @param source the source address of the IP packet, for the checksum, as is `destination`
 * @param payloadBytes 0 to 65507
 */
export function writeUdp(
  bytes: Uint8Array,
  start: number,
  header: UdpHeader,
  source: Ipv4Address,
  destination: Ipv4Address,
  payloadBytes: number,
): number {
  const end = start + UDP_HEADER_BYTES + payloadBytes
  writeUint16(bytes, start + SOURCE_PORT, header.sourcePort)
  writeUint16(bytes, start + DESTINATION_PORT, header.destinationPort)
  writeUint16(bytes, start + LENGTH, UDP_HEADER_BYTES + payloadBytes)
  writeUint16(bytes, start + CHECKSUM, 0)
  const checksum = transportChecksum(IP_PROTOCOL.udp, bytes, start, end, source, destination)
  writeUint16(bytes, start + CHECKSUM, checksum || OTHER_ZERO)
  return end
}

// --- Text ---------------------------------------------------------------------------------------

/** The datagram as tcpdump prints it, without the addresses. */
export function describeUdp(datagram: UdpDatagram): string {
  const { sourcePort, destinationPort, payloadStart, payloadEnd } = datagram
  return `${sourcePort} > ${destinationPort}: UDP, length ${payloadEnd - payloadStart}`
}
