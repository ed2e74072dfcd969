import type { Ipv4Address } from '../../../protocols/addresses.ts'
import { ICMP_TYPE } from '../../../protocols/icmp/wire.ts'

/**
 * The parts of a packet that pf reads (struct pf_pdesc of sys/netpfil/pf/pf.c), without its
 * bytes.
 */

/** Which way a packet crosses an interface, seen from the firewall. */
export type Direction = 'in' | 'out'

export interface TcpSummary {
  /** Bits of `TCP_FLAG`. */
  readonly flags: number
  /** 0 to 2^32 - 1, as all sequence numbers. */
  readonly seq: number
  readonly ack: number
  /** The window of the header, not scaled: 0 to 65535. */
  readonly window: number
  readonly payloadBytes: number
  /** The shift of the window scale option, 0 to 255, where a segment with SYN carries one. */
  readonly wscale?: number
}

/** Source and target of a flow. What ports mean in ICMP, `icmpPorts` says. */
export interface Endpoints {
  readonly source: Ipv4Address
  readonly sourcePort: number
  readonly target: Ipv4Address
  readonly targetPort: number
}

/** The packet that an ICMP error is about, which went the opposite way. */
export interface QuotedPacket extends Endpoints {
  readonly protocol: number
  /** The sequence number of a TCP segment. */
  readonly seq?: number
}

export interface IcmpSummary {
  readonly type: number
  readonly code: number
  /** With errors only, and only as far as they quote the first fragment of a packet. */
  readonly quote?: QuotedPacket | undefined
}

export interface PacketSummary extends Endpoints {
  readonly direction: Direction
  /** The system's name of the interface, such as `vmx1.110`: pfsync sends it to the peer. */
  readonly interface: string
  /** One of `IP_PROTOCOL`, or 0 to 255. */
  readonly protocol: number
  readonly ttl: number
  /** IP header and payload: what the byte counters of a state count. */
  readonly totalBytes: number
  /** With ICMP, unless `fragment`. */
  readonly icmp?: IcmpSummary | undefined
  /** With TCP, unless `fragment`. */
  readonly tcp?: TcpSummary | undefined
  /** A fragment, even the first: pf then looks at nothing behind the IP header. */
  readonly fragment?: boolean
  /** The IP header has options, which takes a rule with `allow-opts`. */
  readonly options?: boolean
}

/** The translated addresses and ports of a packet. */
export interface Translation extends Endpoints {
  /** The translated addresses and ports of the packet that an ICMP error quotes. */
  readonly quoted?: Endpoints
}

// --- ICMP as a flow ----------------------------------------------------------------------------

/** A type of ICMP request, and the type of its answer. Both belong to the flow of the request. */
interface Query {
  readonly request: number
  readonly reply: number
  readonly hasId: boolean
}

/** pf_icmp_mapping, without types that no system uses any more. */
const QUERIES: readonly Query[] = [
  { request: ICMP_TYPE.echoRequest, reply: ICMP_TYPE.echoReply, hasId: true },
  { request: 13, reply: 14, hasId: true }, // timestamp
  { request: 15, reply: 16, hasId: true }, // information
  { request: 17, reply: 18, hasId: true }, // address mask
  { request: 10, reply: 9, hasId: false }, // router solicitation
]

/** Unreachable, source quench, redirect, time exceeded, parameter problem (pf_icmp_mapping). */
export function isIcmpError(type: number): boolean {
  return type === 3 || type === 4 || type === 5 || type === 11 || type === 12
}

/**
 * The ports that pf gives an ICMP message (pf_icmp_mapping, since FreeBSD-SA-24:05): the identifier
 * on the side that asks, the type of the request on the side that answers. All other types are a
 * flow of their own.
 *
 * @param id the two octets where an echo has its identifier; types that have none ignore it
 */
export function icmpPorts(type: number, id: number): { sourcePort: number; targetPort: number } {
  for (const { request, reply, hasId } of QUERIES) {
    if (type === request) return { sourcePort: hasId ? id : 0, targetPort: request }
    if (type === reply) return { sourcePort: request, targetPort: hasId ? id : 0 }
  }
  return { sourcePort: 0, targetPort: type }
}

/** The inverse of `icmpPorts`: the identifier; undefined for types that have none. */
export function icmpIdOf(type: number, flow: Endpoints): number | undefined {
  for (const { request, reply, hasId } of QUERIES) {
    if (hasId && type === request) return flow.sourcePort
    if (hasId && type === reply) return flow.targetPort
  }
  return undefined
}
