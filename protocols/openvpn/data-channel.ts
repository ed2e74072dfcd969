import { fromHex } from '../bytes.ts'
import { type DirectionKey, openData, type SessionKeys, sealData } from './seal.ts'
import type { DataPacket } from './wire.ts'

/** The payload of a keepalive ping: `ping_string` of ping.c, which is not a valid IP packet. */
export const PING = fromHex('2a187bf3641eb4cb07ed2d0a981fc748')

/** `--replay-window`: the number of packet ids behind the newest that are accepted. */
const REPLAY_WINDOW = 64

/** The result of a received datagram. */
export type Received =
  | { readonly kind: 'taken' }
  /** A decrypted IP packet. */
  | { readonly kind: 'packet'; readonly packet: Uint8Array }
  | { readonly kind: 'refused'; readonly why: Refusal }

export type Refusal = 'noSession' | 'badSeal' | 'badSource' | 'malformed'

export const TAKEN: Received = { kind: 'taken' }

export function refused(why: Refusal): Received {
  return { kind: 'refused', why }
}

/** The data channel of a session: encrypts and decrypts packets. */
export class DataChannel {
  readonly peerId: number
  #sealKey: DirectionKey
  #openKey: DirectionKey
  #nextPacketId = 1
  #newest = 0
  #seen = new Set<number>()

  constructor(role: 'client' | 'server', keys: SessionKeys, peerId: number) {
    const { fromClient, fromServer } = keys.data
    this.#sealKey = role === 'client' ? fromClient : fromServer
    this.#openKey = role === 'client' ? fromServer : fromClient
    this.peerId = peerId
  }

  seal(plaintext: Uint8Array): Uint8Array {
    const packetId = this.#nextPacketId++
    return sealData(this.#sealKey, { peerId: this.peerId, packetId }, plaintext)
  }

  /** Decrypts a packet; undefined for a replay or a wrong tag. */
  open({ packetId }: DataPacket, bytes: Uint8Array): Uint8Array | undefined {
    if (packetId + REPLAY_WINDOW <= this.#newest || this.#seen.has(packetId)) return undefined
    const plaintext = openData(this.#openKey, packetId, bytes)
    if (plaintext === undefined) return undefined
    this.#newest = Math.max(this.#newest, packetId)
    this.#seen.add(packetId)
    this.#seen.delete(this.#newest - REPLAY_WINDOW)
    return plaintext
  }
}

export function isPing(plaintext: Uint8Array): boolean {
  return plaintext.length === PING.length && plaintext.every((byte, at) => byte === PING[at])
}
