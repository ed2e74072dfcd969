import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { TCP_FLAG } from '../../../protocols/tcp/wire.ts'
import type { WalkedPacket } from '../../walk.ts'
import {
  type Direction,
  icmpIdOf,
  icmpPorts,
  type PacketSummary,
  type Translation,
} from './packet.ts'

/** The conversion between a walked packet and the summary that pf decides by. */

const NO_PORTS = { sourcePort: 0, targetPort: 0 }
/** A segment of a connection long open: without a state, no rule with flags S/SA takes it. */
const MIDSTREAM = { flags: TCP_FLAG.ack, seq: 0, ack: 0, window: 0, payloadBytes: 0 }
const OPENING = { ...MIDSTREAM, flags: TCP_FLAG.syn }

/** @param interfaceName the system's name, such as `vmx1.110` */
export function summaryOf(
  direction: Direction,
  packet: WalkedPacket,
  interfaceName: string,
): PacketSummary {
  const { protocol, source, target, ttl, totalBytes, icmp } = packet
  const ports =
    packet.ports ?? (icmp === undefined ? NO_PORTS : icmpPorts(icmp.type, icmp.identifier))
  return {
    direction,
    interface: interfaceName,
    protocol,
    source,
    target,
    ttl,
    totalBytes,
    sourcePort: ports.sourcePort,
    targetPort: ports.targetPort,
    icmp: icmp === undefined ? undefined : { type: icmp.type, code: 0 },
    tcp: protocol === IP_PROTOCOL.tcp ? (packet.isOpening ? OPENING : MIDSTREAM) : undefined,
  }
}

export function walkedAfter(packet: WalkedPacket, translation: Translation): WalkedPacket {
  const { icmp, ports } = packet
  const { source, target, sourcePort, targetPort } = translation
  if (ports !== undefined) return { ...packet, source, target, ports: { sourcePort, targetPort } }
  if (icmp === undefined) return { ...packet, source, target }
  const identifier = icmpIdOf(icmp.type, translation) ?? icmp.identifier
  return { ...packet, source, target, icmp: { ...icmp, identifier } }
}
