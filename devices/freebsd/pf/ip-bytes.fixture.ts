import { writeIcmpEcho, writeIcmpError } from '../../../protocols/icmp/wire.ts'
import { IP_PROTOCOL, writeIpv4 } from '../../../protocols/ipv4/wire.ts'
import { tcpHeaderLength, writeTcp } from '../../../protocols/tcp/wire.ts'
import { writeUdp } from '../../../protocols/udp/wire.ts'
import { isWireError } from '../../../protocols/wire-error.ts'
import type { PacketSummary } from './packet.ts'
import { address, tcpFlags } from './packets.fixture.ts'
import { readSummary } from './summary.ts'

export const CLIENT = address('10.0.1.5')
export const SERVER = address('1.1.1.1')
export const VIP = address('203.0.113.1')
/** Packets do not begin at the first byte. */
export const AT = 14

/** An IP packet in a frame with some padding; `fill` writes its payload. */
export function ipPacket(
  protocol: number,
  payloadBytes: number,
  fill: (bytes: Uint8Array, at: number) => void,
  header: Partial<Parameters<typeof writeIpv4>[2]> & { optionBytes?: Uint8Array } = {},
): Uint8Array {
  const { optionBytes, ...rest } = header
  const headerBytes = 20 + (optionBytes?.length ?? 0)
  const bytes = new Uint8Array(AT + headerBytes + payloadBytes + 7)
  const at = writeIpv4(
    bytes,
    AT,
    {
      headerBytes,
      tos: 0,
      totalBytes: headerBytes + payloadBytes,
      identification: 7,
      dontFragment: false,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: 63,
      protocol,
      source: CLIENT,
      destination: SERVER,
      ...rest,
    },
    optionBytes,
  )
  fill(bytes, at)
  return bytes
}

export function udpPacket(payload: Uint8Array): Uint8Array {
  return ipPacket(IP_PROTOCOL.udp, 8 + payload.length, (bytes, at) => {
    bytes.set(payload, at + 8)
    writeUdp(bytes, at, { sourcePort: 1025, destinationPort: 53 }, CLIENT, SERVER, payload.length)
  })
}

export function tcpPacket(flags: string, payload: Uint8Array, windowScale?: number): Uint8Array {
  const options = {
    maximumSegmentBytes: 1460,
    ...(windowScale === undefined ? {} : { windowScale }),
  }
  const headerLength = tcpHeaderLength(options)
  const header = {
    sourcePort: 1025,
    destinationPort: 80,
    sequence: 4_000_000_000,
    acknowledgement: 5,
    flags: tcpFlags(flags),
    window: 65_000,
    options,
  }
  return ipPacket(IP_PROTOCOL.tcp, headerLength + payload.length, (bytes, at) => {
    bytes.set(payload, at + headerLength)
    writeTcp(bytes, at, header, CLIENT, SERVER, payload.length)
  })
}

export function echoPacket(reply: boolean, payloadBytes = 56): Uint8Array {
  return ipPacket(IP_PROTOCOL.icmp, 8 + payloadBytes, (bytes, at) => {
    writeIcmpEcho(bytes, at, { reply, identifier: 4660, sequence: 3 }, payloadBytes)
  })
}

/** Time exceeded about `about`, from a router to the sender of that packet. */
export function errorPacket(about: Uint8Array): Uint8Array {
  const quoted = about.subarray(AT, AT + 28)
  return ipPacket(
    IP_PROTOCOL.icmp,
    8 + 28,
    (bytes, at) => writeIcmpError(bytes, at, { type: 11, code: 0 }, quoted),
    { source: address('198.51.100.7'), destination: CLIENT },
  )
}

export function summarize(bytes: Uint8Array): PacketSummary {
  const summary = readSummary(bytes, AT, 'in', 'vmx1.110')
  if (isWireError(summary)) throw new Error(summary)
  return summary
}
