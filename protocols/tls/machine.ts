import { Inflow } from '../inflow.ts'
import { isWireError } from '../wire-error.ts'
import {
  type Hello,
  parseClientHello,
  parseServerHello,
  TLS_RANDOM_BYTES,
  writeClientHello,
  writeMessage,
  writeServerHello,
} from './handshake.ts'
import { RecordSeal, type Role, trafficSecret } from './seal.ts'
import {
  ALERT_CLOSE_NOTIFY,
  CHANGE_CIPHER_SPEC,
  CONTENT_TYPE,
  FIRST_RECORD_VERSION,
  LEGACY_VERSION,
  parseRecord,
  recordLengthOf,
  TLS_PLAINTEXT_LIMIT_BYTES,
  writeRecord,
} from './wire.ts'

/** What a session does to the world. */
export interface TlsEffects {
  /** Sends bytes over the connection below. */
  transmit(bytes: Uint8Array): void
  /** 32 random bytes. */
  random(): Uint8Array
  /** The handshake is through: from now on there is something to send by. */
  opened(): void
  /** The next bytes from the peer. */
  received(bytes: Uint8Array): void
  /** The peer will send no more. */
  ended(): void
  /** What came is no TLS, or not that of the peer. Nothing more is told. */
  failed(): void
}

/** What the server's certificates and its signature add to its answer, in round figures. */
const SERVER_FLIGHT_BYTES = 1_400
const MESSAGE = { encryptedExtensions: 8, certificate: 11, finished: 20 } as const
const NO_EXTENSIONS = Uint8Array.of(0, 0)
/** No context, and an empty list: what would be in it is padding. */
const NO_CERTIFICATES = Uint8Array.of(0, 0, 0, 0)
const VERIFY_DATA_BYTES = 32

/**
 * One end of a TLS 1.3 session, free of clock and network: a handshake of one round trip without a
 * key exchange and without certificates, then sealed records.
 */
export class TlsSession {
  #role: Role
  #effects: TlsEffects
  #inflow = new Inflow()
  #hello: Hello
  #sealing: RecordSeal | undefined
  #opening: RecordSeal | undefined
  #application: { sealing: RecordSeal; opening: RecordSeal } | undefined
  #state: 'hello' | 'finished' | 'open' | 'dead' = 'hello'

  constructor(role: Role, effects: TlsEffects) {
    this.#role = role
    this.#effects = effects
    const draw = (): Uint8Array => effects.random().slice(0, TLS_RANDOM_BYTES)
    this.#hello = { random: draw(), sessionId: draw(), keyShare: draw() }
  }

