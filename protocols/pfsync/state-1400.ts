import {
  readUint8,
  readUint16,
  readUint32,
  writeUint8,
  writeUint16,
  writeUint32,
} from '../bytes.ts'
import {
  type PfAddress,
  type PfStateId,
  readCounter,
  readInt32,
  readInterfaceName,
  readPfAddress,
  readStateId,
  writeCounter,
  writeInterfaceName,
  writePfAddress,
  writeStateId,
} from './fields.ts'
import { type PfPeer, readPeer, writePeer } from './peer.ts'

/** A state in the format of FreeBSD 14 (pfvar.h, struct pfsync_state_1400), packed. */

// --- Constants of the wire ---------------------------------------------------------------------

export const PF_STATE_1400_BYTES = 277

/** PF_IN and PF_OUT. */
export const PF_DIRECTION = { in: 1, out: 2 } as const

/** No value, for `rule`, `anchor`, `natRule` and `routingTable`. */
export const PF_NONE = -1

const ID = 0
const INTERFACE = 8
const WIRE_KEY = 24
const STACK_KEY = 60
const SOURCE = 96
const DESTINATION = 128
const ROUTE_ADDRESS = 160
const RULE = 176
const ANCHOR = 180
const NAT_RULE = 184
const CREATION = 188
const EXPIRE = 192
const PACKETS = 196
const BYTES = 212
const CREATOR_ID = 228
const ADDRESS_FAMILY = 232
const PROTOCOL = 233
const DIRECTION = 234
const FLAGS = 235
const LOG = 237
const TIMEOUT = 239
const SYNC_FLAGS = 240
const UPDATES = 241
const QUEUE_ID = 242
const PRIORITY_QUEUE_ID = 244
const DUMMYNET = 246
const REVERSE_DUMMYNET = 248
const ROUTING_TABLE = 250
const MIN_TTL = 254
const SET_TOS = 255
const MAX_MSS = 256
const SET_PRIORITY = 258
const ROUTE = 260
const ROUTE_INTERFACE = 261

// Key (struct pfsync_state_key).
const KEY_ADDRESS = 0
const KEY_PORT = 32
const KEY_ADDRESS_BYTES = 16

const COUNTER_BYTES = 8

// --- Parsed form -------------------------------------------------------------------------------

/** The addresses and ports of a flow on one side of NAT. */
export interface PfKey {
  /** The source is first for direction `in`, the destination for `out`. */
  readonly addresses: readonly [PfAddress, PfAddress]
  /** 0 to 65535, in the same order; for an ICMP echo the identifier and the type 8. */
  readonly ports: readonly [number, number]
}

