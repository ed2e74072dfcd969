import type { Ipv4Address } from '../../../protocols/addresses.ts'
import {
  readUint8,
  readUint16,
  readUint32,
  writeUint16,
  writeUint32,
} from '../../../protocols/bytes.ts'
import { adjustChecksum, adjustChecksum32, internetChecksum } from '../../../protocols/checksum.ts'
import { ICMP_HEADER_BYTES, parseQuote } from '../../../protocols/icmp/wire.ts'
import {
  destinationIpOf,
  fragmentOffsetOf,
  headerBytesOf,
  IP_PROTOCOL,
  IPV4_HEADER_BYTES,
  protocolOf,
  sourceIpOf,
  totalBytesOf,
  ttlOf,
} from '../../../protocols/ipv4/wire.ts'
import { parseTcpOptions } from '../../../protocols/tcp/options.ts'
import {
  rewriteTcpDestination,
  rewriteTcpSource,
  TCP_FLAG,
  TCP_HEADER_BYTES,
  tcpAcknowledgementOf,
  tcpFlagsOf,
  tcpPayloadAt,
  tcpSequenceOf,
  tcpWindowOf,
} from '../../../protocols/tcp/wire.ts'
import {
  rewriteUdpDestination,
  rewriteUdpSource,
  UDP_HEADER_BYTES,
  udpDestinationPortOf,
  udpSourcePortOf,
} from '../../../protocols/udp/wire.ts'
import { isWireError, type WireError } from '../../../protocols/wire-error.ts'
import {
  type Direction,
  type Endpoints,
  type IcmpSummary,
  icmpIdOf,
  icmpPorts,
  isIcmpError,
  type PacketSummary,
  type QuotedPacket,
  type TcpSummary,
  type Translation,
} from './packet.ts'

/** Between the bytes of an IPv4 packet and what pf thinks of it (pf_setup_pdesc, pf_change_ap). */

const FLAGS_AND_OFFSET = 6
const MORE_FRAGMENTS = 0x2000
const IP_CHECKSUM = 10
const IP_SOURCE = 12
const IP_DESTINATION = 16
const ICMP_CHECKSUM = 2
const ICMP_ID = 4
/** The place of the source port in the headers of TCP and UDP. */
const SOURCE_PORT = 0
const DESTINATION_PORT = 2

// --- Reading -----------------------------------------------------------------------------------

/** A summary that is written anew for each packet: one is read for every packet that crosses. */
export type SummaryBuffer = { -readonly [Field in keyof PacketSummary]-?: PacketSummary[Field] }

export function newSummaryBuffer(): SummaryBuffer {
  return {
    direction: 'in',
    interface: '',
    protocol: 0,
    source: 0,
    sourcePort: 0,
    target: 0,
    targetPort: 0,
    ttl: 0,
    totalBytes: 0,
    icmp: undefined,
    tcp: undefined,
    fragment: false,
    options: false,
  }
}

/**
 * Reads what pf looks at in the packet at `at`, whose IP header and length have been checked.
 * Checksums are not verified: pf does not.
 *
 * @param interfaceName the system's name, such as `vmx1.110`
 * @param into valid until the next packet is read into it
 * @returns why not, when the header behind that of IP is not all there: pf drops such a packet
 */
export function readSummary(
  bytes: Uint8Array,
  at: number,
  direction: Direction,
  interfaceName: string,
  into: SummaryBuffer = newSummaryBuffer(),
): PacketSummary | WireError {
  const headerBytes = headerBytesOf(bytes, at)
  const totalBytes = totalBytesOf(bytes, at)
  const protocol = protocolOf(bytes, at)
  const fragment = isFragment(bytes, at)
  const start = at + headerBytes
  const behind = fragment ? NOTHING : readTransport(bytes, protocol, start, at + totalBytes)
  if (isWireError(behind)) return behind
  into.direction = direction
  into.interface = interfaceName
  into.protocol = protocol
  into.source = sourceIpOf(bytes, at)
  into.sourcePort = behind.sourcePort
  into.target = destinationIpOf(bytes, at)
  into.targetPort = behind.targetPort
  into.ttl = ttlOf(bytes, at)
  into.totalBytes = totalBytes
  into.icmp = behind.icmp
  into.tcp = behind.tcp
  into.fragment = fragment
  into.options = headerBytes > IPV4_HEADER_BYTES
  return into
}

