import { readUint8, readUint16, writeUint8, writeUint16 } from '../bytes.ts'
import type { WireError } from '../wire-error.ts'

/** The records of TLS 1.3 (RFC 8446, section 5). */

// --- Constants of the wire ---------------------------------------------------------------------

export const CONTENT_TYPE = {
  changeCipherSpec: 20,
  alert: 21,
  handshake: 22,
  applicationData: 23,
} as const

export const TLS_RECORD_HEADER_BYTES = 5
/** The maximum content of a record before encryption. */
export const TLS_PLAINTEXT_LIMIT_BYTES = 16_384
/** The maximum length of an encrypted record. */
const TLS_RECORD_LIMIT_BYTES = TLS_PLAINTEXT_LIMIT_BYTES + 256
/** The version field of records, which is TLS 1.2 for compatibility with middleboxes. */
export const LEGACY_VERSION = 0x0303
/** The version field of the first record of a client, for compatibility with old servers. */
export const FIRST_RECORD_VERSION = 0x0301

/** close_notify: nothing more will be sent (RFC 8446, section 6.1). */
export const ALERT_CLOSE_NOTIFY = Uint8Array.of(1, 0)

// --- Parsed form -------------------------------------------------------------------------------

export interface TlsRecord {
  /** 0 to 255, usually one of `CONTENT_TYPE`. */
  readonly type: number
  readonly version: number
  readonly fragment: Uint8Array
}

/**
 * The length of the record at the start of `bytes`, with its header; undefined when the header is
 * incomplete. Errors: `badType` when it is not TLS, `badVersion`, `badLength`.
 */
export function recordLengthOf(bytes: Uint8Array): number | WireError | undefined {
  if (bytes.length === 0) return undefined
  const type = readUint8(bytes, 0)
  const { changeCipherSpec, applicationData } = CONTENT_TYPE
  if (type < changeCipherSpec || type > applicationData) return 'badType'
  if (bytes.length < TLS_RECORD_HEADER_BYTES) return undefined
  if (readUint8(bytes, 1) !== 3) return 'badVersion'
  const fragmentBytes = readUint16(bytes, 3)
  if (fragmentBytes > TLS_RECORD_LIMIT_BYTES) return 'badLength'
  return TLS_RECORD_HEADER_BYTES + fragmentBytes
}

/** Parses the record at the start of `bytes`, with the errors of `recordLengthOf` and `truncated`. */
export function parseRecord(bytes: Uint8Array): TlsRecord | WireError {
  const length = recordLengthOf(bytes)
  if (typeof length === 'string') return length
  if (length === undefined || bytes.length < length) return 'truncated'
  return {
    type: readUint8(bytes, 0),
    version: readUint16(bytes, 1),
    fragment: bytes.subarray(TLS_RECORD_HEADER_BYTES, length),
  }
}

// --- To bytes ----------------------------------------------------------------------------------

export function writeRecord({ type, version, fragment }: TlsRecord): Uint8Array {
  const bytes = new Uint8Array(TLS_RECORD_HEADER_BYTES + fragment.length)
  writeUint8(bytes, 0, type)
  writeUint16(bytes, 1, version)
  writeUint16(bytes, 3, fragment.length)
  bytes.set(fragment, TLS_RECORD_HEADER_BYTES)
  return bytes
}
