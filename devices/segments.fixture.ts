import { fromHex } from '../protocols/bytes.ts'
import { ETHERNET_HEADER_BYTES } from '../protocols/ethernet/wire.ts'
import { IP_PROTOCOL, parseIpv4 } from '../protocols/ipv4/wire.ts'
import { NO_OPTIONS } from '../protocols/tcp/options.ts'
import {
  describeTcp,
  parseTcp,
  TCP_FLAG,
  TCP_HEADER_BYTES,
  writeTcp,
} from '../protocols/tcp/wire.ts'
import { UDP_HEADER_BYTES, writeUdp } from '../protocols/udp/wire.ts'
import { isWireError } from '../protocols/wire-error.ts'
import { type FrameText, ipv4, type PacketText } from './frames.fixture.ts'
import { ip } from './laboratory.fixture.ts'

/** Frames with a transport header, from text. */

export interface Ports {
  readonly sourcePort: number
  readonly destinationPort: number
}

export function udpFrame(
  header: FrameText,
  packet: PacketText,
  ports: Ports,
  data = new Uint8Array(4).fill(0x61),
): Uint8Array {
  const payload = new Uint8Array(UDP_HEADER_BYTES + data.length)
  payload.set(data, UDP_HEADER_BYTES)
  writeUdp(payload, 0, ports, ip(packet.source), ip(packet.target), data.length)
  return ipv4(header, { ...packet, protocol: IP_PROTOCOL.udp }, payload)
}

export interface SegmentText extends Ports {
  readonly flags: readonly (keyof typeof TCP_FLAG)[]
  readonly sequence?: number
  readonly acknowledgement?: number
  readonly data?: Uint8Array
}

export function tcpFrame(header: FrameText, packet: PacketText, segment: SegmentText): Uint8Array {
  const {
    flags,
    sequence = 1000,
    acknowledgement = 0,
    data = new Uint8Array(0),
    ...ports
  } = segment
  const payload = new Uint8Array(TCP_HEADER_BYTES + data.length)
  payload.set(data, TCP_HEADER_BYTES)
  const fields = {
    ...ports,
    sequence,
    acknowledgement,
    flags: flags.reduce((bits, name) => bits | TCP_FLAG[name], 0),
    window: 0x2000,
    options: NO_OPTIONS,
  }
  writeTcp(payload, 0, fields, ip(packet.source), ip(packet.target), data.length)
  return ipv4(header, { ...packet, protocol: IP_PROTOCOL.tcp }, payload)
}

/** The segment of a frame as tcpdump prints it, with its checksum verified. */
export function segmentOf(hex: string): string {
  const bytes = fromHex(hex)
  const packet = parseIpv4(bytes, ETHERNET_HEADER_BYTES, bytes.length)
  if (isWireError(packet)) return packet
  const at = ETHERNET_HEADER_BYTES + packet.headerBytes
  const end = ETHERNET_HEADER_BYTES + packet.totalBytes
  const segment = parseTcp(bytes, at, end, packet.source, packet.destination)
  return isWireError(segment) ? segment : describeTcp(segment, bytes)
}
