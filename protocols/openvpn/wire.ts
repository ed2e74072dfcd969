import {
  fromHex,
  readUint8,
  readUint16,
  readUint32,
  toHex,
  writeUint8,
  writeUint16,
  writeUint32,
} from '../bytes.ts'
import type { WireError } from '../wire-error.ts'

/**
 * OpenVPN over UDP without tls-auth and tls-crypt (ssl_pkt.h and reliable.c of OpenVPN 2.6;
 * draft-openvpn-wire-protocol).
 */

// --- Constants of the wire ---------------------------------------------------------------------

export const OPENVPN_PORT = 1194

export const OPCODE = {
  controlV1: 4,
  ackV1: 5,
  hardResetClientV2: 7,
  hardResetServerV2: 8,
  dataV2: 9,
} as const

/** The opcodes with a packet id, which the receiver acknowledges. */
export type ReliableOpcode = 4 | 7 | 8

/** RELIABLE_ACK_SIZE: the maximum number of acknowledgements in a packet. */
export const ACKS_MAX = 8

/** The bytes of a data packet before its ciphertext: opcode and peer id, packet id, tag. */
export const DATA_HEADER_BYTES = 24
/** The first of these bytes, which the tag also authenticates. */
export const DATA_ASSOCIATED_BYTES = 8
export const TAG_BYTES = 16

const OPCODE_SHIFT = 3
const KEY_ID_MASK = 0x07
const SESSION_ID_BYTES = 8
const PEER_ID_AT = 1
const DATA_PACKET_ID_AT = 4
/** Opcode, session id, number of acknowledgements. */
const CONTROL_MIN_BYTES = 10

// --- Parsed form -------------------------------------------------------------------------------

/** 64 random bits, as 16 hexadecimal digits. */
export type SessionId = string

export interface ControlPacket {
  readonly kind: 'control'
  readonly opcode: ReliableOpcode | typeof OPCODE.ackV1
  readonly keyId: number
  readonly sessionId: SessionId
  /** 0 to 8 packet ids that the sender has received. */
  readonly acks: readonly number[]
  /** The session of the acknowledged packets; undefined when `acks` is empty. */
  readonly remoteSessionId: SessionId | undefined
  /** Undefined in P_ACK_V1, which is not acknowledged. */
  readonly packetId: number | undefined
  readonly payload: Uint8Array
}

export interface DataPacket {
  readonly kind: 'data'
  readonly keyId: number
  /** 24 bits; the number that the server gave the client, in both directions. */
  readonly peerId: number
  readonly packetId: number
}

// --- Parsing -----------------------------------------------------------------------------------

/** Parses a datagram. Errors: `truncated`, `badType` for other opcodes, `badLength` above 8 ACKs. */
export function parseOpenVpn(bytes: Uint8Array): ControlPacket | DataPacket | WireError {
  if (bytes.length === 0) return 'truncated'
  const first = readUint8(bytes, 0)
  const opcode = first >> OPCODE_SHIFT
  const keyId = first & KEY_ID_MASK
  if (opcode === OPCODE.dataV2) {
    if (bytes.length < DATA_HEADER_BYTES) return 'truncated'
    const peerId = (readUint8(bytes, PEER_ID_AT) << 16) | readUint16(bytes, PEER_ID_AT + 1)
    return { kind: 'data', keyId, peerId, packetId: readUint32(bytes, DATA_PACKET_ID_AT) }
  }
  if (!isControl(opcode)) return 'badType'
  return parseControl(bytes, opcode, keyId)
}

function isControl(opcode: number): opcode is ControlPacket['opcode'] {
  return (
    opcode === OPCODE.controlV1 ||
    opcode === OPCODE.ackV1 ||
    opcode === OPCODE.hardResetClientV2 ||
    opcode === OPCODE.hardResetServerV2
  )
}

function parseControl(
  bytes: Uint8Array,
  opcode: ControlPacket['opcode'],
  keyId: number,
): ControlPacket | WireError {
  if (bytes.length < CONTROL_MIN_BYTES) return 'truncated'
  const sessionId = sessionIdAt(bytes, 1)
  const count = readUint8(bytes, CONTROL_MIN_BYTES - 1)
  if (count > ACKS_MAX) return 'badLength'
  let at = CONTROL_MIN_BYTES
  const isAck = opcode === OPCODE.ackV1
  const needed = count * 4 + (count > 0 ? SESSION_ID_BYTES : 0) + (isAck ? 0 : 4)
  if (bytes.length < at + needed) return 'truncated'
  const acks = Array.from({ length: count }, (_, index) => readUint32(bytes, at + index * 4))
  at += count * 4
  let remoteSessionId: SessionId | undefined
  if (count > 0) {
    remoteSessionId = sessionIdAt(bytes, at)
    at += SESSION_ID_BYTES
  }
  const packetId = isAck ? undefined : readUint32(bytes, at)
  if (!isAck) at += 4
  const payload = bytes.slice(at)
  return { kind: 'control', opcode, keyId, sessionId, acks, remoteSessionId, packetId, payload }
}

function sessionIdAt(bytes: Uint8Array, at: number): SessionId {
  return toHex(bytes.subarray(at, at + SESSION_ID_BYTES))
}

// --- Writing -----------------------------------------------------------------------------------

/** @param packet has at most 8 acknowledgements, and with any a remote session id */
export function writeControl(packet: Omit<ControlPacket, 'kind'>): Uint8Array {
  const { acks, remoteSessionId, packetId, payload } = packet
  const bytes = new Uint8Array(
    CONTROL_MIN_BYTES +
      acks.length * 4 +
      (acks.length > 0 ? SESSION_ID_BYTES : 0) +
      (packetId === undefined ? 0 : 4) +
      payload.length,
  )
  writeUint8(bytes, 0, (packet.opcode << OPCODE_SHIFT) | packet.keyId)
  bytes.set(fromHex(packet.sessionId), 1)
  writeUint8(bytes, CONTROL_MIN_BYTES - 1, acks.length)
  let at = CONTROL_MIN_BYTES
  for (const ack of acks) {
    writeUint32(bytes, at, ack)
    at += 4
  }
  if (acks.length > 0) {
    bytes.set(fromHex(remoteSessionId ?? '00'.repeat(SESSION_ID_BYTES)), at)
    at += SESSION_ID_BYTES
  }
  if (packetId !== undefined) {
    writeUint32(bytes, at, packetId)
    at += 4
  }
  bytes.set(payload, at)
  return bytes
}

/** Writes the header before the tag. */
export function writeDataHeader(bytes: Uint8Array, header: Omit<DataPacket, 'kind'>): void {
  writeUint8(bytes, 0, (OPCODE.dataV2 << OPCODE_SHIFT) | header.keyId)
  writeUint8(bytes, PEER_ID_AT, header.peerId >>> 16)
  writeUint16(bytes, PEER_ID_AT + 1, header.peerId)
  writeUint32(bytes, DATA_PACKET_ID_AT, header.packetId)
}
