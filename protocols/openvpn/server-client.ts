import { SECOND_NS } from '../../engine/time.ts'
import type { MachineTimer } from './control-channel.ts'
import { DataChannel, isPing, PING, type Received, refused, TAKEN } from './data-channel.ts'
import { Keepalive } from './keepalive.ts'
import {
  PUSH_REQUEST,
  type PushedOptions,
  parseKeyMessage,
  RESTART,
  readCommand,
  writeCommand,
  writeKeyMessage,
  writePushReply,
} from './messages.ts'
import { formatRemote, keyOf, type Remote } from './remote.ts'
import type { ServerEffects, ServerSettings } from './server-settings.ts'
import { ControlSession } from './session.ts'
import type { ControlPacket, DataPacket, SessionId } from './wire.ts'

interface ServerClientHost {
  readonly effects: ServerEffects
  /** The options for the client; undefined when no address is free. */
  assign(): PushedOptions | undefined
  /** The client must be removed. */
  gone(): void
}

/** One client of an OpenVPN server. */
export class ServerClient {
  readonly remote: Remote
  /** Empty before the key message of the client. */
  username = ''
  /** The pushed options; undefined while the client has no tunnel. */
  options: PushedOptions | undefined
  data: DataChannel | undefined
  #settings: ServerSettings
  #host: ServerClientHost
  #session: ControlSession
  #keepalive: Keepalive | undefined
  #windowTimer: MachineTimer
  #authenticationTimer: MachineTimer

  constructor(remote: Remote, settings: ServerSettings, host: ServerClientHost) {
    this.remote = remote
    this.#settings = settings
    this.#host = host
    const { effects } = host
    this.#session = new ControlSession('server', settings.secret, this.#sessionEffects(), {
      established: () => {},
      message: (content) => this.#message(content),
      broken: () => this.#fail('TLS Error: TLS object -> incoming plaintext read error'),
    })
    this.#authenticationTimer = effects.timer(() => this.#reply())
    this.#windowTimer = effects.timer(() => this.#windowClosed())
    this.#windowTimer.arm(settings.handshakeWindowNs)
    effects.log(`${this.label} TLS: Initial packet from ${formatRemote(remote)}`)
  }

  /** The name of the client in the log. */
  get label(): string {
    const where = keyOf(this.remote)
    return this.username === '' ? where : `${this.username}/${where}`
  }

  get remoteSessionId(): SessionId | undefined {
    return this.#session.channel.remoteSessionId
  }

  /** Undefined without a tunnel. */
  get sessionName(): string | undefined {
    return this.data === undefined ? undefined : this.#session.name
  }

  receiveControl(packet: ControlPacket): Received {
    if (!this.#session.receive(packet)) return refused('noSession')
    this.#keepalive?.received()
    return TAKEN
  }

  receiveData(packet: DataPacket, datagram: Uint8Array): Received {
    const plaintext = this.data?.open(packet, datagram)
    if (plaintext === undefined) return refused('badSeal')
    this.#keepalive?.received()
    return isPing(plaintext) ? TAKEN : { kind: 'packet', packet: plaintext }
  }

  seal(packet: Uint8Array): Uint8Array | undefined {
    if (this.data === undefined) return undefined
    this.#keepalive?.sent()
    return this.data.seal(packet)
  }

  pushRestart(): void {
    this.#host.effects.log(`${this.label} SENT CONTROL [${this.username}]: '${RESTART}' (status=1)`)
    this.#session.send(writeCommand(RESTART))
  }

  close(): void {
    this.#windowTimer.cancel()
    this.#authenticationTimer.cancel()
    this.#keepalive?.stop()
    this.#session.close()
    this.options = undefined
    this.data = undefined
  }

  // --- Start of a session -----------------------------------------------------------------------

  #sessionEffects(): ConstructorParameters<typeof ControlSession>[2] {
    const { effects } = this.#host
    return {
      get nowNs() {
        return effects.nowNs
      },
      timer: (handler) => effects.timer(handler),
      randomBytes: (count) => effects.randomBytes(count),
      transmit: (datagram) => effects.transmit(datagram, this.remote),
    }
  }

  #message(content: Uint8Array): void {
    const { effects } = this.#host
    if (this.username === '') {
      const message = parseKeyMessage(content, 'client')
      if (message === undefined || message.username === '') return
      const where = formatRemote(this.remote)
      effects.log(`${this.label} [${message.username}] Peer Connection Initiated with ${where}`)
      this.username = message.username
      const random = (count: number): Uint8Array => effects.randomBytes(count)
      this.#session.send(writeKeyMessage({ username: '' }, 'server', random))
    } else if (readCommand(content) === PUSH_REQUEST && this.options === undefined) {
      this.#authenticationTimer.arm(this.#settings.authenticationNs)
    }
  }

  #reply(): void {
    const { keys } = this.#session
    const options = this.#host.assign()
    if (keys === undefined || options === undefined) return
    const { effects } = this.#host
    this.#windowTimer.cancel()
    this.options = options
    this.data = new DataChannel('server', keys, options.peerId)
    const { keepaliveIntervalNs, keepaliveTimeoutNs } = this.#settings
    this.#keepalive = new Keepalive(
      effects,
      { ping: () => this.#ping(), timedOut: () => this.#inactive() },
      { pingNs: keepaliveIntervalNs, timeoutNs: 2 * keepaliveTimeoutNs },
    )
    this.#session.send(writeCommand(writePushReply(options)))
    effects.changed()
  }

  #ping(): void {
    const datagram = this.seal(PING)
    if (datagram !== undefined) this.#host.effects.transmit(datagram, this.remote)
  }

  // --- End of a session -------------------------------------------------------------------------

  #inactive(): void {
    const { effects } = this.#host
    const who = `${this.label} [${this.username}]`
    effects.log(`${who} Inactivity timeout (--ping-restart), restarting`)
    effects.log(`${this.label} SIGUSR1[soft,ping-restart] received, client-instance restarting`)
    this.#host.gone()
  }

  #windowClosed(): void {
    const seconds = this.#settings.handshakeWindowNs / SECOND_NS
    this.#fail(`TLS Error: TLS key negotiation failed to occur within ${seconds} seconds`)
  }

  #fail(why: string): void {
    this.#host.effects.log(`${this.label} ${why}`)
    this.#host.effects.log(`${this.label} TLS Error: TLS handshake failed`)
    this.#host.gone()
  }
}