export interface PfState {
  readonly id: PfStateId
  /** The filter host ID of the firewall that created the state: 32 bits, unsigned; 0 is none. */
  readonly creatorId: number
  /** The interface of the state, or `all`: at most 15 characters. */
  readonly interfaceName: string
  /** Addresses and ports on the wire. */
  readonly wire: PfKey
  /** Addresses and ports inside the firewall; equal to `wire` without NAT. */
  readonly stack: PfKey
  /** The end that started the flow. */
  readonly source: PfPeer
  readonly destination: PfPeer
  /** The number of the rule that created the state, or -1. */
  readonly rule: number
  /** The number of the anchor's rule, or -1. */
  readonly anchor: number
  /** The number of the translation rule, or -1. */
  readonly natRule: number
  /** The age of the state at the time of sending: 32 bits. */
  readonly ageSeconds: number
  /** The time to expiry at the time of sending: 32 bits. */
  readonly expireSeconds: number
  /** In the direction of the state, and in the other direction; exact below 2^53. */
  readonly packets: readonly [number, number]
  readonly bytes: readonly [number, number]
  /** One of `PF_ADDRESS_FAMILY`, or 0 to 255. */
  readonly addressFamily: number
  /** The IP protocol, 0 to 255. */
  readonly protocol: number
  /** One of `PF_DIRECTION`, or 0 to 255. */
  readonly direction: number
  /** PFSTATE_*: 16 bits. */
  readonly flags: number
  /** PF_LOG_*: 8 bits. */
  readonly log: number
  /** The current pf timeout (PFTM_*); 0 to 24 are valid. */
  readonly timeout: number
  /** PFSYNC_FLAG_SRCNODE (4) and PFSYNC_FLAG_NATSRCNODE (8): the sender tracks the source. */
  readonly syncFlags: number
  /** Not used. */
  readonly updates: number
  /** ALTQ, 16 bits each; 0 is none. */
  readonly queueId: number
  readonly priorityQueueId: number
  /** dummynet, in the direction of the state and in the other: 16 bits each; 0 is none. */
  readonly dummynet: number
  readonly reverseDummynet: number
  /** FIB, or -1. */
  readonly routingTable: number
  /** 0 to 255; 0 means no change. */
  readonly minTtl: number
  /** 0 to 255; used with PFSTATE_SETTOS. */
  readonly setTos: number
  /** 16 bits; 0 means no change. */
  readonly maxMss: number
  /** 8 bits each; used with PFSTATE_SETPRIO. */
  readonly setPriority: readonly [number, number]
  /** 0 none, 2 route-to, 3 dup-to, 4 reply-to (pf.h, PF_NOPFROUTE…). */
  readonly route: number
  /** The gateway of `route`, in the family of the state; 0 is none. */
  readonly routeAddress: PfAddress
  /** The interface of `route`: at most 15 characters. */
  readonly routeInterfaceName: string
}

/** Reads 277 bytes; does not check the values. */
export function readState1400(bytes: Uint8Array, at: number): PfState {
  const addressFamily = readUint8(bytes, at + ADDRESS_FAMILY)
  return {
    id: readStateId(bytes, at + ID),
    creatorId: readUint32(bytes, at + CREATOR_ID),
    interfaceName: readInterfaceName(bytes, at + INTERFACE),
    wire: readKey(bytes, at + WIRE_KEY, addressFamily),
    stack: readKey(bytes, at + STACK_KEY, addressFamily),
    source: readPeer(bytes, at + SOURCE),
    destination: readPeer(bytes, at + DESTINATION),
    rule: readInt32(bytes, at + RULE),
    anchor: readInt32(bytes, at + ANCHOR),
    natRule: readInt32(bytes, at + NAT_RULE),
    ageSeconds: readUint32(bytes, at + CREATION),
    expireSeconds: readUint32(bytes, at + EXPIRE),
    packets: readCounters(bytes, at + PACKETS),
    bytes: readCounters(bytes, at + BYTES),
    addressFamily,
    protocol: readUint8(bytes, at + PROTOCOL),
    direction: readUint8(bytes, at + DIRECTION),
    flags: readUint16(bytes, at + FLAGS),
    log: readUint8(bytes, at + LOG),
    timeout: readUint8(bytes, at + TIMEOUT),
    syncFlags: readUint8(bytes, at + SYNC_FLAGS),
    updates: readUint8(bytes, at + UPDATES),
    queueId: readUint16(bytes, at + QUEUE_ID),
    priorityQueueId: readUint16(bytes, at + PRIORITY_QUEUE_ID),
    dummynet: readUint16(bytes, at + DUMMYNET),
    reverseDummynet: readUint16(bytes, at + REVERSE_DUMMYNET),
    routingTable: readInt32(bytes, at + ROUTING_TABLE),
    minTtl: readUint8(bytes, at + MIN_TTL),
    setTos: readUint8(bytes, at + SET_TOS),
    maxMss: readUint16(bytes, at + MAX_MSS),
    setPriority: [readUint8(bytes, at + SET_PRIORITY), readUint8(bytes, at + SET_PRIORITY + 1)],
    route: readUint8(bytes, at + ROUTE),
    routeAddress: readPfAddress(bytes, at + ROUTE_ADDRESS, addressFamily),
    routeInterfaceName: readInterfaceName(bytes, at + ROUTE_INTERFACE),
  }
}

