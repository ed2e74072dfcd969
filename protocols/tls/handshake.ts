import { readUint8, readUint16, writeUint16 } from '../bytes.ts'
import type { WireError } from '../wire-error.ts'
import { LEGACY_VERSION } from './wire.ts'

/**
 * ClientHello and ServerHello of TLS 1.3 (RFC 8446, section 4.1) with one cipher suite and one
 * group. The key shares are random and not used: see `seal.ts`.
 */

// --- Constants of the wire ---------------------------------------------------------------------

const CLIENT_HELLO = 1
const SERVER_HELLO = 2
export const TLS_RANDOM_BYTES = 32
const KEY_SHARE_BYTES = 32

export const CHACHA20_POLY1305_SHA256 = 0x1303
const TLS_1_3 = 0x0304
const X25519 = 0x001d
/** ecdsa_secp256r1_sha256 and rsa_pss_rsae_sha256, for the certificates that pfSense makes. */
const SIGNATURE_ALGORITHMS = [0x0403, 0x0804]

const EXTENSION = {
  supportedGroups: 10,
  signatureAlgorithms: 13,
  supportedVersions: 43,
  keyShare: 51,
} as const

// --- Parsed form -------------------------------------------------------------------------------

export interface Hello {
  /** 32 bytes, like the next two. */
  readonly random: Uint8Array
  /** Chosen by the client; the server repeats it. */
  readonly sessionId: Uint8Array
  readonly keyShare: Uint8Array
}

/** Errors: `badType` for another message, `badVersion` for an older TLS or another suite. */
export function parseClientHello(message: Uint8Array): Hello | WireError {
  const reader = openMessage(message, CLIENT_HELLO)
  if (typeof reader === 'string') return reader
  const { random, sessionId } = readOpening(reader)
  const suites = numbersOf(reader.vector(2))
  reader.vector(1)
  const extensions = readExtensions(reader)
  if (extensions === undefined) return 'truncated'
  const versions = numbersOf(extensions.get(EXTENSION.supportedVersions)?.subarray(1))
  if (!versions.includes(TLS_1_3) || !suites.includes(CHACHA20_POLY1305_SHA256)) {
    return 'badVersion'
  }
  const shares = new Reader(extensions.get(EXTENSION.keyShare) ?? new Uint8Array())
  return helloOf(random, sessionId, new Reader(shares.vector(2)))
}

/** Has the errors of `parseClientHello`. */
export function parseServerHello(message: Uint8Array): Hello | WireError {
  const reader = openMessage(message, SERVER_HELLO)
  if (typeof reader === 'string') return reader
  const { random, sessionId } = readOpening(reader)
  const suite = numbersOf(reader.bytes(2))
  reader.bytes(1)
  const extensions = readExtensions(reader)
  if (extensions === undefined) return 'truncated'
  const versions = numbersOf(extensions.get(EXTENSION.supportedVersions))
  if (!versions.includes(TLS_1_3) || !suite.includes(CHACHA20_POLY1305_SHA256)) return 'badVersion'
  const share = new Reader(extensions.get(EXTENSION.keyShare) ?? new Uint8Array())
  return helloOf(random, sessionId, share)
}

function openMessage(message: Uint8Array, type: number): Reader | WireError {
  if (message.length < 4) return 'truncated'
  if (readUint8(message, 0) !== type) return 'badType'
  const length = readUint8(message, 1) * 0x10000 + readUint16(message, 2)
  return message.length === 4 + length ? new Reader(message.subarray(4)) : 'badLength'
}

function readOpening(reader: Reader): Pick<Hello, 'random' | 'sessionId'> {
  reader.bytes(2)
  return { random: reader.bytes(TLS_RANDOM_BYTES), sessionId: reader.vector(1) }
}

