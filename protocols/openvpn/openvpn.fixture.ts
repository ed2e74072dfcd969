import { RandomSource } from '../../engine/random.ts'
import { Scheduler } from '../../engine/scheduler.ts'
import { MILLISECOND_NS, type Nanoseconds, SECOND_NS } from '../../engine/time.ts'
import { parseIpv4 } from '../addresses.ts'
import { OpenVpnClient } from './client.ts'
import type { Received } from './data-channel.ts'
import type { PushedOptions } from './messages.ts'
import type { Remote } from './remote.ts'
import { OpenVpnServer } from './server.ts'
import type { ServerSettings } from './server-settings.ts'

/** An OpenVPN client and server with a delay of 10 ms; a test can lose packets. */

const ip = (text: string): number => parseIpv4(text) as number

const SERVER_END: Remote = { address: ip('10.10.210.253'), port: 1194 }
const CLIENT_ADDRESS = ip('198.51.100.10')
const DELAY_NS = 10 * MILLISECOND_NS

const SERVER_SETTINGS: ServerSettings = {
  secret: 'secret',
  tunnel: { address: ip('10.20.200.1'), length: 24 },
  routes: [{ address: ip('10.10.110.0'), length: 24 }],
  keepaliveIntervalNs: 10 * SECOND_NS,
  keepaliveTimeoutNs: 60 * SECOND_NS,
  exitNotify: true,
  handshakeWindowNs: 60 * SECOND_NS,
  authenticationNs: 0,
}

export interface Sent {
  readonly atMs: number
  readonly from: 'client' | 'server'
  readonly opcode: number
  readonly bytes: number
}

export class VpnLaboratory {
  readonly scheduler = new Scheduler()
  readonly sent: Sent[] = []
  readonly log: string[] = []
  readonly clientGot: Received[] = []
  readonly serverGot: Received[] = []
  readonly configured: PushedOptions[] = []
  /** Decides which packets are lost. */
  lose: (sent: Sent, index: number) => boolean = () => false
  ended = false
  server: OpenVpnServer
  readonly client: OpenVpnClient
  #draws = new RandomSource(1).stream('laboratory')
  #port = 50_000
  #processes = 0
  #settings: ServerSettings

  constructor(settings: Partial<ServerSettings> = {}, clientSecret = 'secret') {
    this.#settings = { ...SERVER_SETTINGS, ...settings }
    this.server = this.#newServer()
    const { scheduler } = this
    this.client = new OpenVpnClient(
      {
        remote: SERVER_END,
        secret: clientSecret,
        username: 'vpn',
        handshakeWindowNs: 60 * SECOND_NS,
        retryNs: SECOND_NS,
        retryMaxNs: 300 * SECOND_NS,
      },
      {
        ...this.#effects(),
        get nowNs() {
          return scheduler.nowNs
        },
        openSocket: () => {
          this.#port++
        },
        transmit: (datagram) => this.fromClient(datagram),
        configure: (options) => this.configured.push(options),
        changed: () => {},
        log: (text) => this.#write('client', text),
      },
    )
  }

  get nowMs(): number {
    return this.scheduler.nowNs / MILLISECOND_NS
  }

  /** Replaces the server process by a new one without state. */
  replaceServer(): void {
    this.server = this.#newServer()
  }

  run(untilNs: Nanoseconds): void {
    this.scheduler.runUntil(untilNs)
  }

  fromClient(datagram: Uint8Array): void {
    const from = { address: CLIENT_ADDRESS, port: this.#port }
    this.#carry('client', datagram, () => {
      this.serverGot.push(this.server.receive(datagram, from))
    })
  }

  #newServer(): OpenVpnServer {
    const { scheduler } = this
    const number = ++this.#processes
    return new OpenVpnServer(this.#settings, {
      ...this.#effects(),
      // The timers of a replaced process do nothing.
      timer: (handler) =>
        scheduler.timer(() => {
          if (number === this.#processes) handler()
        }),
      get nowNs() {
        return scheduler.nowNs
      },
      transmit: (datagram, to) =>
        this.#carry('server', datagram, () => {
          if (to.port !== this.#port) return
          this.clientGot.push(this.client.receive(datagram, SERVER_END))
        }),
      changed: () => {},
      log: (text) => this.#write('server', text),
      ended: () => {
        this.ended = true
      },
    })
  }

  #effects() {
    return {
      timer: (handler: () => void) => this.scheduler.timer(handler),
      randomBytes: (count: number) =>
        Uint8Array.from({ length: count }, () => this.#draws.integer(0, 256)),
    }
  }

  #carry(from: Sent['from'], datagram: Uint8Array, arrive: () => void): void {
    const opcode = (datagram[0] ?? 0) >> 3
    const sent = { atMs: this.nowMs, from, opcode, bytes: datagram.length }
    this.sent.push(sent)
    if (!this.lose(sent, this.sent.length - 1)) this.scheduler.post(DELAY_NS, arrive, null)
  }

  #write(who: string, text: string): void {
    this.log.push(`${this.nowMs} ${who}: ${text}`)
  }
}
