import { MAC_NONE } from '../../protocols/addresses.ts'
import { ETHER_TYPE, ETHERNET_HEADER_BYTES, writeEthernet } from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { totalBytesOf } from '../../protocols/ipv4/wire.ts'
import type { Walk, WalkedPacket } from '../walk.ts'
import type { World } from '../world.ts'
import { IpInterface } from './interface.ts'
import type { IpStack } from './ip-stack.ts'
import type { TunnelEnd } from './tunnel.ts'

/** The program that a tun interface belongs to. */
export interface TunProgram {
  /** Takes over a frame with a packet that the system sends into the tunnel. */
  carry(frame: Frame, packet: Uint8Array): void
  walkOut(packet: WalkedPacket, walk: Walk): void
  walkIn(packet: WalkedPacket, walk: Walk): void
}

/** tun(4): an interface of a stack whose packets a program reads and writes. */
export class Tun implements TunnelEnd {
  readonly systemName: string
  readonly interface: IpInterface
  #world: World
  #stack: IpStack
  #program: TunProgram

  /** @param names of the interface: as pfSense shows it, and as the system calls it */
  constructor(
    world: World,
    stack: IpStack,
    names: { readonly name: string; readonly systemName: string },
    program: TunProgram,
  ) {
    this.systemName = names.systemName
    this.#world = world
    this.#stack = stack
    this.#program = program
    this.interface = new IpInterface({ name: names.name, tunnel: this })
    this.interface.enabled = false
    stack.addInterface(this.interface)
  }

  transmit(frame: Frame): void {
    const at = frame.start + ETHERNET_HEADER_BYTES
    this.#program.carry(frame, frame.bytes.slice(at, at + totalBytesOf(frame.bytes, at)))
  }

  /** Gives the system a packet that came out of the tunnel. */
  write(packet: Uint8Array, packetId: number): void {
    const lengthBytes = ETHERNET_HEADER_BYTES + packet.length
    const frame = this.#world.frames.createEnclosed(lengthBytes, packetId)
    const header = { destination: MAC_NONE, source: MAC_NONE, etherType: ETHER_TYPE.ipv4 }
    frame.bytes.set(packet, writeEthernet(frame.bytes, frame.start, header))
    this.#stack.receiveFromTunnel(frame, this.interface)
  }

  walkOut(packet: WalkedPacket, walk: Walk): void {
    this.#program.walkOut(packet, walk)
  }

  walkIn(packet: WalkedPacket, walk: Walk): void {
    this.#program.walkIn(packet, walk)
  }

  /** Goes on with a packet that a walk has found to be opened here; a keepalive ends here. */
  opened(packet: WalkedPacket | undefined, walk: Walk): void {
    walk.note(this.interface.settings)
    if (packet === undefined) walk.arrive(this.#stack.place, NOTHING_INSIDE)
    else if (this.interface.enabled) this.#stack.walkPacketIn(packet, this.interface, walk)
  }
}

/** A keepalive carries no packet. */
const NOTHING_INSIDE: WalkedPacket = {
  kind: 'ipv4',
  source: 0,
  target: 0,
  protocol: 0,
  ttl: 0,
  totalBytes: 0,
}