function helloOf(random: Uint8Array, sessionId: Uint8Array, share: Reader): Hello | WireError {
  const [group] = numbersOf(share.bytes(2))
  const keyShare = share.vector(2)
  if (share.isShort || sessionId.length > 32) return 'badLength'
  return group === X25519 && keyShare.length === KEY_SHARE_BYTES
    ? { random: random.slice(), sessionId: sessionId.slice(), keyShare: keyShare.slice() }
    : 'badType'
}

/** The extensions by type; undefined when truncated. */
function readExtensions(reader: Reader): ReadonlyMap<number, Uint8Array> | undefined {
  const list = new Reader(reader.vector(2))
  const extensions = new Map<number, Uint8Array>()
  while (list.hasMore) {
    const [type = 0] = numbersOf(list.bytes(2))
    extensions.set(type, list.vector(2))
  }
  return reader.isShort || list.isShort ? undefined : extensions
}

function numbersOf(bytes: Uint8Array = new Uint8Array()): number[] {
  const count = Math.floor(bytes.length / 2)
  return Array.from({ length: count }, (_, index) => readUint16(bytes, 2 * index))
}

/** Reads bytes in order; beyond the end it returns no bytes and sets `isShort`. */
class Reader {
  isShort = false
  #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get hasMore(): boolean {
    return !this.isShort && this.#at < this.#bytes.length
  }

  bytes(count: number): Uint8Array {
    const from = this.#at
    this.isShort ||= from + count > this.#bytes.length
    if (this.isShort) return new Uint8Array()
    this.#at += count
    return this.#bytes.subarray(from, this.#at)
  }

  /** A field after its length, which has one or two bytes. */
  vector(lengthBytes: 1 | 2): Uint8Array {
    const length = this.bytes(lengthBytes)
    if (this.isShort) return new Uint8Array()
    return this.bytes(lengthBytes === 1 ? readUint8(length, 0) : readUint16(length, 0))
  }
}

// --- To bytes ----------------------------------------------------------------------------------

export function writeClientHello({ random, sessionId, keyShare }: Hello): Uint8Array {
  const noCompression = [0]
  return writeMessage(CLIENT_HELLO, [
    ...uint16(LEGACY_VERSION),
    ...random,
    ...vector(1, sessionId),
    ...vector(2, uint16(CHACHA20_POLY1305_SHA256)),
    ...vector(1, noCompression),
    ...vector(2, [
      ...extension(EXTENSION.supportedGroups, vector(2, uint16(X25519))),
      ...extension(EXTENSION.signatureAlgorithms, vector(2, SIGNATURE_ALGORITHMS.flatMap(uint16))),
      ...extension(EXTENSION.supportedVersions, vector(1, uint16(TLS_1_3))),
      ...extension(EXTENSION.keyShare, vector(2, [...uint16(X25519), ...vector(2, keyShare)])),
    ]),
  ])
}

export function writeServerHello({ random, sessionId, keyShare }: Hello): Uint8Array {
  const noCompression = 0
  return writeMessage(SERVER_HELLO, [
    ...uint16(LEGACY_VERSION),
    ...random,
    ...vector(1, sessionId),
    ...uint16(CHACHA20_POLY1305_SHA256),
    noCompression,
    ...vector(2, [
      ...extension(EXTENSION.supportedVersions, uint16(TLS_1_3)),
      ...extension(EXTENSION.keyShare, [...uint16(X25519), ...vector(2, keyShare)]),
    ]),
  ])
}

/** A handshake message: type, three bytes of length, and body. */
export function writeMessage(type: number, body: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 + body.length)
  bytes[0] = type
  bytes[1] = body.length >>> 16
  writeUint16(bytes, 2, body.length)
  bytes.set(body, 4)
  return bytes
}

function extension(type: number, content: readonly number[]): number[] {
  return [...uint16(type), ...vector(2, content)]
}

function vector(lengthBytes: 1 | 2, content: ArrayLike<number>): number[] {
  const { length } = content
  return [...(lengthBytes === 1 ? [length] : uint16(length)), ...Array.from(content)]
}

function uint16(value: number): number[] {
  return [value >>> 8, value & 0xff]
}
