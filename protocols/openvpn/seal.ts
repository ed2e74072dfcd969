import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { fromHex, writeUint32 } from '../bytes.ts'
import {
  DATA_ASSOCIATED_BYTES,
  DATA_HEADER_BYTES,
  type SessionId,
  TAG_BYTES,
  writeDataHeader,
} from './wire.ts'

/**
 * Encryption of data packets and of the records of the control channel. The keys are derived from
 * a shared secret and both session ids instead of a TLS key exchange, so another session cannot
 * decrypt them.
 */

const KEY_BYTES = 32
/** The part of the nonce that is not sent (`implicit_iv`): 96 bits without the packet id. */
const IMPLICIT_IV_BYTES = 8

/** The key of one direction. */
export interface DirectionKey {
  readonly key: Uint8Array
  readonly implicitIv: Uint8Array
}

export interface SessionKeys {
  readonly control: { readonly fromClient: DirectionKey; readonly fromServer: DirectionKey }
  readonly data: { readonly fromClient: DirectionKey; readonly fromServer: DirectionKey }
}

export function deriveKeys(secret: string, client: SessionId, server: SessionId): SessionKeys {
  const length = KEY_BYTES + IMPLICIT_IV_BYTES
  const salt = fromHex(client + server)
  const info = utf8ToBytes('bascule openvpn key expansion')
  const material = hkdf(sha256, utf8ToBytes(secret), salt, info, 4 * length)
  const cut = (index: number): DirectionKey => ({
    key: material.slice(index * length, index * length + KEY_BYTES),
    implicitIv: material.slice(index * length + KEY_BYTES, (index + 1) * length),
  })
  return {
    control: { fromClient: cut(0), fromServer: cut(1) },
    data: { fromClient: cut(2), fromServer: cut(3) },
  }
}

// --- Data packets ------------------------------------------------------------------------------

/** A P_DATA_V2 packet: header, tag, ciphertext. */
export function sealData(
  key: DirectionKey,
  header: { readonly peerId: number; readonly packetId: number },
  plaintext: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(DATA_HEADER_BYTES + plaintext.length)
  writeDataHeader(bytes, { keyId: 0, ...header })
  const associated = bytes.subarray(0, DATA_ASSOCIATED_BYTES)
  const nonce = nonceOf(key, header.packetId)
  const sealed = chacha20poly1305(key.key, nonce, associated).encrypt(plaintext)
  // The cipher appends the tag; OpenVPN puts it before the ciphertext.
  bytes.set(sealed.subarray(plaintext.length), DATA_ASSOCIATED_BYTES)
  bytes.set(sealed.subarray(0, plaintext.length), DATA_HEADER_BYTES)
  return bytes
}

/** Decrypts a P_DATA_V2 packet; undefined when the tag is wrong. */
export function openData(
  key: DirectionKey,
  packetId: number,
  bytes: Uint8Array,
): Uint8Array | undefined {
  const sealed = new Uint8Array(bytes.length - DATA_ASSOCIATED_BYTES)
  const ciphertext = bytes.subarray(DATA_HEADER_BYTES)
  sealed.set(ciphertext)
  sealed.set(bytes.subarray(DATA_ASSOCIATED_BYTES, DATA_HEADER_BYTES), ciphertext.length)
  return openRecord(key, packetId, bytes.subarray(0, DATA_ASSOCIATED_BYTES), sealed)
}

// --- Records of the control channel ------------------------------------------------------------

export function sealRecord(
  key: DirectionKey,
  sequence: number,
  header: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  return chacha20poly1305(key.key, nonceOf(key, sequence), header).encrypt(plaintext)
}

/** Decrypts a record; undefined when the tag is wrong. */
export function openRecord(
  key: DirectionKey,
  number: number,
  associated: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < TAG_BYTES) return undefined
  try {
    return chacha20poly1305(key.key, nonceOf(key, number), associated).decrypt(sealed)
  } catch {
    // It throws only for a wrong tag.
    return undefined
  }
}

function nonceOf({ implicitIv }: DirectionKey, number: number): Uint8Array {
  const nonce = new Uint8Array(4 + IMPLICIT_IV_BYTES)
  writeUint32(nonce, 0, number)
  nonce.set(implicitIv, 4)
  return nonce
}
