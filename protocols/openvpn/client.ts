import { type Nanoseconds, SECOND_NS } from '../../engine/time.ts'
import { isWireError } from '../wire-error.ts'
import type { MachineTimer } from './control-channel.ts'
import { DataChannel, isPing, PING, type Received, refused, TAKEN } from './data-channel.ts'
import { Keepalive } from './keepalive.ts'
import {
  PUSH_REQUEST,
  type PushedOptions,
  parseKeyMessage,
  parsePushReply,
  RESTART,
  readCommand,
  writeCommand,
  writeKeyMessage,
} from './messages.ts'
import { formatRemote, type Remote } from './remote.ts'
import { ControlSession, type SessionEffects } from './session.ts'
import { parseOpenVpn } from './wire.ts'

/** The OpenVPN client of a remote user; it reconnects after each failure. */

export interface ClientSettings {
  readonly remote: Remote
  /** A shared secret that replaces certificates and passwords. */
  readonly secret: string
  readonly username: string
  /** `--hand-window`: the time limit of a handshake. */
  readonly handshakeWindowNs: Nanoseconds
  /** `--connect-retry`: the pause before a new attempt, and its maximum. */
  readonly retryNs: Nanoseconds
  readonly retryMaxNs: Nanoseconds
}

interface ClientEffects extends SessionEffects {
  /** Opens a socket with a new local port. */
  openSocket(): void
  /** The tunnel is up: sets its address and routes. */
  configure(options: PushedOptions): void
  /** The tunnel went up or down. */
  changed(): void
  /** Writes a line of the OpenVPN log. */
  log(text: string): void
}

/** Attempts with the first pause; each later attempt doubles it. */
const QUICK_ATTEMPTS = 4

export class OpenVpnClient {
  #settings: ClientSettings
  #effects: ClientEffects
  #session: ControlSession | undefined
  #data: DataChannel | undefined
  #keepalive: Keepalive | undefined
  #windowTimer: MachineTimer
  #pauseTimer: MachineTimer
  #attempts = 0
  #initiated = false

  constructor(settings: ClientSettings, effects: ClientEffects) {
    this.#settings = settings
    this.#effects = effects
    this.#windowTimer = effects.timer(() => this.#windowClosed())
    this.#pauseTimer = effects.timer(() => this.#connect())
  }

  /** The name of the session that carries packets; undefined without a tunnel. */
  get sessionName(): string | undefined {
    return this.#data === undefined ? undefined : this.#session?.name
  }

  start(): void {
    this.#connect()
  }

  stop(): void {
    this.#close()
    this.#pauseTimer.cancel()
  }

  /** Encrypts a packet for the server; undefined without a tunnel. */
  seal(packet: Uint8Array): Uint8Array | undefined {
    if (this.#data === undefined) return undefined
    this.#keepalive?.sent()
    return this.#data.seal(packet)
  }

  receive(datagram: Uint8Array, from: Remote): Received {
    const { remote } = this.#settings
    const packet = parseOpenVpn(datagram)
    if (isWireError(packet)) return refused('malformed')
    if (from.address !== remote.address || from.port !== remote.port) return refused('noSession')
    if (packet.kind === 'control') {
      const session = this.#session
      if (session === undefined || !session.receive(packet)) return refused('noSession')
      this.#keepalive?.received()
      return TAKEN
    }
    if (this.#data === undefined) return refused('noSession')
    const plaintext = this.#data.open(packet, datagram)
    if (plaintext === undefined) return refused('badSeal')
    this.#keepalive?.received()
    return isPing(plaintext) ? TAKEN : { kind: 'packet', packet: plaintext }
  }

  // --- Connecting -------------------------------------------------------------------------------

  #connect(): void {
    const settings = this.#settings
    const effects = this.#effects
    this.#attempts++
    this.#initiated = false
    effects.openSocket()
    effects.log(`UDPv4 link remote: ${formatRemote(settings.remote)}`)
    this.#windowTimer.arm(settings.handshakeWindowNs)
    const session = new ControlSession('client', settings.secret, effects, {
      established: () => this.#sendKeyMessage(session),
      message: (content) => this.#message(session, content),
      broken: () => this.#tlsFailed('TLS Error: TLS object -> incoming plaintext read error'),
    })
    this.#session = session
    session.start()
  }

  #sendKeyMessage(session: ControlSession): void {
    const { username } = this.#settings
    const random = (count: number): Uint8Array => this.#effects.randomBytes(count)
    session.send(writeKeyMessage({ username }, 'client', random))
  }

  #message(session: ControlSession, content: Uint8Array): void {
    if (session !== this.#session) return
    if (!this.#initiated) {
      if (parseKeyMessage(content, 'server') === undefined) return
      this.#initiated = true
      const { remote } = this.#settings
      this.#effects.log(`[server] Peer Connection Initiated with ${formatRemote(remote)}`)
      session.send(writeCommand(PUSH_REQUEST))
      return
    }
    const command = readCommand(content)
    if (command === undefined) return
    const [word, rest = ''] = command.split(/,(.*)/s)
    if (word === RESTART) {
      this.#effects.log(`Connection reset command was pushed by server ('${rest}')`)
      // Send the acknowledgement before the session closes.
      session.channel.flush()
      this.#restart('server-pushed-connection-reset')
      return
    }
    const options = parsePushReply(command)
    if (options !== undefined && this.#data === undefined) this.#openTunnel(session, options)
  }

  #openTunnel(session: ControlSession, options: PushedOptions): void {
    if (session.keys === undefined) return
    this.#windowTimer.cancel()
    this.#attempts = 0
    this.#data = new DataChannel('client', session.keys, options.peerId)
    this.#keepalive = new Keepalive(
      this.#effects,
      { ping: () => this.#ping(), timedOut: () => this.#inactive() },
      {
        pingNs: options.pingSeconds * SECOND_NS,
        timeoutNs: options.pingRestartSeconds * SECOND_NS,
      },
    )
    this.#effects.configure(options)
    this.#effects.log('Initialization Sequence Completed')
    this.#effects.changed()
  }

  #ping(): void {
    const datagram = this.seal(PING)
    if (datagram !== undefined) this.#effects.transmit(datagram)
  }

  // --- Failures and restart ---------------------------------------------------------------------

  #inactive(): void {
    this.#effects.log('[server] Inactivity timeout (--ping-restart), restarting')
    this.#restart('ping-restart')
  }

  #windowClosed(): void {
    const seconds = this.#settings.handshakeWindowNs / SECOND_NS
    this.#tlsFailed(
      `TLS Error: TLS key negotiation failed to occur within ${seconds} seconds (check your network connectivity)`,
    )
  }

  #tlsFailed(why: string): void {
    this.#effects.log(why)
    this.#effects.log('TLS Error: TLS handshake failed')
    this.#restart('tls-error')
  }

  #restart(reason: string): void {
    this.#close()
    const { retryNs, retryMaxNs } = this.#settings
    const doublings = Math.min(15, Math.max(0, this.#attempts - QUICK_ATTEMPTS))
    const pauseNs = Math.min(retryMaxNs, retryNs * 2 ** doublings)
    this.#effects.log(`SIGUSR1[soft,${reason}] received, process restarting`)
    this.#effects.log(`Restart pause, ${pauseNs / SECOND_NS} second(s)`)
    this.#pauseTimer.arm(pauseNs)
    this.#effects.changed()
  }

  #close(): void {
    this.#windowTimer.cancel()
    this.#keepalive?.stop()
    this.#session?.close()
    this.#keepalive = undefined
    this.#session = undefined
    this.#data = undefined
  }
}