/** The fields behind the IP header. */
interface Transport {
  readonly sourcePort: number
  readonly targetPort: number
  readonly icmp: IcmpSummary | undefined
  readonly tcp: TcpSummary | undefined
}

const NOTHING: Transport = { sourcePort: 0, targetPort: 0, icmp: undefined, tcp: undefined }

function readTransport(
  bytes: Uint8Array,
  protocol: number,
  start: number,
  end: number,
): Transport | WireError {
  switch (protocol) {
    case IP_PROTOCOL.tcp: {
      const tcp = readTcp(bytes, start, end)
      if (isWireError(tcp)) return tcp
      const { sourcePort, targetPort } = portsAt(bytes, start)
      return { sourcePort, targetPort, icmp: undefined, tcp }
    }
    case IP_PROTOCOL.udp: {
      if (end - start < UDP_HEADER_BYTES) return 'truncated'
      const { sourcePort, targetPort } = portsAt(bytes, start)
      return { sourcePort, targetPort, icmp: undefined, tcp: undefined }
    }
    case IP_PROTOCOL.icmp: {
      if (end - start < ICMP_HEADER_BYTES) return 'truncated'
      const icmp = readIcmp(bytes, start, end)
      const { sourcePort, targetPort } = icmpPorts(icmp.type, readUint16(bytes, start + ICMP_ID))
      return { sourcePort, targetPort, icmp, tcp: undefined }
    }
    default:
      return NOTHING
  }
}

function isFragment(bytes: Uint8Array, at: number): boolean {
  const hasMore = (readUint16(bytes, at + FLAGS_AND_OFFSET) & MORE_FRAGMENTS) !== 0
  return hasMore || fragmentOffsetOf(bytes, at) > 0
}

/** The ports of TCP or UDP, which have them in the same place. */
function portsAt(bytes: Uint8Array, at: number): { sourcePort: number; targetPort: number } {
  return { sourcePort: udpSourcePortOf(bytes, at), targetPort: udpDestinationPortOf(bytes, at) }
}

function readTcp(bytes: Uint8Array, start: number, end: number): TcpSummary | WireError {
  if (end - start < TCP_HEADER_BYTES) return 'truncated'
  const payloadAt = tcpPayloadAt(bytes, start)
  if (payloadAt < start + TCP_HEADER_BYTES) return 'badLength'
  if (end < payloadAt) return 'truncated'
  const flags = tcpFlagsOf(bytes, start)
  const segment = {
    flags,
    seq: tcpSequenceOf(bytes, start),
    ack: tcpAcknowledgementOf(bytes, start),
    window: tcpWindowOf(bytes, start),
    payloadBytes: end - payloadAt,
  }
  if ((flags & TCP_FLAG.syn) === 0) return segment
  const { windowScale } = parseTcpOptions(bytes, start + TCP_HEADER_BYTES, payloadAt)
  return windowScale === undefined ? segment : { ...segment, wscale: windowScale }
}

function readIcmp(bytes: Uint8Array, start: number, end: number): IcmpSummary {
  const type = readUint8(bytes, start)
  const code = readUint8(bytes, start + 1)
  const quote = isIcmpError(type) ? readQuote(bytes, start + ICMP_HEADER_BYTES, end) : undefined
  return { type, code, quote }
}

function readQuote(bytes: Uint8Array, start: number, end: number): QuotedPacket | undefined {
  const quote = parseQuote(bytes, start, end)
  if (isWireError(quote) || fragmentOffsetOf(bytes, start) > 0) return undefined
  const { protocol, source, destination: target, payloadStart } = quote
  const common = { protocol, source, target }
  switch (protocol) {
    case IP_PROTOCOL.tcp:
      return { ...common, ...portsAt(bytes, payloadStart), seq: tcpSequenceOf(bytes, payloadStart) }
    case IP_PROTOCOL.udp:
      return { ...common, ...portsAt(bytes, payloadStart) }
    case IP_PROTOCOL.icmp: {
      const id = readUint16(bytes, payloadStart + ICMP_ID)
      return { ...common, ...icmpPorts(readUint8(bytes, payloadStart), id) }
    }
    default:
      return { ...common, sourcePort: 0, targetPort: 0 }
  }
}

