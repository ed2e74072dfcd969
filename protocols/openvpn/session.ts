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

/** The control channel of one session, at either end: resets, a TLS handshake, then messages. */

export interface SessionEffects extends ControlEffects {
  randomBytes(count: number): Uint8Array
}

interface SessionHandler {
  /** The TLS handshake is done, as far as this end can tell. */
  established(): void
  /** What the other end said under seal. */
  message(content: Uint8Array): void
  /** The stream cannot be read: another secret, or no TLS at all. */
  broken(): void
}

/**
 * What follows the hellos: certificates of 2048 bits with one intermediate, signature and end.
 * Of usual chains; the sizes decide how many packets a handshake takes.
 */
const SERVER_FLIGHT_BYTES = 2_600
const CLIENT_FLIGHT_BYTES = 2_100

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
  #over = false

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

  /** Once both session ids are known. */
  get keys(): SessionKeys | undefined {
    return this.#keys
  }

  /** Of both ends the same, and of no other session. */
  get name(): string {
    const { ownSessionId, remoteSessionId = '' } = this.channel
    return this.#role === 'client'
      ? `${ownSessionId}/${remoteSessionId}`
      : `${remoteSessionId}/${ownSessionId}`
  }

  /** Asks for a session. */
  start(): void {
    this.channel.reset(OPCODE.hardResetClientV2)
    this.channel.flush()
  }

  send(content: Uint8Array): void {
    if (this.#sealer === undefined) return
    this.channel.write(this.#sealer.seal(RECORD_TYPE.applicationData, content))
    this.channel.flush()
  }

  /** @returns whether the packet is of this session */
  receive(packet: ControlPacket): boolean {
    const inOrder = this.channel.receive(packet)
    if (inOrder === undefined) return false
    for (const each of inOrder) this.#take(each)
    this.channel.flush()
    return true
  }

  close(): void {
    this.#over = true
    this.channel.close()
  }

  #take({ opcode, payload }: ControlPacket): void {
    if (this.#over) return
    if (opcode !== OPCODE.controlV1) {
      this.#agree()
      return
    }
    const records = this.#stream.take(payload)
    if (records === undefined) this.#break()
    for (const record of records ?? []) {
      // What a message leads to may end the session.
      if (!this.#over && !this.#read(record)) this.#break()
    }
  }

  /** Both session ids are known, and so are the keys. */
  #agree(): void {
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

  /** @returns whether it could be read */
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
    if (this.#over) return
    this.#over = true
    this.#handler.broken()
  }
}
