import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { expand, extract } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { writeUint16, writeUint32 } from '../bytes.ts'
import { CONTENT_TYPE, LEGACY_VERSION, TLS_RECORD_HEADER_BYTES } from './wire.ts'

/**
 * Encryption of records (RFC 8446, section 5.2) with CHACHA20-POLY1305. Keys are derived from
 * secrets as in TLS. The secrets are derived from the two randoms instead of a key exchange; this is
 * not secure, but the records have the right format and size.
 */

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16
const SECRET_BYTES = 32

type Phase = 'handshake' | 'application'
export type Role = 'client' | 'server'

/** The traffic secret of one sender in one phase: 32 bytes. */
export function trafficSecret(
  phase: Phase,
  sender: Role,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): Uint8Array {
  const root = extract(sha256, concatBytes(clientRandom, serverRandom))
  return expand(sha256, root, utf8ToBytes(`bascule ${phase} ${sender}`), SECRET_BYTES)
}

/** HKDF-Expand-Label with an empty context (RFC 8446, section 7.1). */
export function expandLabel(secret: Uint8Array, label: string, length: number): Uint8Array {
  const name = utf8ToBytes(`tls13 ${label}`)
  const info = Uint8Array.of(length >>> 8, length & 0xff, name.length, ...name, 0)
  return expand(sha256, secret, info, length)
}

/** Encrypts or decrypts the records of one direction and phase, with sequence numbers. */
export class RecordSeal {
  #key: Uint8Array
  #iv: Uint8Array
  #records = 0

  constructor(secret: Uint8Array) {
    this.#key = expandLabel(secret, 'key', KEY_BYTES)
    this.#iv = expandLabel(secret, 'iv', IV_BYTES)
  }

  /** @param padTo the content is padded with zeros to at least this number of bytes */
  seal(type: number, content: Uint8Array, padTo = 0): Uint8Array {
    const inner = new Uint8Array(Math.max(content.length, padTo) + 1)
    inner.set(content)
    inner[content.length] = type
    return this.#cipher(inner.length + TAG_BYTES).encrypt(inner)
  }

  /** Decrypts a record; undefined for another key or sequence number. */
  open(fragment: Uint8Array): { type: number; content: Uint8Array } | undefined {
    if (fragment.length <= TAG_BYTES) return undefined
    let inner: Uint8Array
    try {
      inner = this.#cipher(fragment.length).decrypt(fragment)
    } catch {
      return undefined
    }
    const end = inner.findLastIndex((byte) => byte !== 0)
    const type = inner[end]
    return type === undefined ? undefined : { type, content: inner.subarray(0, end) }
  }

  #cipher(fragmentBytes: number): ReturnType<typeof chacha20poly1305> {
    const nonce = this.#iv.slice()
    // A 64-bit number, of which 53 bits are used.
    const number = new Uint8Array(IV_BYTES)
    writeUint32(number, 4, Math.floor(this.#records / 0x1_0000_0000))
    writeUint32(number, 8, this.#records % 0x1_0000_0000)
    for (const [at, byte] of number.entries()) nonce[at] = (nonce[at] ?? 0) ^ byte
    this.#records += 1
    const header = new Uint8Array(TLS_RECORD_HEADER_BYTES)
    header[0] = CONTENT_TYPE.applicationData
    writeUint16(header, 1, LEGACY_VERSION)
    writeUint16(header, 3, fragmentBytes)
    return chacha20poly1305(this.#key, nonce, header)
  }
}