// --- Writing -----------------------------------------------------------------------------------

/**
 * Carries a translation out in place. Checksums are adjusted, not made anew (RFC 1624): a fault in
 * the packet survives.
 */
export function applyTranslation(bytes: Uint8Array, at: number, translation: Translation): void {
  const payloadAt = at + headerBytesOf(bytes, at)
  switch (protocolOf(bytes, at)) {
    case IP_PROTOCOL.tcp:
      rewriteTcp(bytes, at, payloadAt, translation)
      break
    case IP_PROTOCOL.udp:
      rewriteUdp(bytes, at, payloadAt, translation)
      break
    case IP_PROTOCOL.icmp:
      rewriteIcmp(bytes, payloadAt, at + totalBytesOf(bytes, at), translation)
      break
  }
  rewriteAddresses(bytes, at, translation.source, translation.target)
}

function rewriteTcp(bytes: Uint8Array, at: number, payloadAt: number, to: Endpoints): void {
  rewriteTcpSource(bytes, payloadAt, sourceIpOf(bytes, at), to.source, to.sourcePort)
  rewriteTcpDestination(bytes, payloadAt, destinationIpOf(bytes, at), to.target, to.targetPort)
}

function rewriteUdp(bytes: Uint8Array, at: number, payloadAt: number, to: Endpoints): void {
  rewriteUdpSource(bytes, payloadAt, sourceIpOf(bytes, at), to.source, to.sourcePort)
  rewriteUdpDestination(bytes, payloadAt, destinationIpOf(bytes, at), to.target, to.targetPort)
}

function rewriteIcmp(bytes: Uint8Array, start: number, end: number, to: Translation): void {
  const checksum = readUint16(bytes, start + ICMP_CHECKSUM)
  if (to.quoted !== undefined) {
    const quoteAt = start + ICMP_HEADER_BYTES
    // The quote as one big word of the message.
    const before = ~internetChecksum(bytes, quoteAt, end) & 0xffff
    rewriteQuote(bytes, quoteAt, to.quoted)
    const after = ~internetChecksum(bytes, quoteAt, end) & 0xffff
    writeUint16(bytes, start + ICMP_CHECKSUM, adjustChecksum(checksum, before, after))
    return
  }
  const id = icmpIdOf(readUint8(bytes, start), to)
  if (id === undefined) return
  const before = readUint16(bytes, start + ICMP_ID)
  writeUint16(bytes, start + ICMP_ID, id)
  writeUint16(bytes, start + ICMP_CHECKSUM, adjustChecksum(checksum, before, id))
}

/** pf corrects the checksums of IP and UDP in a quote. Other checksums may be outside the quote. */
function rewriteQuote(bytes: Uint8Array, at: number, to: Endpoints): void {
  const payloadAt = at + headerBytesOf(bytes, at)
  switch (protocolOf(bytes, at)) {
    case IP_PROTOCOL.tcp:
      writeUint16(bytes, payloadAt + SOURCE_PORT, to.sourcePort)
      writeUint16(bytes, payloadAt + DESTINATION_PORT, to.targetPort)
      break
    case IP_PROTOCOL.udp:
      rewriteUdp(bytes, at, payloadAt, to)
      break
    case IP_PROTOCOL.icmp: {
      const id = icmpIdOf(readUint8(bytes, payloadAt), to)
      if (id !== undefined) writeUint16(bytes, payloadAt + ICMP_ID, id)
      break
    }
  }
  rewriteAddresses(bytes, at, to.source, to.target)
}

function rewriteAddresses(
  bytes: Uint8Array,
  at: number,
  source: Ipv4Address,
  target: Ipv4Address,
): void {
  const checksum = readUint16(bytes, at + IP_CHECKSUM)
  const halfway = adjustChecksum32(checksum, readUint32(bytes, at + IP_SOURCE), source)
  const adjusted = adjustChecksum32(halfway, readUint32(bytes, at + IP_DESTINATION), target)
  writeUint32(bytes, at + IP_SOURCE, source)
  writeUint32(bytes, at + IP_DESTINATION, target)
  writeUint16(bytes, at + IP_CHECKSUM, adjusted)
}
