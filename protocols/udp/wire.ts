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

/** Says that the sender made no checksum. One that comes out as 0 is sent as its other zero. */
const NO_CHECKSUM = 0
const OTHER_ZERO = 0xffff

// --- Fields in place, for those who forward ----------------------------------------------------

export function udpSourcePortOf(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + SOURCE_PORT)
}

export function udpDestinationPortOf(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + DESTINATION_PORT)
}

/**
 * Gives a datagram another source port, and its checksum what follows from that and from another
 * source address (RFC 1624), which a fault in the datagram thus survives. The address itself is in
 * the IP header, whose own checksum this leaves alone.
 *
 * @param addressBefore the source in the IP header that the checksum is still about
 * @param address the source that takes its place
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

/** The same for the destination. */
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
  const moved = adjustChecksum32(checksum, addressBefore, address)
  writeUint16(bytes, at + CHECKSUM, adjustChecksum(moved, portBefore, port) || OTHER_ZERO)
}

// --- Parsed form -------------------------------------------------------------------------------

interface UdpHeader {
  /** 0 to 65535; 0 is a sender that wants no answer. */
  readonly sourcePort: number
  readonly destinationPort: number
}

export interface UdpDatagram extends UdpHeader {
  /** The payload, as positions in the bytes that were parsed. */
  readonly payloadStart: number
  readonly payloadEnd: number
}

/**
 * The datagram in `bytes[start, end)`, the payload of an IP packet; what lies behind the length that
 * it announces is ignored (FreeBSD's udp_input).
 *
 * @param source of the IP packet, as is `destination`: the checksum is also about them
 * @returns why not: `truncated` below 8 bytes or the announced length, `badLength` when it announces
 *   less than its header, `badChecksum`; none at all is fine on IPv4 (RFC 768)
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
 * Puts header and checksum around a payload that already lies at `start + UDP_HEADER_BYTES`, and
 * returns where the datagram ends.
 *
 * @param source of the IP packet that carries it, as is `destination`
 * @param payloadBytes 0 to 65507, what fits an IP packet
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

// --- As a person reads it ----------------------------------------------------------------------

/** As tcpdump prints a datagram of which it knows no more, but without the addresses. */
export function describeUdp(datagram: UdpDatagram): string {
  const { sourcePort, destinationPort, payloadStart, payloadEnd } = datagram
  return `${sourcePort} > ${destinationPort}: UDP, length ${payloadEnd - payloadStart}`
}
