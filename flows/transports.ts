import { ICMP_HEADER_BYTES, ICMP_TYPE } from '../protocols/icmp/wire.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES } from '../protocols/ipv4/wire.ts'
import { UDP_HEADER_BYTES } from '../protocols/udp/wire.ts'
import type { WatchedFlow } from './reachability.ts'

/** The packets of a flow in both directions, as devices decide by them. */
export type Transports = Pick<WatchedFlow, 'there' | 'back'>

export function echoTransports(identifier: number, dataBytes: number): Transports {
  const common = {
    protocol: IP_PROTOCOL.icmp,
    totalBytes: IPV4_HEADER_BYTES + ICMP_HEADER_BYTES + dataBytes,
  }
  return {
    there: { ...common, icmp: { type: ICMP_TYPE.echoRequest, identifier } },
    back: { ...common, icmp: { type: ICMP_TYPE.echoReply, identifier } },
  }
}

export interface PortPair {
  readonly client: number
  readonly server: number
}

/** @param payloadBytes the same in both directions */
export function udpTransports({ client, server }: PortPair, payloadBytes: number): Transports {
  const common = {
    protocol: IP_PROTOCOL.udp,
    totalBytes: IPV4_HEADER_BYTES + UDP_HEADER_BYTES + payloadBytes,
  }
  return {
    there: { ...common, ports: { sourcePort: client, targetPort: server } },
    back: { ...common, ports: { sourcePort: server, targetPort: client } },
  }
}

/** Headers of IP and TCP with the options of a SYN: MSS, window scale and timestamps. */
const SYN_BYTES = 60
/** The same with timestamps only, as all other segments have them. */
const SEGMENT_HEADERS_BYTES = 52
const SEGMENT_MAX_BYTES = 1_500

/** A SYN and what answers it. */
export function openingTransports(ports: PortPair): Transports {
  return tcpTransports(ports, true, SYN_BYTES, SYN_BYTES)
}

/** Segments in the middle of a connection: the largest that a request and a response are cut into. */
export function sessionTransports(
  ports: PortPair,
  requestBytes: number,
  responseBytes: number,
): Transports {
  return tcpTransports(ports, false, segmentBytes(requestBytes), segmentBytes(responseBytes))
}

function segmentBytes(payloadBytes: number): number {
  return Math.min(SEGMENT_MAX_BYTES, SEGMENT_HEADERS_BYTES + payloadBytes)
}

function tcpTransports(
  { client, server }: PortPair,
  isOpening: boolean,
  thereBytes: number,
  backBytes: number,
): Transports {
  const protocol = IP_PROTOCOL.tcp
  const [there, back] = [
    { sourcePort: client, targetPort: server },
    { sourcePort: server, targetPort: client },
  ]
  return {
    there: { protocol, isOpening, totalBytes: thereBytes, ports: there },
    back: { protocol, totalBytes: backBytes, ports: back },
  }
}
