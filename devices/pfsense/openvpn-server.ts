import type { Timer } from '../../engine/scheduler.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import { type Ipv4Address, maskOf } from '../../protocols/addresses.ts'
import type { CarpState } from '../../protocols/carp/machine.ts'
import type { DropCause } from '../../protocols/frame/fate.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { destinationIpOf } from '../../protocols/ipv4/wire.ts'
import type { Remote } from '../../protocols/openvpn/remote.ts'
import { OpenVpnServer } from '../../protocols/openvpn/server.ts'
import type { ServerClient } from '../../protocols/openvpn/server-client.ts'
import type { ServerSettings } from '../../protocols/openvpn/server-settings.ts'
import { Decider } from '../decider.ts'
import type { CarpStateChange } from '../freebsd/carp/service.ts'
import type { RunningHost } from '../host/host.ts'
import type { InterfaceAddress } from '../host/interface.ts'
import type { IpStack } from '../host/ip-stack.ts'
import { Tun } from '../host/tun.ts'
import type { UdpEnd, UdpService } from '../host/udp.ts'
import { CAUSE_OF_REFUSAL } from '../openvpn/refusal.ts'
import { sealedWalk } from '../openvpn/sealed-walk.ts'
import { drawBytes } from '../random-bytes.ts'
import type { Walk, WalkedPacket } from '../walk.ts'
import type { World } from '../world.ts'
import type { ReloadStatus } from './reload-status.ts'

export interface OpenVpnSettings extends ServerSettings {
  /** The CARP VIP that it is bound to. */
  readonly interface: string
  readonly vhid: number
  readonly address: Ipv4Address
  readonly port: number
  /** From the script's decision to a process that answers. */
  readonly startDurationNs: Nanoseconds
}

/** The state of a VHID on an interface; undefined: there is none. */
export type CarpStateOf = (on: string, vhid: number) => CarpState | undefined

/** The tab of the rules about all OpenVPN interfaces, which pf knows as the group `openvpn`. */
export const OPENVPN_TAB = 'OpenVPN'
const SYSTEM_NAME = 'ovpns1'

/**
 * An OpenVPN server of pfSense, bound to a CARP VIP: there is a process only while this node is
 * MASTER of it, and what that process knew ends with it (openvpn_restart of openvpn.inc).
 */
export class OpenVpnServerService {
  readonly tun: Tun
  #world: World
  #stack: IpStack
  /** The settings as configured; undefined: the server must not run. */
  #configured: OpenVpnSettings | undefined
  /** The settings of the process that runs, or of the last one. */
  #settings: OpenVpnSettings
  #udp: UdpService
  #carpState: CarpStateOf
  #process: OpenVpnServer | undefined
  #closeSocket = (): void => {}
  #isStopping = false
  #startTimer: Timer
  /** Whether a process runs, and which sessions it knows. */
  #sessions = new Decider('tunnel')
  #address: InterfaceAddress

  constructor(
    world: World,
    { stack, udp }: Pick<RunningHost, 'stack' | 'udp'>,
    settings: OpenVpnSettings,
    carpState: CarpStateOf,
  ) {
    this.#world = world
    this.#stack = stack
    this.#udp = udp
    this.#configured = settings
    this.#settings = settings
    this.#carpState = carpState
    this.#address = { ...settings.tunnel }
    this.tun = new Tun(world, stack, { name: OPENVPN_TAB, systemName: SYSTEM_NAME }, this)
    this.#startTimer = stack.timer(() => this.#start())
  }

  /** devd tells rc.carpmaster or rc.carpbackup, a second late as with all events. */
  carpChanged(change: CarpStateChange, reloadStatus: ReloadStatus): void {
    const { interface: on, vhid } = this.#configured ?? {}
    if (change.interface !== on || change.vhid !== vhid) return
    const event = change.after === 'MASTER' ? 'carpmaster' : 'carpbackup'
    reloadStatus.send(event, () => this.restart())
  }

  /** Other settings, which the next process has, or undefined for none. The one that runs is ended. */
  configure(settings: OpenVpnSettings | undefined): void {
    this.#configured = settings
    this.restart()
  }

  /** openvpn_restart, which rc.carpmaster and rc.carpbackup both run: ends it, and starts it if MASTER. */
  restart(): void {
    this.#startTimer.cancel()
    if (this.#process === undefined) {
      this.#startIfMaster()
    } else if (!this.#isStopping) {
      this.#isStopping = true
      this.#log('SIGTERM sent by openvpn_restart')
      this.#process.stop()
    }
  }

  // --- The process ------------------------------------------------------------------------------

