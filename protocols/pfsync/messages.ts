import { readUint8, readUint32, writeUint8, writeUint32 } from '../bytes.ts'
import {
  INTERFACE_NAME_BYTES,
  type PfStateId,
  readCounter,
  readInterfaceName,
  readStateId,
  writeCounter,
  writeInterfaceName,
  writeStateId,
} from './fields.ts'
import { PF_PEER_BYTES, type PfPeer, readPeer, writePeer } from './peer.ts'

/** The entries of regions other than states (FreeBSD if_pfsync.h). */

// --- Constants of the wire ---------------------------------------------------------------------

/** PFSYNC_BUS_START and PFSYNC_BUS_END. */
export const PFSYNC_BULK = { start: 1, end: 2 } as const

// Reference (struct pfsync_ins_ack, pfsync_upd_req, pfsync_del_c).
const REFERENCE_CREATOR = 8

// Compressed update (struct pfsync_upd_c).
const UPDATE_SOURCE = 8
const UPDATE_DESTINATION = UPDATE_SOURCE + PF_PEER_BYTES
const UPDATE_CREATOR = 72
const UPDATE_TIMEOUT = 80
const UPDATE_BYTES = 84

// Clear (struct pfsync_clr).
const CLEAR_CREATOR = INTERFACE_NAME_BYTES

// Bulk status (struct pfsync_bus).
const BULK_END_TIME = 4
const BULK_STATUS = 8
const BULK_BYTES = 12

// IPsec security association (struct pfsync_tdb).
const TDB_DESTINATION = 4
const TDB_REPLAY = 32
const TDB_CURRENT_BYTES = 36
const TDB_PROTOCOL = 44
const TDB_UPDATES = 45
const TDB_BYTES = 48

// --- Parsed form -------------------------------------------------------------------------------

/** Identifies a state. An update request with two zeros asks for all states. */
export interface PfsyncReference {
  readonly id: PfStateId
  /** 32 bits, unsigned. */
  readonly creatorId: number
}

export function readReference(bytes: Uint8Array, at: number): PfsyncReference {
  return {
    id: readStateId(bytes, at),
    creatorId: readUint32(bytes, at + REFERENCE_CREATOR),
  }
}

export function writeReference(bytes: Uint8Array, at: number, reference: PfsyncReference): void {
  writeStateId(bytes, at, reference.id)
  writeUint32(bytes, at + REFERENCE_CREATOR, reference.creatorId)
}

/** The changing fields of a state. `expire` is sent as 0 and ignored (pfsync_out_upd_c). */
export interface PfsyncCompressedUpdate extends PfsyncReference {
  readonly source: PfPeer
  readonly destination: PfPeer
  /** The current pf timeout (PFTM_*); 0 to 24 are valid. */
  readonly timeout: number
}

export function readCompressedUpdate(bytes: Uint8Array, at: number): PfsyncCompressedUpdate {
  return {
    id: readStateId(bytes, at),
    creatorId: readUint32(bytes, at + UPDATE_CREATOR),
    source: readPeer(bytes, at + UPDATE_SOURCE),
    destination: readPeer(bytes, at + UPDATE_DESTINATION),
    timeout: readUint8(bytes, at + UPDATE_TIMEOUT),
  }
}

export function writeCompressedUpdate(
  bytes: Uint8Array,
  at: number,
  update: PfsyncCompressedUpdate,
): void {
  bytes.fill(0, at, at + UPDATE_BYTES)
  writeStateId(bytes, at, update.id)
  writePeer(bytes, at + UPDATE_SOURCE, update.source)
  writePeer(bytes, at + UPDATE_DESTINATION, update.destination)
  writeUint32(bytes, at + UPDATE_CREATOR, update.creatorId)
  writeUint8(bytes, at + UPDATE_TIMEOUT, update.timeout)
}

/** Removes all states of a creator, or only those bound to an interface. */
export interface PfsyncClear {
  /** At most 15 characters; empty for all interfaces. */
  readonly interfaceName: string
  /** 32 bits, unsigned. */
  readonly creatorId: number
}

export function readClear(bytes: Uint8Array, at: number): PfsyncClear {
  return {
    interfaceName: readInterfaceName(bytes, at),
    creatorId: readUint32(bytes, at + CLEAR_CREATOR),
  }
}

export function writeClear(bytes: Uint8Array, at: number, clear: PfsyncClear): void {
  writeInterfaceName(bytes, at, clear.interfaceName)
  writeUint32(bytes, at + CLEAR_CREATOR, clear.creatorId)
}

/** Marks the start or the end of a bulk update (pfsync_bulk_status). */
export interface PfsyncBulkStatus {
  /** The filter host ID of the sender: 32 bits, unsigned. */
  readonly creatorId: number
  /** The time since the request (`endtime`), in whole seconds of the sender's clock: 32 bits. */
  readonly sinceRequestSeconds: number
  /** One of `PFSYNC_BULK`, or 0 to 255. */
  readonly status: number
}

export function readBulkStatus(bytes: Uint8Array, at: number): PfsyncBulkStatus {
  return {
    creatorId: readUint32(bytes, at),
    sinceRequestSeconds: readUint32(bytes, at + BULK_END_TIME),
    status: readUint8(bytes, at + BULK_STATUS),
  }
}

export function writeBulkStatus(bytes: Uint8Array, at: number, bulk: PfsyncBulkStatus): void {
  bytes.fill(0, at, at + BULK_BYTES)
  writeUint32(bytes, at, bulk.creatorId)
  writeUint32(bytes, at + BULK_END_TIME, bulk.sinceRequestSeconds)
  writeUint8(bytes, at + BULK_STATUS, bulk.status)
}

/** Counters of an IPsec security association. FreeBSD ignores them and sends none. */
export interface PfsyncTdb {
  readonly spi: number
  /** The 28 bytes of a sockaddr; the parser makes a copy. */
  readonly destination: Uint8Array
  readonly replay: number
  /** Exact below 2^53. */
  readonly currentBytes: number
  readonly protocol: number
  readonly updates: number
}

export function readTdb(bytes: Uint8Array, at: number): PfsyncTdb {
  return {
    spi: readUint32(bytes, at),
    destination: bytes.slice(at + TDB_DESTINATION, at + TDB_REPLAY),
    replay: readUint32(bytes, at + TDB_REPLAY),
    currentBytes: readCounter(bytes, at + TDB_CURRENT_BYTES),
    protocol: readUint8(bytes, at + TDB_PROTOCOL),
    updates: readUint8(bytes, at + TDB_UPDATES),
  }
}

export function writeTdb(bytes: Uint8Array, at: number, tdb: PfsyncTdb): void {
  bytes.fill(0, at, at + TDB_BYTES)
  writeUint32(bytes, at, tdb.spi)
  bytes.set(tdb.destination, at + TDB_DESTINATION)
  writeUint32(bytes, at + TDB_REPLAY, tdb.replay)
  writeCounter(bytes, at + TDB_CURRENT_BYTES, tdb.currentBytes)
  writeUint8(bytes, at + TDB_PROTOCOL, tdb.protocol)
  writeUint8(bytes, at + TDB_UPDATES, tdb.updates)
}
