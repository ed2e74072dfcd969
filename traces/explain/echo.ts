import type { Ipv4Address } from '../../protocols/addresses.ts'
import { ETHER_TYPE, ethernetLength, parseEthernet } from '../../protocols/ethernet/wire.ts'
import { parseIcmp, parseQuote } from '../../protocols/icmp/wire.ts'
import { IP_PROTOCOL, parseIpv4 } from '../../protocols/ipv4/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'

/** What an ICMP packet says of an echo: which one it is, or which one it answers. */
export interface Echo {
  /** `error`: a router or host answers the request with an ICMP error. */
  readonly kind: 'request' | 'reply' | 'error'
  /** Of the request, whichever kind this is. */
  readonly client: Ipv4Address
  readonly target: Ipv4Address
  readonly identifier: number
  readonly sequence: number
}

/** The echo in a whole frame; undefined for anything else, corrupt ones included. */
export function echoIn(bytes: Uint8Array): Echo | undefined {
  const ethernet = parseEthernet(bytes, 0, bytes.length)
  if (isWireError(ethernet) || ethernet.etherType !== ETHER_TYPE.ipv4) return undefined
  const at = ethernetLength(ethernet)
  const header = parseIpv4(bytes, at, bytes.length)
  if (isWireError(header) || header.protocol !== IP_PROTOCOL.icmp) return undefined
  if (header.fragmentOffset > 0) return undefined
  const message = parseIcmp(bytes, at + header.headerBytes, at + header.totalBytes)
  if (isWireError(message)) return undefined
  if (message.kind === 'echo') {
    const { identifier, sequence, reply } = message
    const { source, destination } = header
    return reply
      ? { kind: 'reply', client: destination, target: source, identifier, sequence }
      : { kind: 'request', client: source, target: destination, identifier, sequence }
  }
  if (message.kind === 'other') return undefined
  const quote = parseQuote(bytes, message.quoteStart, message.quoteEnd)
  if (isWireError(quote)) return undefined
  const { source, destination, identifier, sequence } = quote
  if (identifier === undefined || sequence === undefined) return undefined
  return { kind: 'error', client: source, target: destination, identifier, sequence }
}

/** The same for a request and its answers, on one side of a NAT. */
export function echoKey({ client, target, identifier, sequence }: Echo): string {
  return `${client} ${target} ${identifier} ${sequence}`
}
