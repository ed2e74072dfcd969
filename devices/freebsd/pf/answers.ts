import { ETHERNET_HEADER_BYTES } from '../../../protocols/ethernet/wire.ts'
import type { Frame } from '../../../protocols/frame/frame.ts'
import { IP_PROTOCOL, type Ipv4Header, parseIpv4 } from '../../../protocols/ipv4/wire.ts'
import { NO_OPTIONS } from '../../../protocols/tcp/options.ts'
import {
  type ParsedTcp,
  parseTcp,
  TCP_FLAG,
  TCP_HEADER_BYTES,
  writeTcp,
} from '../../../protocols/tcp/wire.ts'
import { isWireError } from '../../../protocols/wire-error.ts'
import type { IpInterface } from '../../host/interface.ts'
import type { IpStack } from '../../host/ip-stack.ts'
import type { Answer } from './verdict.ts'

/** IPTOS_LOWDELAY, as pf_send_tcp sets it. */
const RESET_TOS = 0x10

/**
 * Sends what pf says to the sender of a packet that it stops. It goes by the routing table and past
 * the filter.
 *
 * @param frame the packet as it came, which stays the caller's
 */
export function sendAnswer(stack: IpStack, answer: Answer, frame: Frame, on: IpInterface): void {
  if (answer === 'portUnreachable') stack.onRefusal?.('rejected', frame, on, 0)
  else sendReset(stack, answer, frame)
}

/** pf_return and pf_tcp_track_full: no RST for a segment with a wrong checksum. */
function sendReset(stack: IpStack, answer: Answer, { bytes, start, end }: Frame): void {
  const headerAt = start + ETHERNET_HEADER_BYTES
  const ip = parseIpv4(bytes, headerAt, end)
  if (isWireError(ip)) return
  const { source, destination } = ip
  const tcpAt = headerAt + ip.headerBytes
  const segment = parseTcp(bytes, tcpAt, headerAt + ip.totalBytes, source, destination)
  if (isWireError(segment)) return
  const frame = stack.newPacket(TCP_HEADER_BYTES)
  const reset = {
    sourcePort: segment.destinationPort,
    destinationPort: segment.sourcePort,
    sequence: segment.acknowledgement,
    acknowledgement: answer === 'tcpReset' ? behind(segment) : 0,
    flags: answer === 'tcpReset' ? TCP_FLAG.rst | TCP_FLAG.ack : TCP_FLAG.rst,
    window: 0,
    options: NO_OPTIONS,
  }
  writeTcp(frame.bytes, stack.payloadAt(frame), reset, destination, source, 0)
  stack.send(frame, resetHeader(stack, ip))
}

function resetHeader(stack: IpStack, { source, destination }: Ipv4Header) {
  return {
    protocol: IP_PROTOCOL.tcp,
    source: destination,
    target: source,
    ttl: stack.profile.ttl,
    tos: RESET_TOS,
    dontFragment: true,
    ungated: true,
  }
}

/** The sequence number behind a segment. */
function behind({ sequence, flags, payloadStart, payloadEnd }: ParsedTcp): number {
  const syn = (flags & TCP_FLAG.syn) === 0 ? 0 : 1
  const fin = (flags & TCP_FLAG.fin) === 0 ? 0 : 1
  return (sequence + payloadEnd - payloadStart + syn + fin) >>> 0
}
