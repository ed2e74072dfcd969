import { SECOND_NS } from '../../engine/time.ts'
import { formatIpv4, type Ipv4Address, maskOf } from '../addresses.ts'
import { IPV4_HEADER_BYTES, sourceIpOf } from '../ipv4/wire.ts'
import { isWireError } from '../wire-error.ts'
import type { MachineTimer } from './control-channel.ts'
import { type Received, refused } from './data-channel.ts'
import type { PushedOptions } from './messages.ts'
import { keyOf, type Remote } from './remote.ts'
import { ServerClient } from './server-client.ts'
import type { ServerEffects, ServerSettings } from './server-settings.ts'
import { type DataPacket, OPCODE, parseOpenVpn } from './wire.ts'

/** The delay of the exit after RESTART was pushed (multi_push_restart_schedule_exit). */
const EXIT_DELAY_NS = 2 * SECOND_NS

/** An OpenVPN server: a session per client, and a pool of tunnel addresses. */
export class OpenVpnServer {
  readonly settings: ServerSettings
  #effects: ServerEffects
  /** The clients by their UDP address. */
  #clients = new Map<string, ServerClient>()
  #exitTimer: MachineTimer

  constructor(settings: ServerSettings, effects: ServerEffects) {
    this.settings = settings
    this.#effects = effects
    this.#exitTimer = effects.timer(() => this.#end())
  }

  /** Handles SIGTERM. */
  stop(): void {
    const up = [...this.#clients.values()].filter(({ data }) => data !== undefined)
    if (!this.settings.exitNotify || up.length === 0) {
      this.#end()
      return
    }
    for (const client of up) client.pushRestart()
    this.#exitTimer.arm(EXIT_DELAY_NS)
  }

  /** The client with this session. */
  findSession(name: string): ServerClient | undefined {
    return [...this.#clients.values()].find((each) => each.sessionName === name)
  }

  /** The client with this tunnel address. */
  findByAddress(address: Ipv4Address): ServerClient | undefined {
    return [...this.#clients.values()].find((each) => each.options?.address.address === address)
  }

  receive(datagram: Uint8Array, from: Remote): Received {
    const packet = parseOpenVpn(datagram)
    if (isWireError(packet)) return refused('malformed')
    if (packet.kind === 'data') return this.#receiveData(packet, datagram, from)
    const known = this.#clients.get(keyOf(from))
    if (packet.opcode !== OPCODE.hardResetClientV2) {
      return known?.receiveControl(packet) ?? refused('noSession')
    }
    if (known !== undefined && known.remoteSessionId === packet.sessionId) {
      return known.receiveControl(packet)
    }
    if (known !== undefined) this.#remove(known)
    return this.#accept(from).receiveControl(packet)
  }

  /** Data from another UDP address is refused, as without `--float`. */
  #receiveData(packet: DataPacket, datagram: Uint8Array, from: Remote): Received {
    const client = this.#clients.get(keyOf(from))
    if (client?.data?.peerId !== packet.peerId) return refused('noSession')
    const received = client.receiveData(packet, datagram)
    if (received.kind !== 'packet' || isFrom(received.packet, client)) return received
    this.#effects.log(`${client.label} MULTI: bad source address from client, packet dropped`)
    return refused('badSource')
  }

  // --- List of clients --------------------------------------------------------------------------

  #accept(from: Remote): ServerClient {
    const client: ServerClient = new ServerClient(from, this.settings, {
      effects: this.#effects,
      assign: () => this.#assign(client),
      gone: () => this.#remove(client),
    })
    this.#clients.set(keyOf(from), client)
    return client
  }

  /** The options for an authenticated client; ends its earlier sessions. */
  #assign(client: ServerClient): PushedOptions | undefined {
    for (const other of this.#clients.values()) {
      if (other === client || other.username !== client.username) continue
      this.#effects.log(
        `MULTI: new connection by client '${client.username}' will cause previous active sessions by this client to be dropped.`,
      )
      this.#remove(other)
    }
    const address = this.#freeAddress()
    if (address === undefined) return undefined
    const { tunnel, routes, keepaliveIntervalNs, keepaliveTimeoutNs } = this.settings
    const text = `pool returned IPv4=${formatIpv4(address)}, IPv6=(Not enabled)`
    this.#effects.log(`${client.label} MULTI_sva: ${text}`)
    return {
      address: { address, length: tunnel.length },
      gateway: tunnel.address,
      routes,
      pingSeconds: keepaliveIntervalNs / SECOND_NS,
      pingRestartSeconds: keepaliveTimeoutNs / SECOND_NS,
      peerId: this.#freePeerId(),
    }
  }

  #freeAddress(): Ipv4Address | undefined {
    const { address, length } = this.settings.tunnel
    const end = (address | ~maskOf(length)) >>> 0
    for (let candidate = address + 1; candidate < end; candidate++) {
      if (this.findByAddress(candidate) === undefined) return candidate
    }
    return undefined
  }

  #freePeerId(): number {
    const taken = new Set([...this.#clients.values()].map(({ data }) => data?.peerId))
    let peerId = 0
    while (taken.has(peerId)) peerId++
    return peerId
  }

  #remove(client: ServerClient): void {
    client.close()
    const key = keyOf(client.remote)
    if (this.#clients.get(key) === client) this.#clients.delete(key)
    this.#effects.changed()
  }

  #end(): void {
    this.#effects.log('SIGTERM[hard,] received, process exiting')
    for (const client of this.#clients.values()) client.close()
    this.#clients.clear()
    this.#effects.ended()
  }
}

/** Whether the packet has the tunnel address of the client as source. */
function isFrom(packet: Uint8Array, { options }: ServerClient): boolean {
  return packet.length >= IPV4_HEADER_BYTES && sourceIpOf(packet, 0) === options?.address.address
}
