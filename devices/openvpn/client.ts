import type { Ipv4Address, Ipv4Prefix } from '../../protocols/addresses.ts'
import type { DropCause } from '../../protocols/frame/fate.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { destinationIpOf } from '../../protocols/ipv4/wire.ts'
import { type ClientSettings, OpenVpnClient } from '../../protocols/openvpn/client.ts'
import type { PushedOptions } from '../../protocols/openvpn/messages.ts'
import { Decider } from '../decider.ts'
import type { RunningHost } from '../host/host.ts'
import type { InterfaceAddress } from '../host/interface.ts'
import type { StaticRoute } from '../host/routes.ts'
import { Tun } from '../host/tun.ts'
import type { ChoosyUdpReceiver } from '../host/udp.ts'
import { drawBytes } from '../random-bytes.ts'
import type { Walk, WalkedPacket } from '../walk.ts'
import type { World } from '../world.ts'
import { CAUSE_OF_REFUSAL } from './refusal.ts'
import { sealedWalk } from './sealed-walk.ts'

/** Hears what happens to the tunnel. It must not change anything. */
export interface TunnelObserver {
  /** The client has an address in the tunnel, for the first time or another one than before. */
  configured(address: Ipv4Address): void
}

/** The range of dynamic ports (RFC 6335). */
const LOCAL_PORTS = { from: 49_152, to: 65_536 } as const

/**
 * OpenVPN on a road warrior's host, with `nobind` and `persist-tun`: each attempt comes from
 * another port, and the tunnel's interface stays while a session is looked for.
 */
export class OpenVpnClientService {
  readonly machine: OpenVpnClient
  readonly tun: Tun
  #world: World
  #running: RunningHost
  #settings: ClientSettings
  #source: Ipv4Address
  #observer: TunnelObserver
  #localPort = 0
  #unbind = (): void => {}
  #address: InterfaceAddress | undefined
  #routes: StaticRoute[] = []
  /** Whether there is a session, and by which port. */
  #session = new Decider('tunnel')

  /** @param source where the datagrams come from */
  constructor(
    world: World,
    running: RunningHost,
    source: Ipv4Address,
    settings: ClientSettings,
    observer: TunnelObserver,
  ) {
    this.#world = world
    this.#running = running
    this.#settings = settings
    this.#source = source
    this.#observer = observer
    const { stack } = running
    const number = stack.interfaces.filter(({ tunnel }) => tunnel !== undefined).length
    const name = `tun${number}`
    this.tun = new Tun(world, stack, { name, systemName: name }, this)
    const draws = world.random.stream(`${stack.place}/openvpn/${settings.username}`)
    this.machine = new OpenVpnClient(settings, {
      get nowNs() {
        return world.nowNs
      },
      timer: (handler) => stack.timer(handler),
      randomBytes: (count) => drawBytes(draws, count),
      openSocket: () => {
        this.#closeSocket()
        do this.#localPort = draws.integer(LOCAL_PORTS.from, LOCAL_PORTS.to)
        while (running.udp.isBound(this.#localPort))
        const receive: ChoosyUdpReceiver = (payload, from, _to, packetId) =>
          this.#receive(payload, from, packetId)
        this.#unbind = running.udp.bind(this.#localPort, receive)
      },
      transmit: (datagram) => this.#transmit(datagram),
      configure: (options) => this.#configure(options),
      changed: () => this.#session.changed(),
      log: (text) => this.#log(text),
    })
  }

  /** The host that it runs on. */
  get place(): string {
    return this.#running.stack.place
  }

  start(): void {
    this.machine.start()
  }

  /** Ctrl+C: the session is left to die at the server, and the interface goes. */
  stop(): void {
    this.machine.stop()
    this.#closeSocket()
    this.tun.interface.enabled = false
    this.#running.stack.routes.replace(this.#routes, [])
  }

  // --- Packets ----------------------------------------------------------------------------------

  carry(frame: Frame, packet: Uint8Array): void {
    const { address } = this.#settings.remote
    const place = `${this.#running.stack.place} ${this.tun.systemName}`
    // Recursive routing: what carries the tunnel must not go through it.
    const isOwn = destinationIpOf(packet, 0) === address
    const datagram = isOwn ? undefined : this.machine.seal(packet)
    if (datagram === undefined) {
      this.#world.frames.drop(frame, isOwn ? 'noRoute' : 'tunnelDown', place)
      return
    }
    this.#transmit(datagram, frame)
    this.#world.frames.deliver(frame)
  }

  #transmit(datagram: Uint8Array, carried?: Frame): void {
    const from = { address: this.#source, port: this.#localPort }
    this.#running.udp.send(from, this.#settings.remote, datagram, carried)
  }

  #receive(
    payload: Uint8Array,
    from: ClientSettings['remote'],
    packetId: number,
  ): DropCause | undefined {
    const received = this.machine.receive(payload, from)
    if (received.kind === 'refused') return CAUSE_OF_REFUSAL[received.why]
    if (received.kind === 'packet') this.tun.write(received.packet, packetId)
    return undefined
  }

  #closeSocket(): void {
    this.#unbind()
    this.#localPort = 0
  }

  // --- Walks ------------------------------------------------------------------------------------

  walkOut(packet: WalkedPacket, walk: Walk): void {
    this.walkSealed(packet, walk)
  }

  /** @param packet undefined: a keepalive */
  walkSealed(packet: WalkedPacket | undefined, walk: Walk): void {
    walk.note(this.#session)
    const session = this.machine.sessionName
    if (session === undefined) return
    const { remote } = this.#settings
    const { stack } = this.#running
    const from = { address: this.#source, port: this.#localPort }
    stack.walkPacketOut(sealedWalk(stack.profile.ttl, from, remote, { session, packet }), walk)
  }

  walkIn({ ports, sealed }: WalkedPacket, walk: Walk): void {
    walk.note(this.#session)
    const { sessionName } = this.machine
    if (sessionName === undefined || sealed?.session !== sessionName) return
    if (ports?.targetPort === this.#localPort) this.tun.opened(sealed.packet, walk)
  }

  // --- Pushed options --------------------------------------------------------------------------

  #configure({ address, gateway, routes }: PushedOptions): void {
    const on = this.tun.interface
    const isSame = isEqual(this.#address, address)
    if (!isSame) {
      if (this.#address !== undefined) on.removeAddress(this.#address)
      this.#address = { ...address }
      on.addAddress(this.#address)
    } else {
      this.#log(`Preserving previous TUN/TAP instance: ${this.tun.systemName}`)
    }
    on.enabled = true
    const pushed = routes.map((to) => ({ to, via: gateway }))
    this.#running.stack.routes.replace(this.#routes, pushed)
    this.#routes = pushed
    if (!isSame) this.#observer.configured(address.address)
  }

  #log(text: string): void {
    this.#world.tell({
      node: this.#running.stack.place,
      kind: 'openvpn.client',
      text: `openvpn: ${text}`,
      details: { client: this.#settings.username },
    })
  }
}

function isEqual(one: Ipv4Prefix | undefined, other: Ipv4Prefix): boolean {
  return one?.address === other.address && one.length === other.length
}
