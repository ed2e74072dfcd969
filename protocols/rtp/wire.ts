import {
  readUint8,
  readUint16,
  readUint32,
  writeUint8,
  writeUint16,
  writeUint32,
} from '../bytes.ts'
import type { WireError } from '../wire-error.ts'

/** RTP (RFC 3550, section 5.1). */

// --- Constants of the wire ---------------------------------------------------------------------

/** The header without contributing sources and extension. */
export const RTP_HEADER_BYTES = 12

/** Static payload types (RFC 3551, table 4), all with a clock of 8000 Hz. */
export const RTP_PAYLOAD_TYPE = { pcmu: 0, pcma: 8, g729: 18 } as const

const FLAGS = 0
const PAYLOAD_TYPE = 1
const SEQUENCE = 2
const TIMESTAMP = 4
const SOURCE = 8

const VERSION = 2
const MARKER = 0x80

// --- Parsed form -------------------------------------------------------------------------------

interface RtpHeader {
  /** 0 to 127. */
  readonly payloadType: number
  /** Marks the first packet after silence. */
  readonly marker: boolean
  /** Counts packets, modulo 2^16. */
  readonly sequence: number
  /** Counts samples, modulo 2^32. */
  readonly timestamp: number
  /** SSRC, the synchronization source. */
  readonly source: number
}

export interface RtpPacket extends RtpHeader {
  readonly payloadStart: number
  readonly payloadEnd: number
}

// --- Bytes -------------------------------------------------------------------------------------

/** Parses a packet. Errors: `truncated` when shorter than its header, `badVersion` unless 2. */
export function parseRtp(bytes: Uint8Array, start: number, end: number): RtpPacket | WireError {
  if (end - start < RTP_HEADER_BYTES) return 'truncated'
  const flags = readUint8(bytes, start + FLAGS)
  if (flags >>> 6 !== VERSION) return 'badVersion'
  const payloadStart = start + RTP_HEADER_BYTES + 4 * (flags & 0x0f)
  if (payloadStart > end) return 'truncated'
  const type = readUint8(bytes, start + PAYLOAD_TYPE)
  return {
    payloadType: type & ~MARKER,
    marker: (type & MARKER) !== 0,
    sequence: readUint16(bytes, start + SEQUENCE),
    timestamp: readUint32(bytes, start + TIMESTAMP),
    source: readUint32(bytes, start + SOURCE),
    payloadStart,
    payloadEnd: end,
  }
}

/** Writes a header at `start` and returns the start of the payload. */
export function writeRtp(bytes: Uint8Array, start: number, header: RtpHeader): number {
  writeUint8(bytes, start + FLAGS, VERSION << 6)
  writeUint8(bytes, start + PAYLOAD_TYPE, header.payloadType | (header.marker ? MARKER : 0))
  writeUint16(bytes, start + SEQUENCE, header.sequence)
  writeUint32(bytes, start + TIMESTAMP, header.timestamp)
  writeUint32(bytes, start + SOURCE, header.source)
  return start + RTP_HEADER_BYTES
}