  #startIfMaster(): void {
    const { interface: on = '', vhid = 0, startDurationNs = 0 } = this.#configured ?? {}
    if (this.#carpState(on, vhid) === 'MASTER') this.#startTimer.arm(startDurationNs)
  }

  #start(): void {
    if (this.#configured === undefined) return
    this.#settings = this.#configured
    this.#address = { ...this.#settings.tunnel }
    const world = this.#world
    const draws = world.random.stream(`${this.#stack.place}/openvpn`)
    const own = this.#ownEnd()
    this.#process = new OpenVpnServer(this.#settings, {
      get nowNs() {
        return world.nowNs
      },
      timer: (handler) => this.#stack.timer(handler),
      randomBytes: (count) => drawBytes(draws, count),
      transmit: (datagram, to) => {
        this.#udp.send(own, to, datagram)
      },
      changed: () => this.#sessions.changed(),
      log: (text) => this.#log(text),
      ended: () => this.#ended(),
    })
    this.#closeSocket = this.#udp.bind(own.port, (payload, from, to, packetId) =>
      this.#receive(payload, from, to, packetId),
    )
    this.tun.interface.addAddress(this.#address)
    this.#setTunnel(true)
    this.#log('Initialization Sequence Completed')
  }

  #ended(): void {
    this.#closeSocket()
    this.#process = undefined
    this.#isStopping = false
    this.tun.interface.removeAddress(this.#address)
    this.#setTunnel(false)
    this.#startIfMaster()
  }

  #setTunnel(enabled: boolean): void {
    this.tun.interface.enabled = enabled
    this.#stack.routes.rebuild()
    this.#sessions.changed()
  }

  // --- Packets ----------------------------------------------------------------------------------

  #ownEnd(): UdpEnd {
    const { address, port } = this.#settings
    return { address, port }
  }

  #receive(payload: Uint8Array, from: Remote, to: UdpEnd, packetId: number): DropCause | undefined {
    // It is bound to the VIP, and to no other address of the node.
    if (this.#process === undefined || to.address !== this.#settings.address) return 'portClosed'
    const received = this.#process.receive(payload, from)
    if (received.kind === 'refused') return CAUSE_OF_REFUSAL[received.why]
    if (received.kind === 'packet') this.tun.write(received.packet, packetId)
    return undefined
  }

  carry(frame: Frame, packet: Uint8Array): void {
    const client = this.#process?.findByAddress(destinationIpOf(packet, 0))
    const datagram = client?.seal(packet)
    if (client === undefined || datagram === undefined) {
      const place = `${this.#stack.place} ${SYSTEM_NAME}`
      this.#world.frames.drop(frame, 'openvpnNoSession', place)
      return
    }
    this.#udp.send(this.#ownEnd(), client.remote, datagram, frame)
    this.#world.frames.deliver(frame)
  }

  // --- Walks ------------------------------------------------------------------------------------

  walkOut(packet: WalkedPacket, walk: Walk): void {
    walk.note(this.#sessions)
    const client = this.#process?.findByAddress(packet.target)
    if (client !== undefined) this.#walkSealed(client, packet, walk)
  }

  /** A keepalive to the client of a session; nowhere if the session does not live here. */
  walkKeepalive(session: string, walk: Walk): void {
    walk.note(this.#sessions)
    const client = this.#process?.findSession(session)
    if (client !== undefined) this.#walkSealed(client, undefined, walk)
  }

  walkIn({ source, target, ports, sealed }: WalkedPacket, walk: Walk): void {
    walk.note(this.#sessions)
    const { address, port } = this.#settings
    if (sealed === undefined || target !== address || ports?.targetPort !== port) return
    const client = this.#process?.findSession(sealed.session)
    const isFrom = client?.remote.address === source && client.remote.port === ports.sourcePort
    if (isFrom) this.tun.opened(sealed.packet, walk)
  }

  #walkSealed(client: ServerClient, packet: WalkedPacket | undefined, walk: Walk): void {
    const session = client.sessionName
    if (session === undefined) return
    const { ttl } = this.#stack.profile
    const sealed = sealedWalk(ttl, this.#ownEnd(), client.remote, { session, packet })
    this.#stack.walkPacketOut(sealed, walk)
  }

  #log(text: string): void {
    this.#world.tell({
      node: this.#stack.place,
      kind: 'openvpn.server',
      text: `openvpn server1: ${text}`,
      details: {},
    })
  }
}

/** The server takes the first address of the tunnel network, as `--server` does. */
export function firstAddressOf({ address, length }: { address: number; length: number }): number {
  return ((address & maskOf(length)) >>> 0) + 1
}
