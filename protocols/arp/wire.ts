import { formatIpv4, formatMac, type Ipv4Address, MAC_NONE, type MacAddress } from '../addresses.ts'
import {
  readUint8,
  readUint16,
  readUint32,
  readUint48,
  writeUint8,
  writeUint16,
  writeUint32,
  writeUint48,
} from '../bytes.ts'
import type { WireError } from '../wire-error.ts'

/** ARP (RFC 826) and reverse ARP (RFC 903), for IPv4 over Ethernet. */

// --- Constants of the wire ---------------------------------------------------------------------

/** The length of a packet; bytes after it in a frame are padding. */
export const ARP_BYTES = 28

export const ARP_OPERATION = { request: 1, reply: 2, reverseRequest: 3, reverseReply: 4 } as const

const HARDWARE = 0
const PROTOCOL = 2
const HARDWARE_LENGTH = 4
const PROTOCOL_LENGTH = 5
const OPERATION = 6
const SENDER_MAC = 8
const SENDER_IP = 14
const TARGET_MAC = 18
const TARGET_IP = 24

const HARDWARE_ETHERNET = 1
const PROTOCOL_IPV4 = 0x0800
const MAC_BYTES = 6
const IPV4_BYTES = 4

// --- Parsed form -------------------------------------------------------------------------------

export interface ArpPacket {
  /** 0 to 65535, usually one of `ARP_OPERATION`; a receiver ignores unknown ones. */
  readonly operation: number
  readonly senderMac: MacAddress
  readonly senderIp: Ipv4Address
  /** `MAC_NONE` in a request, because the sender does not know it. */
  readonly targetMac: MacAddress
  readonly targetIp: Ipv4Address
}

/**
 * Parses an ARP packet. Errors: `truncated` below 28 bytes, `badType` when it is not for Ethernet
 * and IPv4, `badLength` when an address length is wrong.
 */
export function parseArp(bytes: Uint8Array, start: number, end: number): ArpPacket | WireError {
  if (end - start < ARP_BYTES) return 'truncated'
  if (readUint16(bytes, start + HARDWARE) !== HARDWARE_ETHERNET) return 'badType'
  if (readUint16(bytes, start + PROTOCOL) !== PROTOCOL_IPV4) return 'badType'
  if (readUint8(bytes, start + HARDWARE_LENGTH) !== MAC_BYTES) return 'badLength'
  if (readUint8(bytes, start + PROTOCOL_LENGTH) !== IPV4_BYTES) return 'badLength'
  return {
    operation: readUint16(bytes, start + OPERATION),
    senderMac: readUint48(bytes, start + SENDER_MAC),
    senderIp: readUint32(bytes, start + SENDER_IP),
    targetMac: readUint48(bytes, start + TARGET_MAC),
    targetIp: readUint32(bytes, start + TARGET_IP),
  }
}

/** Writes the packet at `start` and returns its end. */
export function writeArp(bytes: Uint8Array, start: number, packet: ArpPacket): number {
  writeUint16(bytes, start + HARDWARE, HARDWARE_ETHERNET)
  writeUint16(bytes, start + PROTOCOL, PROTOCOL_IPV4)
  writeUint8(bytes, start + HARDWARE_LENGTH, MAC_BYTES)
  writeUint8(bytes, start + PROTOCOL_LENGTH, IPV4_BYTES)
  writeUint16(bytes, start + OPERATION, packet.operation)
  writeUint48(bytes, start + SENDER_MAC, packet.senderMac)
  writeUint32(bytes, start + SENDER_IP, packet.senderIp)
  writeUint48(bytes, start + TARGET_MAC, packet.targetMac)
  writeUint32(bytes, start + TARGET_IP, packet.targetIp)
  return start + ARP_BYTES
}

/** Whether the sender announces its own address (RFC 5227, section 2.3). */
export function isGratuitous(packet: ArpPacket): boolean {
  return packet.senderIp === packet.targetIp
}

// --- Text ---------------------------------------------------------------------------------------

/** The packet as tcpdump prints it. */
export function describeArp(packet: ArpPacket): string {
  const { operation, senderMac, senderIp, targetMac, targetIp } = packet
  switch (operation) {
    case ARP_OPERATION.request: {
      const hint = targetMac === MAC_NONE ? '' : ` (${formatMac(targetMac)})`
      return `Request who-has ${formatIpv4(targetIp)}${hint} tell ${formatIpv4(senderIp)}`
    }
    case ARP_OPERATION.reply:
      return `Reply ${formatIpv4(senderIp)} is-at ${formatMac(senderMac)}`
    case ARP_OPERATION.reverseRequest:
      return `Reverse Request who-is ${formatMac(targetMac)} tell ${formatMac(senderMac)}`
    case ARP_OPERATION.reverseReply:
      return `Reverse Reply ${formatMac(targetMac)} at ${formatIpv4(targetIp)}`
    default:
      return `Unknown (${operation})`
  }
}