/** Writes 277 bytes, like pfsync_state_export. */
export function writeState1400(bytes: Uint8Array, at: number, state: PfState): void {
  bytes.fill(0, at, at + PF_STATE_1400_BYTES)
  writeStateId(bytes, at + ID, state.id)
  writeInterfaceName(bytes, at + INTERFACE, state.interfaceName)
  writeKey(bytes, at + WIRE_KEY, state.wire)
  writeKey(bytes, at + STACK_KEY, state.stack)
  writePeer(bytes, at + SOURCE, state.source)
  writePeer(bytes, at + DESTINATION, state.destination)
  writePfAddress(bytes, at + ROUTE_ADDRESS, state.routeAddress)
  writeUint32(bytes, at + RULE, state.rule)
  writeUint32(bytes, at + ANCHOR, state.anchor)
  writeUint32(bytes, at + NAT_RULE, state.natRule)
  writeUint32(bytes, at + CREATION, state.ageSeconds)
  writeUint32(bytes, at + EXPIRE, state.expireSeconds)
  writeCounters(bytes, at + PACKETS, state.packets)
  writeCounters(bytes, at + BYTES, state.bytes)
  writeUint32(bytes, at + CREATOR_ID, state.creatorId)
  writeUint8(bytes, at + ADDRESS_FAMILY, state.addressFamily)
  writeUint8(bytes, at + PROTOCOL, state.protocol)
  writeUint8(bytes, at + DIRECTION, state.direction)
  writeUint16(bytes, at + FLAGS, state.flags)
  writeUint8(bytes, at + LOG, state.log)
  writeUint8(bytes, at + TIMEOUT, state.timeout)
  writeUint8(bytes, at + SYNC_FLAGS, state.syncFlags)
  writeUint8(bytes, at + UPDATES, state.updates)
  writeUint16(bytes, at + QUEUE_ID, state.queueId)
  writeUint16(bytes, at + PRIORITY_QUEUE_ID, state.priorityQueueId)
  writeUint16(bytes, at + DUMMYNET, state.dummynet)
  writeUint16(bytes, at + REVERSE_DUMMYNET, state.reverseDummynet)
  writeUint32(bytes, at + ROUTING_TABLE, state.routingTable)
  writeUint8(bytes, at + MIN_TTL, state.minTtl)
  writeUint8(bytes, at + SET_TOS, state.setTos)
  writeUint16(bytes, at + MAX_MSS, state.maxMss)
  bytes.set(state.setPriority, at + SET_PRIORITY)
  writeUint8(bytes, at + ROUTE, state.route)
  writeInterfaceName(bytes, at + ROUTE_INTERFACE, state.routeInterfaceName)
}

function readKey(bytes: Uint8Array, at: number, addressFamily: number): PfKey {
  return {
    addresses: [
      readPfAddress(bytes, at + KEY_ADDRESS, addressFamily),
      readPfAddress(bytes, at + KEY_ADDRESS + KEY_ADDRESS_BYTES, addressFamily),
    ],
    ports: [readUint16(bytes, at + KEY_PORT), readUint16(bytes, at + KEY_PORT + 2)],
  }
}

function writeKey(bytes: Uint8Array, at: number, { addresses, ports }: PfKey): void {
  writePfAddress(bytes, at + KEY_ADDRESS, addresses[0])
  writePfAddress(bytes, at + KEY_ADDRESS + KEY_ADDRESS_BYTES, addresses[1])
  writeUint16(bytes, at + KEY_PORT, ports[0])
  writeUint16(bytes, at + KEY_PORT + 2, ports[1])
}

function readCounters(bytes: Uint8Array, at: number): [number, number] {
  return [readCounter(bytes, at), readCounter(bytes, at + COUNTER_BYTES)]
}

function writeCounters(bytes: Uint8Array, at: number, counts: readonly [number, number]): void {
  writeCounter(bytes, at, counts[0])
  writeCounter(bytes, at + COUNTER_BYTES, counts[1])
}
