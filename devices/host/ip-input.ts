import { IPV4_BROADCAST, type Ipv4Address, isMulticastIpv4 } from '../../protocols/addresses.ts'
import { ETHERNET_HEADER_BYTES } from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { decrementTtl, type Ipv4Header, parseIpv4 } from '../../protocols/ipv4/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import type { GateKeeper } from './gate-keeper.ts'
import type { IpInterface } from './interface.ts'
import type { InterfaceTable } from './interface-table.ts'
import type { IpOutput } from './ip-output.ts'
import type { Refusals } from './refusals.ts'
import type { RouteTable } from './routes.ts'

/** A packet that reached its host: the frame, now the handler's, and where things are in it. */
export interface ReceivedPacket {
  readonly frame: Frame
  readonly header: Ipv4Header
  /** Where the IP header begins. */
  readonly headerAt: number
  /** Where its payload begins and ends. */
  readonly payloadAt: number
  readonly payloadEnd: number
  readonly arrival: IpInterface
}

/** Takes a packet of its protocol in, and ends its frame. */
export type ProtocolHandler = (packet: ReceivedPacket) => void

/** What the way in leads through. */
export interface IpInputParts {
  readonly interfaces: InterfaceTable
  readonly routes: RouteTable
  readonly gates: GateKeeper
  readonly output: IpOutput
  readonly refusals: Refusals
}

/** The way in: through the packet filter to who waits for it, or on and out again (ip_input). */
export class IpInput {
  /** Whether packets for others are passed on. */
  forwarding: boolean
  #parts: IpInputParts
  #handlers = new Map<number, ProtocolHandler>()

  constructor(parts: IpInputParts, forwarding: boolean) {
    this.#parts = parts
    this.forwarding = forwarding
  }

  handle(protocol: number, handler: ProtocolHandler): void {
    this.#handlers.set(protocol, handler)
  }

  receive(frame: Frame, arrival: IpInterface): void {
    const { gates, refusals } = this.#parts
    const headerAt = frame.start + ETHERNET_HEADER_BYTES
    let header = parseIpv4(frame.bytes, headerAt, frame.end)
    if (isWireError(header)) {
      refusals.drop(frame, header === 'badChecksum' ? 'badChecksum' : 'malformed', arrival)
      return
    }
    const verdict = gates.cross('in', frame, headerAt, arrival)
    if (verdict === 'stopped') return
    if (verdict === 'translated') header = parseIpv4(frame.bytes, headerAt, frame.end) as Ipv4Header
    if (this.#isForUs(header.destination, arrival)) {
      this.#deliver(frame, header, headerAt, arrival)
    } else if (this.forwarding) {
      this.#forward(frame, header, headerAt, arrival)
    } else {
      refusals.drop(frame, 'notOurAddress', arrival)
    }
  }

  #isForUs(target: Ipv4Address, arrival: IpInterface): boolean {
    if (target === IPV4_BROADCAST || arrival.isBroadcast(target)) return true
    if (isMulticastIpv4(target)) return true // the interface has judged the group already
    return this.#parts.interfaces.findLocal(target) !== undefined
  }

  #deliver(frame: Frame, header: Ipv4Header, headerAt: number, arrival: IpInterface): void {
    const handler = this.#handlers.get(header.protocol)
    if (handler === undefined) {
      this.#parts.refusals.drop(frame, 'unknownProtocol', arrival)
      return
    }
    handler({
      frame,
      header,
      headerAt,
      payloadAt: headerAt + header.headerBytes,
      payloadEnd: headerAt + header.totalBytes,
      arrival,
    })
  }

  #forward(frame: Frame, header: Ipv4Header, headerAt: number, arrival: IpInterface): void {
    const { routes, refusals, output } = this.#parts
    if (header.ttl <= 1) {
      refusals.refuse('ttlExceeded', frame, arrival)
      return
    }
    const byRoutes = routes.lookUp(header.destination)
    if (byRoutes === undefined) {
      refusals.refuse('noRoute', frame, arrival)
      return
    }
    const { mtuBytes } = byRoutes.out
    if (header.totalBytes > mtuBytes) {
      refusals.refuse('mtuExceeded', frame, arrival, mtuBytes)
      return
    }
    decrementTtl(frame.bytes, headerAt)
    output.pass(frame, headerAt, byRoutes)
  }
}
