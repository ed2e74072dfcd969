import { readUint16, writeUint16 } from '../bytes.ts'
import { type DirectionKey, openRecord, sealRecord } from './seal.ts'
import { TAG_BYTES } from './wire.ts'

/**
 * The TLS 1.3 records of the control channel. They have the format and size of real records, so
 * Wireshark shows a handshake; their content is random, or encrypted by `seal.ts`.
 */

export const RECORD_TYPE = { handshake: 22, applicationData: 23 } as const
/** The content type, which is the last byte of the plaintext (RFC 8446, section 5.2). */
type ContentType = 22 | 23

const RECORD_HEADER_BYTES = 5
const RECORD_MAX_BYTES = 16_384 + 256
const TLS_1_2 = 0x0303

export interface TlsRecord {
  readonly type: number
  readonly header: Uint8Array
  readonly body: Uint8Array
}

export function writeRecord(type: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + body.length)
  bytes.set(recordHeader(type, body.length))
  bytes.set(body, RECORD_HEADER_BYTES)
  return bytes
}

function recordHeader(type: number, length: number): Uint8Array {
  const header = new Uint8Array(RECORD_HEADER_BYTES)
  header[0] = type
  writeUint16(header, 1, TLS_1_2)
  writeUint16(header, 3, length)
  return header
}

/** Splits a byte stream into records; keeps an incomplete record for the next call. */
export class RecordStream {
  #kept: Uint8Array = new Uint8Array(0)

  /** @returns the complete records; undefined when a record is too long for TLS */
  take(bytes: Uint8Array): TlsRecord[] | undefined {
    const stream = new Uint8Array(this.#kept.length + bytes.length)
    stream.set(this.#kept)
    stream.set(bytes, this.#kept.length)
    const records: TlsRecord[] = []
    let at = 0
    while (stream.length - at >= RECORD_HEADER_BYTES) {
      const length = readUint16(stream, at + 3)
      if (length > RECORD_MAX_BYTES) return undefined
      const end = at + RECORD_HEADER_BYTES + length
      if (end > stream.length) break
      records.push({
        type: stream[at] as number,
        header: stream.slice(at, at + RECORD_HEADER_BYTES),
        body: stream.slice(at + RECORD_HEADER_BYTES, end),
      })
      at = end
    }
    this.#kept = stream.slice(at)
    return records
  }
}

// --- Encrypted records -------------------------------------------------------------------------

/** Encrypts the records of one direction, with a sequence number for each. */
export class RecordSealer {
  #key: DirectionKey
  #sequence = 0

  constructor(key: DirectionKey) {
    this.#key = key
  }

  seal(type: ContentType, content: Uint8Array): Uint8Array {
    const plaintext = Uint8Array.of(...content, type)
    const header = recordHeader(RECORD_TYPE.applicationData, plaintext.length + TAG_BYTES)
    const body = sealRecord(this.#key, this.#sequence++, header, plaintext)
    return writeRecord(RECORD_TYPE.applicationData, body)
  }
}

/** Decrypts the records of one direction, in order. */
export class RecordOpener {
  #key: DirectionKey
  #sequence = 0

  constructor(key: DirectionKey) {
    this.#key = key
  }

  open(record: TlsRecord): { type: number; content: Uint8Array } | undefined {
    const plaintext = openRecord(this.#key, this.#sequence, record.header, record.body)
    if (plaintext === undefined || plaintext.length === 0) return undefined
    this.#sequence++
    return { type: plaintext.at(-1) as number, content: plaintext.subarray(0, -1) }
  }
}

// --- Hellos ------------------------------------------------------------------------------------

type RandomBytes = (count: number) => Uint8Array

const CHACHA20_POLY1305_SHA256 = [0x13, 0x03]
const X25519 = [0x00, 0x1d]
const KEY_SHARE_BYTES = 32

/** A ClientHello with real fields and random keys. */
export function clientHello(random: RandomBytes): Uint8Array {
  const share = [...X25519, ...withLength16([...random(KEY_SHARE_BYTES)])]
  return hello(0x01, random, [
    ...withLength16([0x13, 0x02, ...CHACHA20_POLY1305_SHA256, 0x13, 0x01]),
    ...[0x01, 0x00],
    ...withLength16([
      ...extension(0x000a, withLength16([...X25519, 0x00, 0x17, 0x00, 0x18])),
      ...extension(0x000d, withLength16([0x04, 0x03, 0x08, 0x04, 0x08, 0x05, 0x08, 0x06])),
      ...extension(0x002b, [0x02, 0x03, 0x04]),
      ...extension(0x002d, [0x01, 0x01]),
      ...extension(0x0033, withLength16(share)),
    ]),
  ])
}

export function serverHello(random: RandomBytes): Uint8Array {
  const share = [...X25519, ...withLength16([...random(KEY_SHARE_BYTES)])]
  return hello(0x02, random, [
    ...CHACHA20_POLY1305_SHA256,
    0x00,
    ...withLength16([...extension(0x002b, [0x03, 0x04]), ...extension(0x0033, share)]),
  ])
}

function hello(type: number, random: RandomBytes, rest: readonly number[]): Uint8Array {
  const body = [0x03, 0x03, ...random(32), 32, ...random(32), ...rest]
  const length = body.length
  const message = [type, length >> 16, (length >> 8) & 0xff, length & 0xff, ...body]
  return writeRecord(RECORD_TYPE.handshake, Uint8Array.from(message))
}

function extension(type: number, data: readonly number[]): number[] {
  return [type >> 8, type & 0xff, ...withLength16(data)]
}

function withLength16(data: readonly number[]): number[] {
  return [data.length >> 8, data.length & 0xff, ...data]
}
