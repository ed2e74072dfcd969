import {
  readUint8,
  readUint16,
  readUint32,
  toHex,
  writeUint8,
  writeUint16,
  writeUint32,
} from '../bytes.ts'

/** TCP options (RFC 9293 section 3.1, RFC 7323, RFC 2018). */

// --- Constants of the wire ---------------------------------------------------------------------

/** The maximum length of the options. */
export const TCP_OPTIONS_MAX_BYTES = 40

const KIND = { end: 0, noOperation: 1, mss: 2, windowScale: 3, sackPermitted: 4, sack: 5, ts: 8 }
const MSS_BYTES = 4
const WINDOW_SCALE_BYTES = 3
const SACK_PERMITTED_BYTES = 2
const TIMESTAMPS_BYTES = 10
const SACK_BLOCK_BYTES = 8

// --- Parsed form -------------------------------------------------------------------------------

export interface TcpTimestamps {
  /** TSval, the clock of the sender: 32 bits. */
  readonly value: number
  /** TSecr, the last TSval of the receiver; 0 without the ACK flag. */
  readonly echo: number
}

/** The known options of a segment. */
export interface TcpOptions {
  /** MSS, only on SYN: the largest payload to receive, without options (RFC 6691). */
  readonly maximumSegmentBytes?: number
  /** Only on SYN: the scale of later windows. 0 to 14 by RFC 7323; 0 to 255 on the wire. */
  readonly windowScale?: number
  /** Only on SYN: selective acknowledgements are supported. */
  readonly sackPermitted?: true
  readonly timestamps?: TcpTimestamps
}

export const NO_OPTIONS: TcpOptions = {}

/**
 * Parses the options in `bytes[start, end)`. Options of unknown kind or wrong length are skipped;
 * an option that does not fit ends the list (Linux tcp_parse_options).
 */
export function parseTcpOptions(bytes: Uint8Array, start: number, end: number): TcpOptions {
  if (start === end) return NO_OPTIONS
  let options = NO_OPTIONS
  for (let at = start; ; ) {
    const length = optionLength(bytes, at, end)
    if (length === 0) return options
    const kind = readUint8(bytes, at)
    if (kind === KIND.ts && length === TIMESTAMPS_BYTES) {
      options = { ...options, timestamps: timestampsAt(bytes, at) }
    } else if (kind === KIND.mss && length === MSS_BYTES) {
      options = { ...options, maximumSegmentBytes: readUint16(bytes, at + 2) }
    } else if (kind === KIND.windowScale && length === WINDOW_SCALE_BYTES) {
      options = { ...options, windowScale: readUint8(bytes, at + 2) }
    } else if (kind === KIND.sackPermitted && length === SACK_PERMITTED_BYTES) {
      options = { ...options, sackPermitted: true }
    }
    at += length
  }
}

/** The length of the option at `at`; 0 for end-of-options or when it does not fit. */
function optionLength(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return 0
  const kind = readUint8(bytes, at)
  if (kind === KIND.end) return 0
  if (kind === KIND.noOperation) return 1
  if (at + 1 >= end) return 0
  const length = readUint8(bytes, at + 1)
  return length < 2 || at + length > end ? 0 : length
}

function timestampsAt(bytes: Uint8Array, at: number): TcpTimestamps {
  return { value: readUint32(bytes, at + 2), echo: readUint32(bytes, at + 6) }
}

/** The length that `writeTcpOptions` writes: a multiple of 4, at most 24. */
export function tcpOptionsLength(options: TcpOptions): number {
  const { maximumSegmentBytes, windowScale, sackPermitted, timestamps } = options
  const mss = maximumSegmentBytes === undefined ? 0 : 4
  const scale = windowScale === undefined ? 0 : 4
  // It replaces the two bytes of padding before the timestamps.
  const sack = sackPermitted === undefined || timestamps !== undefined ? 0 : 4
  return mss + sack + (timestamps === undefined ? 0 : 12) + scale
}

