import { concatBytes } from '@noble/hashes/utils.js'
import { assert } from '../../engine/assert.ts'
import { fromHex } from '../bytes.ts'
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
  CONTENT_TYPE,
  FIRST_RECORD_VERSION,
  LEGACY_VERSION,
  parseRecord,
  recordLengthOf,
  TLS_PLAINTEXT_LIMIT_BYTES,
  type TlsRecord,
  writeRecord,
} from './wire.ts'

type Fragment = Pick<TlsRecord, 'type' | 'fragment'>

/** The effects of a session. */
interface TlsEffects {
  /** Sends bytes over TCP. */
  transmit(bytes: Uint8Array): void
  /** 32 random bytes. */
  random(): Uint8Array
  /** The handshake is complete; `send` works from now on. */
  opened(): void
  /** The peer sent these decrypted bytes. */
  received(bytes: Uint8Array): void
  /** The peer closed its direction. */
  ended(): void
  /** The received bytes are not valid TLS. No other effect follows. */
  failed(): void
}

/** The typical size of the certificates and the signature of the server. */
const SERVER_FLIGHT_BYTES = 1_400
/** A ticket of OpenSSL, which by default sends two after the handshake. */
const TICKET_BYTES = 234
const MESSAGE = { ticket: 4, encryptedExtensions: 8, certificate: 11, finished: 20 } as const
const CHANGE_CIPHER_SPEC: Fragment = {
  type: CONTENT_TYPE.changeCipherSpec,
  fragment: Uint8Array.of(1),
}
const NO_EXTENSIONS = Uint8Array.of(0, 0)
/** No context and an empty list; padding replaces the certificates. */
const NO_CERTIFICATES = Uint8Array.of(0, 0, 0, 0)
const VERIFY_DATA_BYTES = 32
/** Lifetime two hours, age 0, an 8-byte nonce, a 1-byte ticket, no extensions, then padding. */
const TICKET = fromHex('00001c20 00000000 08 0000000000000000 0001 00 0000')

/**
 * One end of a TLS 1.3 session, without clock and network: a handshake of one round trip without
 * key exchange and certificates, then encrypted records.
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

  /** Sends the ClientHello; a server waits for it. */
  start(): void {
    if (this.#role === 'server') return
    const type = CONTENT_TYPE.handshake
    const fragment = writeClientHello(this.#hello)
    this.#effects.transmit(writeRecord({ type, version: FIRST_RECORD_VERSION, fragment }))
  }

  /** Sends bytes in one or more records; does nothing before the session is open. */
  send(bytes: Uint8Array): void {
    if (this.#state !== 'open') return
    for (let at = 0; at < bytes.length; at += TLS_PLAINTEXT_LIMIT_BYTES) {
      const part = bytes.subarray(at, at + TLS_PLAINTEXT_LIMIT_BYTES)
      this.#transmit(this.#seal(CONTENT_TYPE.applicationData, part))
    }
  }

  /** Sends close_notify. */
  close(): void {
    if (this.#state === 'open') this.#transmit(this.#seal(CONTENT_TYPE.alert, ALERT_CLOSE_NOTIFY))
  }

  /** Handles bytes from TCP, which can be cut anywhere. */
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
    // It has no meaning in TLS 1.3 and can come at any time during the handshake.
    if (type === CONTENT_TYPE.changeCipherSpec && this.#state !== 'open') return
    if (this.#state === 'hello' && type === CONTENT_TYPE.handshake) this.#receiveHello(fragment)
    else if (type === CONTENT_TYPE.applicationData) this.#takeSealed(fragment)
    else this.#fail()
  }

  // --- Handshake --------------------------------------------------------------------------------

  #receiveHello(message: Uint8Array): void {
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
    const finished = [
      ...writeMessage(MESSAGE.encryptedExtensions, NO_EXTENSIONS),
      ...writeMessage(MESSAGE.certificate, NO_CERTIFICATES),
      ...finishedMessage(),
    ]
    this.#transmit(
      { type: handshake, fragment: writeServerHello(answer) },
      CHANGE_CIPHER_SPEC,
      this.#seal(handshake, Uint8Array.from(finished), SERVER_FLIGHT_BYTES),
    )
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

  /** The peer sent Finished; a client answers with its own. */
  #finish(): void {
    if (this.#application === undefined) return
    const { handshake } = CONTENT_TYPE
    if (this.#role === 'client') {
      this.#transmit(CHANGE_CIPHER_SPEC, this.#seal(handshake, finishedMessage()))
    }
    this.#sealing = this.#application.sealing
    this.#opening = this.#application.opening
    this.#state = 'open'
    if (this.#role === 'server') {
      const ticket = writeMessage(MESSAGE.ticket, TICKET)
      const seal = (): Fragment => this.#seal(handshake, ticket, TICKET_BYTES)
      this.#transmit(seal(), seal())
    }
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
    // Tickets are ignored, because no session is resumed.
    else if (opened.type !== CONTENT_TYPE.handshake) this.#fail()
  }

  #seal(type: number, content: Uint8Array, padTo = 0): Fragment {
    assert(this.#sealing !== undefined, 'nothing is sealed before there are keys')
    const fragment = this.#sealing.seal(type, content, padTo)
    return { type: CONTENT_TYPE.applicationData, fragment }
  }

  /** Sends several records at once, like implementations with a buffer. */
  #transmit(...fragments: readonly Fragment[]): void {
    const records = fragments.map((each) => writeRecord({ ...each, version: LEGACY_VERSION }))
    this.#effects.transmit(concatBytes(...records))
  }

  #fail(): void {
    this.#state = 'dead'
    this.#effects.failed()
  }
}

/** A Finished message whose verify_data is zeros, which nobody checks. */
function finishedMessage(): Uint8Array {
  return writeMessage(MESSAGE.finished, new Uint8Array(VERIFY_DATA_BYTES))
}
