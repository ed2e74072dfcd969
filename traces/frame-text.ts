import { formatIpv4 } from '../protocols/addresses.ts'
import { describeArp, parseArp } from '../protocols/arp/wire.ts'
import { describeCarp, parseCarp } from '../protocols/carp/wire.ts'
import {
  ETHER_TYPE,
  ETHER_TYPE_MIN,
  type EthernetHeader,
  ethernetLength,
  parseEthernet,
} from '../protocols/ethernet/wire.ts'
import { describeIcmp, parseIcmp } from '../protocols/icmp/wire.ts'
import { describeIgmp, parseIgmp } from '../protocols/igmp/wire.ts'
import { IP_PROTOCOL, type Ipv4Header, parseIpv4 } from '../protocols/ipv4/wire.ts'
import { describePfsync, parsePfsync } from '../protocols/pfsync/wire.ts'
import { describeBpdu, parseBpdu } from '../protocols/stp/wire.ts'
import { describeTcp, parseTcp } from '../protocols/tcp/wire.ts'
import { describeUdp, parseUdp } from '../protocols/udp/wire.ts'
import { isWireError, type WireError } from '../protocols/wire-error.ts'

/** A frame as a person reads it. */
export interface FrameText {
  /** Undefined if the frame is too short to have one. */
  readonly ethernet: EthernetHeader | undefined
  /** Undefined unless it carries IPv4. */
  readonly ttl: number | undefined
  /** The content as tcpdump prints it without the time: `IP 10.0.0.1 > 10.0.0.2: ICMP …`. */
  readonly line: string
}

/** @param bytes a whole frame, from its destination address on */
export function readFrame(bytes: Uint8Array): FrameText {
  const ethernet = parseEthernet(bytes, 0, bytes.length)
  if (isWireError(ethernet)) {
    return { ethernet: undefined, ttl: undefined, line: `[${ethernet}] frame` }
  }
  const start = ethernetLength(ethernet)
  switch (ethernet.etherType) {
    case ETHER_TYPE.ipv4: {
      const header = parseIpv4(bytes, start, bytes.length)
      if (isWireError(header)) return { ethernet, ttl: undefined, line: `IP [${header}]` }
      return { ethernet, ttl: header.ttl, line: describePacket(bytes, start, header) }
    }
    case ETHER_TYPE.arp:
    case ETHER_TYPE.rarp: {
      const packet = parseArp(bytes, start, bytes.length)
      const text = isWireError(packet) ? `[${packet}]` : describeArp(packet)
      return { ethernet, ttl: undefined, line: `ARP, ${text}, length ${bytes.length - start}` }
    }
    default: {
      const llc = bytes.length - start >= ethernet.etherType && ethernet.etherType < ETHER_TYPE_MIN
      const bpdu = llc ? parseBpdu(bytes, start, start + ethernet.etherType) : 'badType'
      if (!isWireError(bpdu)) return { ethernet, ttl: undefined, line: describeBpdu(bpdu) }
      const type = ethernet.etherType.toString(16).padStart(4, '0')
      const line = `ethertype 0x${type}, length ${bytes.length - start}`
      return { ethernet, ttl: undefined, line }
    }
  }
}

function describePacket(bytes: Uint8Array, at: number, header: Ipv4Header): string {
  const { source, destination, protocol } = header
  const start = at + header.headerBytes
  const end = at + header.totalBytes
  const [from, to] = [formatIpv4(source), formatIpv4(destination)]
  const line = <Parsed>(parsed: Parsed | WireError, describe: (parsed: Parsed) => string): string =>
    `IP ${from} > ${to}: ${isWireError(parsed) ? `[${parsed}] protocol ${protocol}` : describe(parsed as Parsed)}`
  if (header.fragmentOffset > 0) return `IP ${from} > ${to}: ip-proto-${protocol}`
  switch (protocol) {
    case IP_PROTOCOL.icmp:
      return line(parseIcmp(bytes, start, end), (message) => describeIcmp(message, bytes))
    case IP_PROTOCOL.igmp:
      return line(parseIgmp(bytes, start, end), describeIgmp)
    case IP_PROTOCOL.carp:
      return line(parseCarp(bytes, start, end), describeCarp)
    case IP_PROTOCOL.pfsync:
      // One line for each region there; here they share one.
      return line(parsePfsync(bytes, start, end), (packet) =>
        describePfsync(packet).replaceAll(/\n\s*/g, '; '),
      )
    case IP_PROTOCOL.tcp: {
      const segment = parseTcp(bytes, start, end, source, destination)
      if (isWireError(segment)) return line(segment, String)
      const { sourcePort, destinationPort } = segment
      return `IP ${from}.${sourcePort} > ${to}.${destinationPort}: ${describeTcp(segment, bytes)}`
    }
    case IP_PROTOCOL.udp: {
      const datagram = parseUdp(bytes, start, end, source, destination)
      if (isWireError(datagram)) return line(datagram, String)
      const ports = `${datagram.sourcePort} > ${datagram.destinationPort}`
      const rest = describeUdp(datagram).replace(`${ports}: `, '')
      return `IP ${from}.${datagram.sourcePort} > ${to}.${datagram.destinationPort}: ${rest}`
    }
    default:
      return `IP ${from} > ${to}: ip-proto-${protocol} ${end - start}`
  }
}