  /** A client opens; a server waits for it. */
  start(): void {
    if (this.#role === 'server') return
    const { handshake } = CONTENT_TYPE
    this.#transmit(handshake, writeClientHello(this.#hello), FIRST_RECORD_VERSION)
  }

  /** Only once it is open. What is longer than a record goes in several. */
  send(bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    for (let at = 0; at < bytes.length; at += TLS_PLAINTEXT_LIMIT_BYTES) {
      const part = bytes.subarray(at, at + TLS_PLAINTEXT_LIMIT_BYTES)
      this.#transmitSealed(CONTENT_TYPE.applicationData, part)
    }
  }

  /** Says that nothing more will be sent. */
  close(): void {
    if (this.#state === 'open') this.#transmitSealed(CONTENT_TYPE.alert, ALERT_CLOSE_NOTIFY)
  }

  /** Bytes came over the connection below, cut however they may be. */
  received(bytes: Uint8Array): void {
    this.#inflow.add(bytes)
    while (this.#state !== 'dead') {
      const length = recordLengthOf(this.#inflow.waiting)
      if (isWireError(length)) this.#fail()
      else if (length === undefined || this.#inflow.length < length) return
      else this.#take(this.#inflow.take(length))
    }
  }

  #take(bytes: Uint8Array): void {
    const record = parseRecord(bytes)
    if (isWireError(record)) {
      this.#fail()
      return
    }
    const { type, fragment } = record
    // It says nothing in TLS 1.3, and may come at any time before the end of the handshake.
    if (type === CONTENT_TYPE.changeCipherSpec && this.#state !== 'open') return
    if (this.#state === 'hello' && type === CONTENT_TYPE.handshake) this.#meet(fragment)
    else if (type === CONTENT_TYPE.applicationData) this.#takeSealed(fragment)
    else this.#fail()
  }

  // --- Handshake --------------------------------------------------------------------------------

  #meet(message: Uint8Array): void {
    const parse = this.#role === 'client' ? parseServerHello : parseClientHello
    const peer = parse(message)
    if (isWireError(peer)) {
      this.#fail()
      return
    }
    this.#state = 'finished'
    this.#makeKeys(peer)
    if (this.#role === 'client') return
    const { handshake } = CONTENT_TYPE
    const answer = { ...this.#hello, sessionId: peer.sessionId }
    this.#transmit(handshake, writeServerHello(answer))
    this.#transmit(CONTENT_TYPE.changeCipherSpec, CHANGE_CIPHER_SPEC)
    const flight = [
      ...writeMessage(MESSAGE.encryptedExtensions, NO_EXTENSIONS),
      ...writeMessage(MESSAGE.certificate, NO_CERTIFICATES),
      ...finishedMessage(),
    ]
    this.#transmitSealed(handshake, Uint8Array.from(flight), SERVER_FLIGHT_BYTES)
    if (this.#application !== undefined) this.#sealing = this.#application.sealing
  }

  #makeKeys(peer: Hello): void {
    const isClient = this.#role === 'client'
    const [own, other] = isClient
      ? (['client', 'server'] as const)
      : (['server', 'client'] as const)
    const randoms = isClient
      ? ([this.#hello.random, peer.random] as const)
      : ([peer.random, this.#hello.random] as const)
    this.#sealing = new RecordSeal(trafficSecret('handshake', own, ...randoms))
    this.#opening = new RecordSeal(trafficSecret('handshake', other, ...randoms))
    this.#application = {
      sealing: new RecordSeal(trafficSecret('application', own, ...randoms)),
      opening: new RecordSeal(trafficSecret('application', other, ...randoms)),
    }
  }

  /** The peer has finished the handshake; a client does likewise. */
  #finish(): void {
    if (this.#application === undefined) return
    if (this.#role === 'client') {
      this.#transmit(CONTENT_TYPE.changeCipherSpec, CHANGE_CIPHER_SPEC)
      this.#transmitSealed(CONTENT_TYPE.handshake, finishedMessage())
    }
    this.#sealing = this.#application.sealing
    this.#opening = this.#application.opening
    this.#state = 'open'
    this.#effects.opened()
  }

  // --- Records ----------------------------------------------------------------------------------

  #takeSealed(fragment: Uint8Array): void {
    const opened = this.#opening?.open(fragment)
    if (opened === undefined) this.#fail()
    else if (this.#state === 'finished' && opened.type === CONTENT_TYPE.handshake) this.#finish()
    else if (this.#state !== 'open') this.#fail()
    else if (opened.type === CONTENT_TYPE.applicationData) this.#effects.received(opened.content)
    else if (opened.type === CONTENT_TYPE.alert) this.#effects.ended()
    else this.#fail()
  }

  #transmitSealed(type: number, content: Uint8Array, padTo = 0): void {
    const fragment = this.#sealing?.seal(type, content, padTo)
    if (fragment !== undefined) this.#transmit(CONTENT_TYPE.applicationData, fragment)
  }

  #transmit(type: number, fragment: Uint8Array, version = LEGACY_VERSION): void {
    this.#effects.transmit(writeRecord({ type, version, fragment }))
  }

  #fail(): void {
    this.#state = 'dead'
    this.#effects.failed()
  }
}

/** Its proof is zeros: nobody here could have tampered with the handshake. */
function finishedMessage(): Uint8Array {
  return writeMessage(MESSAGE.finished, new Uint8Array(VERIFY_DATA_BYTES))
}
