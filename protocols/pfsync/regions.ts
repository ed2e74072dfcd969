import { assert } from '../../engine/assert.ts'
import { readUint8, readUint16, writeUint8, writeUint16 } from '../bytes.ts'
import { actionNameOf, entryBytesOf, PFSYNC_ACTION, type PfsyncActionName } from './actions.ts'
import {
  type PfsyncBulkStatus,
  type PfsyncClear,
  type PfsyncCompressedUpdate,
  type PfsyncReference,
  type PfsyncTdb,
  readBulkStatus,
  readClear,
  readCompressedUpdate,
  readReference,
  readTdb,
  writeBulkStatus,
  writeClear,
  writeCompressedUpdate,
  writeReference,
  writeTdb,
} from './messages.ts'
import { type PfState, readState1400, writeState1400 } from './state-1400.ts'

/** The regions of a pfsync packet: a subheader and entries of one kind. */

// --- Constants of the wire ---------------------------------------------------------------------

/** The header of each region (struct pfsync_subheader). */
export const PFSYNC_SUBHEADER_BYTES = 4

const ACTION = 0
const PADDING = 1
const COUNT = 2

// --- Parsed form -------------------------------------------------------------------------------

/** The type of the entries for each kind of region. */
export interface PfsyncEntries {
  readonly clear: PfsyncClear
  readonly insertAck: PfsyncReference
  readonly updateCompressed: PfsyncCompressedUpdate
  readonly updateRequest: PfsyncReference
  readonly deleteCompressed: PfsyncReference
  readonly bulkStatus: PfsyncBulkStatus
  readonly tdb: PfsyncTdb
  readonly insert1400: PfState
  readonly update1400: PfState
}

export type PfsyncKind = keyof PfsyncEntries

/** States in a format that is not supported, as raw bytes. */
export interface PfsyncForeignRegion {
  readonly kind: 'foreign'
  readonly action: number
  /** 0 to 65535. */
  readonly count: number
  /** The bytes of all entries; the parser makes a copy. */
  readonly body: Uint8Array
}

type RegionOf<Kind extends PfsyncKind> = {
  readonly [K in Kind]: { readonly kind: K; readonly entries: readonly PfsyncEntries[K][] }
}[Kind]

export type PfsyncRegion = RegionOf<PfsyncKind> | PfsyncForeignRegion

interface Codec<Entry> {
  readonly read: (bytes: Uint8Array, at: number) => Entry
  readonly write: (bytes: Uint8Array, at: number, entry: Entry) => void
}

const CODECS: { readonly [Kind in PfsyncKind]: Codec<PfsyncEntries[Kind]> } = {
  clear: { read: readClear, write: writeClear },
  insertAck: { read: readReference, write: writeReference },
  updateCompressed: { read: readCompressedUpdate, write: writeCompressedUpdate },
  updateRequest: { read: readReference, write: writeReference },
  deleteCompressed: { read: readReference, write: writeReference },
  bulkStatus: { read: readBulkStatus, write: writeBulkStatus },
  tdb: { read: readTdb, write: writeTdb },
  insert1400: { read: readState1400, write: writeState1400 },
  update1400: { read: readState1400, write: writeState1400 },
}

export function actionAt(bytes: Uint8Array, at: number): number {
  return readUint8(bytes, at + ACTION)
}

export function countAt(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at + COUNT)
}

/** Reads a region whose entries have a known size and are complete. */
export function readRegion(bytes: Uint8Array, at: number): PfsyncRegion {
  const action = actionAt(bytes, at)
  const count = countAt(bytes, at)
  const entryBytes = entryBytesOf(action)
  assert(entryBytes !== undefined, 'only regions of known size are read')
  const start = at + PFSYNC_SUBHEADER_BYTES
  const name = actionNameOf(action)
  if (name === undefined || !hasCodec(name)) {
    return { kind: 'foreign', action, count, body: bytes.slice(start, start + count * entryBytes) }
  }
  const { read } = CODECS[name]
  const entries: unknown[] = []
  for (let index = 0; index < count; index++) entries.push(read(bytes, start + index * entryBytes))
  // `CODECS` guarantees the type of the entries; TypeScript cannot check this.
  return { kind: name, entries } as PfsyncRegion
}

function hasCodec(name: PfsyncActionName): name is PfsyncKind {
  return name in CODECS
}

/** The length of a region with its subheader, in bytes. */
export function regionLength(region: PfsyncRegion): number {
  return (
    PFSYNC_SUBHEADER_BYTES +
    (region.kind === 'foreign' ? region.body.length : region.entries.length * bytesOf(region.kind))
  )
}

/** Writes a region with its subheader at `start` and returns its end. */
export function writeRegion(bytes: Uint8Array, start: number, region: PfsyncRegion): number {
  if (region.kind === 'foreign') {
    const at = writeSubheader(bytes, start, region.action, region.count)
    bytes.set(region.body, at)
    return at + region.body.length
  }
  const at = writeSubheader(bytes, start, PFSYNC_ACTION[region.kind], region.entries.length)
  return writeEntries(bytes, at, region)
}

function writeEntries<Kind extends PfsyncKind>(
  bytes: Uint8Array,
  start: number,
  { kind, entries }: RegionOf<Kind>,
): number {
  const { write } = CODECS[kind]
  let at = start
  for (const entry of entries) {
    write(bytes, at, entry)
    at += bytesOf(kind)
  }
  return at
}

/** Writes a subheader at `start` and returns the start of the entries. */
export function writeSubheader(
  bytes: Uint8Array,
  start: number,
  action: number,
  count: number,
): number {
  writeUint8(bytes, start + ACTION, action)
  writeUint8(bytes, start + PADDING, 0)
  writeUint16(bytes, start + COUNT, count)
  return start + PFSYNC_SUBHEADER_BYTES
}

function bytesOf(kind: PfsyncKind): number {
  return entryBytesOf(PFSYNC_ACTION[kind]) ?? 0
}
