import type { Ipv4Address } from '../../protocols/addresses.ts'
import { ETHER_TYPE, ethernetLength, parseEthernet } from '../../protocols/ethernet/wire.ts'
import { parseIcmp, parseQuote } from '../../protocols/icmp/wire.ts'
import { IP_PROTOCOL, type Ipv4Header, parseIpv4 } from '../../protocols/ipv4/wire.ts'
import { parseRtp } from '../../protocols/rtp/wire.ts'
import { parseUdp } from '../../protocols/udp/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'

/**
 * The echo that a packet is or answers. An RTP packet that the far end of a call loops back is one
 * as well as a ping.
 */
export interface Echo {
  readonly protocol: 'icmp' | 'rtp'
  /** `error`: a router or host answers the request with an ICMP error. */
  readonly kind: 'request' | 'reply' | 'error'
  /** The sequence number of the request, also for an answer. */
  readonly client: Ipv4Address
  readonly target: Ipv4Address
  /** The identifier of a ping, or the SSRC of a call. */
  readonly identifier: number
  readonly sequence: number
}

/**
 * The echo in a whole frame; undefined for anything else, corrupt ones included.
 *
 * @param loops UDP ports at which calls are looped back
 */
export function echoIn(bytes: Uint8Array, loops: ReadonlySet<number>): Echo | undefined {
  const ethernet = parseEthernet(bytes, 0, bytes.length)
  if (isWireError(ethernet) || ethernet.etherType !== ETHER_TYPE.ipv4) return undefined
  const at = ethernetLength(ethernet)
  const header = parseIpv4(bytes, at, bytes.length)
  if (isWireError(header) || header.fragmentOffset > 0) return undefined
  if (header.protocol === IP_PROTOCOL.udp) return mediaIn(bytes, at, header, loops)
  return header.protocol === IP_PROTOCOL.icmp ? icmpEchoIn(bytes, at, header) : undefined
}

function icmpEchoIn(bytes: Uint8Array, at: number, header: Ipv4Header): Echo | undefined {
  const message = parseIcmp(bytes, at + header.headerBytes, at + header.totalBytes)
  if (isWireError(message)) return undefined
  if (message.kind === 'echo') {
    const { identifier, sequence, reply } = message
    const { source, destination } = header
    const said = { protocol: 'icmp', identifier, sequence } as const
    return reply
      ? { ...said, kind: 'reply', client: destination, target: source }
      : { ...said, kind: 'request', client: source, target: destination }
  }
  if (message.kind === 'other') return undefined
  const quote = parseQuote(bytes, message.quoteStart, message.quoteEnd)
  if (isWireError(quote)) return undefined
  const { source, destination, identifier, sequence } = quote
  if (identifier === undefined || sequence === undefined) return undefined
  const said = { protocol: 'icmp', identifier, sequence } as const
  return { ...said, kind: 'error', client: source, target: destination }
}

function mediaIn(
  bytes: Uint8Array,
  at: number,
  { headerBytes, totalBytes, source, destination }: Ipv4Header,
  loops: ReadonlySet<number>,
): Echo | undefined {
  const datagram = parseUdp(bytes, at + headerBytes, at + totalBytes, source, destination)
  if (isWireError(datagram)) return undefined
  const { sourcePort, destinationPort, payloadStart, payloadEnd } = datagram
  if (!loops.has(sourcePort) && !loops.has(destinationPort)) return undefined
  const media = parseRtp(bytes, payloadStart, payloadEnd)
  if (isWireError(media)) return undefined
  const said = { protocol: 'rtp', identifier: media.source, sequence: media.sequence } as const
  return loops.has(sourcePort)
    ? { ...said, kind: 'reply', client: destination, target: source }
    : { ...said, kind: 'request', client: source, target: destination }
}

/** The same for a request and its answers, on one side of a NAT. */
export function echoKey({ protocol, client, target, identifier, sequence }: Echo): string {
  return `${protocol} ${client} ${target} ${identifier} ${sequence}`
}
