import { ControlChannel, type ControlEffects } from './control-channel.ts'
import {
  clientHello,
  RECORD_TYPE,
  RecordOpener,
  RecordSealer,
  RecordStream,
  serverHello,
  type TlsRecord,
} from './records.ts'
import { deriveKeys, type SessionKeys } from './seal.ts'
import { type ControlPacket, OPCODE } from './wire.ts'

export interface SessionEffects extends ControlEffects {
  randomBytes(count: number): Uint8Array
}

interface SessionHandler {
  /** The TLS handshake is complete at this end. */
  established(): void
  /** A decrypted message was received. */
  message(content: Uint8Array): void
  /** The stream cannot be decrypted: the secrets differ, or it is not TLS. */
  broken(): void
}

/**
 * The size of the messages after the hellos, with 2048-bit certificates and one intermediate. It
 * determines how many packets a handshake takes.
 */
const SERVER_FLIGHT_BYTES = 2_600
const CLIENT_FLIGHT_BYTES = 2_100

/** The control channel of one session, at either end: resets, TLS handshake, then messages. */
export class ControlSession {
  readonly channel: ControlChannel
  #role: 'client' | 'server'
  #secret: string
  #effects: SessionEffects
  #handler: SessionHandler
  #stream = new RecordStream()
  #keys: SessionKeys | undefined
  #sealer: RecordSealer | undefined
  #opener: RecordOpener | undefined
  #closed = false

  constructor(
    role: 'client' | 'server',
    secret: string,
    effects: SessionEffects,
    handler: SessionHandler,
  ) {
    this.#role = role
    this.#secret = secret
    this.#effects = effects
    this.#handler = handler
    const id = [...effects.randomBytes(8)].map((byte) => byte.toString(16).padStart(2, '0'))
    this.channel = new ControlChannel(effects, id.join(''))
  }

  /** Undefined before both session ids are known. */
  get keys(): SessionKeys | undefined {
    return this.#keys
  }

  /** A unique name, which is the same at both ends. */
  get name(): string {
    const { ownSessionId, remoteSessionId = '' } = this.channel
    return this.#role === 'client'
      ? `${ownSessionId}/${remoteSessionId}`
      : `${remoteSessionId}/${ownSessionId}`
  }

  /** Opens a session; only for a client. */
  start(): void {
    this.channel.reset(OPCODE.hardResetClientV2)
    this.channel.flush()
  }

  send(content: Uint8Array): void {
    if (this.#sealer === undefined) return
    this.channel.write(this.#sealer.seal(RECORD_TYPE.applicationData, content))
    this.channel.flush()
  }

  /** @returns whether the packet belongs to this session */
  receive(packet: ControlPacket): boolean {
    const inOrder = this.channel.receive(packet)
    if (inOrder === undefined) return false
    for (const each of inOrder) this.#take(each)
    this.channel.flush()
    return true
  }

  close(): void {
    this.#closed = true
    this.channel.close()
  }

  #take({ opcode, payload }: ControlPacket): void {
    if (this.#closed) return
    if (opcode !== OPCODE.controlV1) {
      this.#deriveKeys()
      return
    }
    const records = this.#stream.take(payload)
    if (records === undefined) this.#break()
    for (const record of records ?? []) {
      // The handler of a message can close the session.
      if (!this.#closed && !this.#read(record)) this.#break()
    }
  }

  /** Derives the keys when both session ids are known. */
  #deriveKeys(): void {
    const { ownSessionId, remoteSessionId } = this.channel
    if (remoteSessionId === undefined || this.#keys !== undefined) return
    const isClient = this.#role === 'client'
    const [client, server] = isClient
      ? [ownSessionId, remoteSessionId]
      : [remoteSessionId, ownSessionId]
    this.#keys = deriveKeys(this.#secret, client, server)
    const { fromClient, fromServer } = this.#keys.control
    this.#sealer = new RecordSealer(isClient ? fromClient : fromServer)
    this.#opener = new RecordOpener(isClient ? fromServer : fromClient)
    if (isClient) this.channel.write(clientHello((count) => this.#effects.randomBytes(count)))
    else this.channel.reset(OPCODE.hardResetServerV2)
  }

  /** @returns whether the record could be decrypted */
  #read(record: TlsRecord): boolean {
    if (record.type === RECORD_TYPE.handshake) {
      if (this.#role === 'server') this.#answerHello()
      return true
    }
    const opened = this.#opener?.open(record)
    if (opened === undefined) return false
    if (opened.type === RECORD_TYPE.applicationData) {
      this.#handler.message(opened.content)
      return true
    }
    if (this.#role === 'client') this.#writeFlight(CLIENT_FLIGHT_BYTES)
    this.#handler.established()
    return true
  }

  #answerHello(): void {
    this.channel.write(serverHello((count) => this.#effects.randomBytes(count)))
    this.#writeFlight(SERVER_FLIGHT_BYTES)
  }

  #writeFlight(bytes: number): void {
    const flight = this.#effects.randomBytes(bytes)
    if (this.#sealer !== undefined) {
      this.channel.write(this.#sealer.seal(RECORD_TYPE.handshake, flight))
    }
  }

  #break(): void {
    if (this.#closed) return
    this.#closed = true
    this.#handler.broken()
  }
}