/**
 * Writes the options in the order and with the padding of Linux (tcp_options_write), and returns
 * their end.
 */
export function writeTcpOptions(bytes: Uint8Array, start: number, options: TcpOptions): number {
  const { maximumSegmentBytes, windowScale, sackPermitted, timestamps } = options
  let at = start
  if (maximumSegmentBytes !== undefined) {
    writeUint8(bytes, at, KIND.mss)
    writeUint8(bytes, at + 1, MSS_BYTES)
    writeUint16(bytes, at + 2, maximumSegmentBytes)
    at += MSS_BYTES
  }
  if (timestamps !== undefined) {
    if (sackPermitted) at = writeSackPermitted(bytes, at)
    else at = writeNoOperation(bytes, writeNoOperation(bytes, at))
    writeUint8(bytes, at, KIND.ts)
    writeUint8(bytes, at + 1, TIMESTAMPS_BYTES)
    writeUint32(bytes, at + 2, timestamps.value)
    writeUint32(bytes, at + 6, timestamps.echo)
    at += TIMESTAMPS_BYTES
  } else if (sackPermitted) {
    at = writeSackPermitted(bytes, writeNoOperation(bytes, writeNoOperation(bytes, at)))
  }
  if (windowScale !== undefined) {
    at = writeNoOperation(bytes, at)
    writeUint8(bytes, at, KIND.windowScale)
    writeUint8(bytes, at + 1, WINDOW_SCALE_BYTES)
    writeUint8(bytes, at + 2, windowScale)
    at += WINDOW_SCALE_BYTES
  }
  return at
}

function writeNoOperation(bytes: Uint8Array, at: number): number {
  writeUint8(bytes, at, KIND.noOperation)
  return at + 1
}

function writeSackPermitted(bytes: Uint8Array, at: number): number {
  writeUint8(bytes, at, KIND.sackPermitted)
  writeUint8(bytes, at + 1, SACK_PERMITTED_BYTES)
  return at + SACK_PERMITTED_BYTES
}

// --- As a person reads it ----------------------------------------------------------------------

/** The options in `bytes[start, end)` as tcpdump prints them. */
export function describeTcpOptions(bytes: Uint8Array, start: number, end: number): string {
  const words: string[] = []
  for (let at = start; at < end; ) {
    const length = optionLength(bytes, at, end)
    if (length === 0) {
      words.push(readUint8(bytes, at) === KIND.end ? 'eol' : '[bad opt]')
      break
    }
    words.push(describeOption(bytes, at, length))
    at += length
  }
  return words.join(',')
}

function describeOption(bytes: Uint8Array, at: number, length: number): string {
  const kind = readUint8(bytes, at)
  if (kind === KIND.noOperation) return 'nop'
  if (kind === KIND.mss && length === MSS_BYTES) return `mss ${readUint16(bytes, at + 2)}`
  if (kind === KIND.windowScale && length === WINDOW_SCALE_BYTES) {
    return `wscale ${readUint8(bytes, at + 2)}`
  }
  if (kind === KIND.sackPermitted && length === SACK_PERMITTED_BYTES) return 'sackOK'
  if (kind === KIND.ts && length === TIMESTAMPS_BYTES) {
    const { value, echo } = timestampsAt(bytes, at)
    return `TS val ${value} ecr ${echo}`
  }
  if (kind === KIND.sack && length % SACK_BLOCK_BYTES === 2) return describeSack(bytes, at, length)
  const rest = toHex(bytes.subarray(at + 2, at + length))
  return `unknown-${kind}${rest === '' ? '' : ` 0x${rest}`}`
}

function describeSack(bytes: Uint8Array, at: number, length: number): string {
  const blocks: string[] = []
  for (let block = at + 2; block < at + length; block += SACK_BLOCK_BYTES) {
    blocks.push(`{${readUint32(bytes, block)}:${readUint32(bytes, block + 4)}}`)
  }
  return `sack ${blocks.length} ${blocks.join('')}`
}
