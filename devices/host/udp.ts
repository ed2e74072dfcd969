import { assert } from '../../engine/assert.ts'
import type { Ipv4Address } from '../../protocols/addresses.ts'
import type { DropCause } from '../../protocols/frame/fate.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { IP_PROTOCOL } from '../../protocols/ipv4/wire.ts'
import { parseUdp, UDP_HEADER_BYTES, writeUdp } from '../../protocols/udp/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import type { World } from '../world.ts'
import type { ReceivedPacket } from './ip-input.ts'
import type { IpStack } from './ip-stack.ts'

/** One end of a datagram's way. */
export interface UdpEnd {
  readonly address: Ipv4Address
  readonly port: number
}

/**
 * Takes a datagram in. The payload is a view that is valid during the call.
 * @param packetId what the captures know it by; for observers
 */
export type UdpReceiver = (payload: Uint8Array, from: UdpEnd, to: UdpEnd, packetId: number) => void

/**
 * The same for a program that may refuse what it gets.
 * @returns why the program would not have it, if so
 */
export type ChoosyUdpReceiver = (
  payload: Uint8Array,
  from: UdpEnd,
  to: UdpEnd,
  packetId: number,
) => DropCause | undefined

/** The datagrams that a program receives, beside the port. */
export interface UdpSocketSettings {
  /** Those to this local address; to any by default. */
  readonly address?: Ipv4Address
  /** Those from this end: the socket is connected. From any by default. */
  readonly remote?: UdpEnd
}

interface UdpSocket extends UdpSocketSettings {
  readonly receiver: UdpReceiver | ChoosyUdpReceiver
}

/** UDP of a running host. */
export class UdpService {
  #world: World
  #stack: IpStack
  /** The sockets by port, the most particular one first. */
  #sockets = new Map<number, UdpSocket[]>()

  constructor(world: World, stack: IpStack) {
    this.#world = world
    this.#stack = stack
    stack.handle(IP_PROTOCOL.udp, (packet) => this.#receive(packet))
  }

  /**
   * Receives what comes to a port. Of several sockets at a port the most particular one gets a
   * datagram: a connected one, else one with an address (FreeBSD's in_pcblookup).
   *
   * @returns closes the socket
   */
  bind(
    port: number,
    receiver: UdpReceiver | ChoosyUdpReceiver,
    settings: UdpSocketSettings = {},
  ): () => void {
    const socket = { ...settings, receiver }
    const others = this.#sockets.get(port) ?? []
    assert(!others.some((other) => haveEqualEnds(socket, other)), 'one program receives at a port')
    const sockets = [...others, socket].sort((a, b) => particularity(b) - particularity(a))
    this.#sockets.set(port, sockets)
    return () => this.#close(port, socket)
  }

  #close(port: number, socket: UdpSocket): void {
    const others = this.#sockets.get(port)?.filter((each) => each !== socket) ?? []
    if (others.length > 0) this.#sockets.set(port, others)
    else this.#sockets.delete(port)
  }

  /**
   * Whether a program receives at a port.
   *
   * @param address by a socket of this local address; by any socket if absent
   */
  isBound(port: number, address?: Ipv4Address): boolean {
    const sockets = this.#sockets.get(port) ?? []
    return address === undefined ? sockets.length > 0 : sockets.some((it) => it.address === address)
  }

  /**
   * @param carried the packet that travels sealed in the payload: to observers, the same packet
   * @returns the number of the packet in the captures; 0 when there is no route for it
   */
  send(from: UdpEnd, to: UdpEnd, payload: Uint8Array, carried?: Frame): number {
    if (this.#stack.routes.lookUp(to.address) === undefined) return 0
    const frame = this.#stack.newPacket(UDP_HEADER_BYTES + payload.length)
    const at = this.#stack.payloadAt(frame)
    frame.bytes.set(payload, at + UDP_HEADER_BYTES)
    const header = { sourcePort: from.port, destinationPort: to.port }
    writeUdp(frame.bytes, at, header, from.address, to.address, payload.length)
    if (carried !== undefined) this.#world.frames.enclose(carried, frame)
    const { packetId } = frame
    this.#stack.send(frame, {
      protocol: IP_PROTOCOL.udp,
      source: from.address,
      target: to.address,
      ttl: this.#stack.profile.ttl,
    })
    return packetId
  }

  #receive({ frame, header, payloadAt, payloadEnd, arrival }: ReceivedPacket): void {
    const { source, destination } = header
    const place = `${this.#stack.place} ${arrival.name}`
    const datagram = parseUdp(frame.bytes, payloadAt, payloadEnd, source, destination)
    if (isWireError(datagram)) {
      const cause = datagram === 'badChecksum' ? 'badChecksum' : 'malformed'
      this.#world.frames.drop(frame, cause, place)
      return
    }
    const from = { address: source, port: datagram.sourcePort }
    const to = { address: destination, port: datagram.destinationPort }
    const socket = this.#sockets.get(to.port)?.find((each) => takes(each, from, to))
    if (socket === undefined) {
      this.#stack.unheard(frame, arrival)
      return
    }
    const payload = frame.bytes.subarray(datagram.payloadStart, datagram.payloadEnd)
    const refusal = socket.receiver(payload, from, to, frame.packetId)
    if (refusal === 'portClosed') this.#stack.unheard(frame, arrival)
    else if (typeof refusal === 'string') this.#world.frames.drop(frame, refusal, place)
    else this.#world.frames.deliver(frame)
  }
}

function takes({ address, remote }: UdpSocket, from: UdpEnd, to: UdpEnd): boolean {
  if (address !== undefined && address !== to.address) return false
  return remote === undefined || (remote.address === from.address && remote.port === from.port)
}

/** Two for a remote end, one for a local address. */
function particularity({ address, remote }: UdpSocketSettings): number {
  return (remote === undefined ? 0 : 2) + (address === undefined ? 0 : 1)
}

function haveEqualEnds(a: UdpSocketSettings, b: UdpSocketSettings): boolean {
  return (
    a.address === b.address &&
    a.remote?.address === b.remote?.address &&
    a.remote?.port === b.remote?.port
  )
}
