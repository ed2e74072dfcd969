import { MAC_BROADCAST, MAC_NONE } from '../protocols/addresses.ts'
import {
  ARP_BYTES,
  ARP_OPERATION,
  type ArpPacket,
  parseArp,
  writeArp,
} from '../protocols/arp/wire.ts'
import { fromHex, toHex } from '../protocols/bytes.ts'
import {
  ETHER_TYPE,
  type EthernetHeader,
  ethernetLength,
  parseEthernet,
  writeEthernet,
} from '../protocols/ethernet/wire.ts'
import {
  ICMP_HEADER_BYTES,
  type IcmpMessage,
  parseIcmp,
  writeIcmpEcho,
} from '../protocols/icmp/wire.ts'
import {
  IP_PROTOCOL,
  IPV4_HEADER_BYTES,
  type Ipv4Header,
  parseIpv4,
  writeIpv4,
} from '../protocols/ipv4/wire.ts'
import { isWireError, type WireError } from '../protocols/wire-error.ts'
import { ip, mac } from './laboratory.fixture.ts'

// --- Frames to send ----------------------------------------------------------------------------

export interface FrameText {
  readonly to: string
  readonly from: string
  readonly vlanId?: number
  readonly priority?: number
}

/** A frame around a payload; without one, 46 bytes that no protocol claims. */
export function ethernet(
  { to, from, vlanId, priority = 0 }: FrameText,
  etherType = 0x88b5,
  payload: Uint8Array = new Uint8Array(46).fill(0x5a),
): Uint8Array {
  const header: EthernetHeader = {
    destination: to === 'broadcast' ? MAC_BROADCAST : mac(to),
    source: mac(from),
    etherType,
    ...(vlanId === undefined ? {} : { tag: { priority, vlanId } }),
  }
  const bytes = new Uint8Array(ethernetLength(header) + payload.length)
  bytes.set(payload, writeEthernet(bytes, 0, header))
  return bytes
}

export interface ArpText {
  readonly operation?: 'request' | 'reply'
  readonly senderMac: string
  readonly senderIp: string
  readonly targetMac?: string
  readonly targetIp: string
}

/** Without a header of its own: sent by the sender, to all or, where it is known, to the target. */
export function arp(packet: ArpText, header: Partial<FrameText> = {}): Uint8Array {
  const payload = new Uint8Array(ARP_BYTES)
  const { targetMac } = packet
  writeArp(payload, 0, {
    operation: ARP_OPERATION[packet.operation ?? 'request'],
    senderMac: mac(packet.senderMac),
    senderIp: ip(packet.senderIp),
    targetMac: targetMac === undefined ? MAC_NONE : mac(targetMac),
    targetIp: ip(packet.targetIp),
  })
  const around = { to: targetMac ?? 'broadcast', from: packet.senderMac, ...header }
  return ethernet(around, ETHER_TYPE.arp, payload)
}

export interface PacketText {
  readonly source: string
  readonly target: string
  readonly ttl?: number
  readonly protocol?: number
  readonly dontFragment?: boolean
  readonly identification?: number
}

export function ipv4(header: FrameText, packet: PacketText, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(IPV4_HEADER_BYTES + payload.length)
  writeIpv4(bytes, 0, {
    headerBytes: IPV4_HEADER_BYTES,
    tos: 0,
    totalBytes: bytes.length,
    identification: packet.identification ?? 0x1234,
    dontFragment: packet.dontFragment ?? false,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: packet.ttl ?? 64,
    protocol: packet.protocol ?? IP_PROTOCOL.icmp,
    source: ip(packet.source),
    destination: ip(packet.target),
  })
  bytes.set(payload, IPV4_HEADER_BYTES)
  return ethernet(header, ETHER_TYPE.ipv4, bytes)
}

export interface EchoText {
  readonly reply?: boolean
  readonly identifier?: number
  readonly sequence?: number
  /** Hexadecimal digits. */
  readonly data?: string
}

export function echo(header: FrameText, packet: PacketText, text: EchoText = {}): Uint8Array {
  const data = fromHex(text.data ?? '6162636465666768')
  const payload = new Uint8Array(ICMP_HEADER_BYTES + data.length)
  payload.set(data, ICMP_HEADER_BYTES)
  const { reply = false, identifier = 7, sequence = 1 } = text
  writeIcmpEcho(payload, 0, { reply, identifier, sequence }, data.length)
  return ipv4(header, packet, payload)
}

// --- Frames as they were received --------------------------------------------------------------

/** A frame taken apart; what it does not hold is undefined. Checksums are verified. */
export interface Dissected {
  readonly ethernet: EthernetHeader
  readonly arp?: ArpPacket
  readonly ipv4?: Ipv4Header
  readonly icmp?: IcmpMessage
  /** What follows the ICMP header, as hexadecimal digits. */
  readonly icmpBody?: string
}

export function dissect(hex: string): Dissected {
  const bytes = fromHex(hex)
  const header = whole(parseEthernet(bytes, 0, bytes.length))
  const at = ethernetLength(header)
  if (header.etherType === ETHER_TYPE.arp) {
    return { ethernet: header, arp: whole(parseArp(bytes, at, bytes.length)) }
  }
  if (header.etherType !== ETHER_TYPE.ipv4) return { ethernet: header }
  const packet = whole(parseIpv4(bytes, at, bytes.length))
  if (packet.protocol !== IP_PROTOCOL.icmp) return { ethernet: header, ipv4: packet }
  const icmpAt = at + packet.headerBytes
  const end = at + packet.totalBytes
  return {
    ethernet: header,
    ipv4: packet,
    icmp: whole(parseIcmp(bytes, icmpAt, end)),
    icmpBody: toHex(bytes.subarray(icmpAt + ICMP_HEADER_BYTES, end)),
  }
}

function whole<Value>(parsed: Value | WireError): Value {
  if (isWireError(parsed)) throw new Error(`a frame does not parse: ${parsed}`)
  return parsed as Value
}
