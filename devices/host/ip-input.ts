import { IPV4_BROADCAST, type Ipv4Address, isMulticastIpv4 } from '../../protocols/addresses.ts'
import { ETHERNET_HEADER_BYTES } from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { decrementTtl, type Ipv4Header, parseIpv4 } from '../../protocols/ipv4/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import { type Asker, Decider } from '../decider.ts'
import type { GateKeeper } from './gate-keeper.ts'
import type { IpInterface } from './interface.ts'
import type { InterfaceTable } from './interface-table.ts'
import type { IpOutput } from './ip-output.ts'
import type { Halt, Refusals } from './refusals.ts'
import type { NextHop, RouteTable } from './routes.ts'

/** A packet that reached its host: the frame, now the handler's, and where things are in it. */
export interface ReceivedPacket {
  readonly frame: Frame
  readonly header: Ipv4Header
  /** The start of the IP header. */
  readonly headerAt: number
  /** The start and the end of the payload. */
  readonly payloadAt: number
  readonly payloadEnd: number
  readonly arrival: IpInterface
}

/** Takes a packet of its protocol in, and ends its frame. */
export type ProtocolHandler = (packet: ReceivedPacket) => void

/** The parts of the stack that a packet passes on its way in. */
export interface IpInputParts {
  readonly interfaces: InterfaceTable
  readonly routes: RouteTable
  readonly gates: GateKeeper
  readonly output: IpOutput
  readonly refusals: Refusals
}

/** The way in: through the packet filter to who waits for it, or on and out again (ip_input). */
export class IpInput {
  #parts: IpInputParts
  #handlers = new Map<number, { readonly handler: ProtocolHandler }>()
  #forwarding: boolean
  #changes = new Decider('route')

  constructor(parts: IpInputParts, forwarding: boolean) {
    this.#parts = parts
    this.#forwarding = forwarding
  }

  /** Whether packets for others are passed on. */
  get forwarding(): boolean {
    return this.#forwarding
  }

  set forwarding(forwarding: boolean) {
    this.#forwarding = forwarding
    this.#changes.changed()
  }

  handle(protocol: number, handler: ProtocolHandler): void {
    this.#handlers.set(protocol, { handler })
  }

  receive(frame: Frame, arrival: IpInterface): void {
    const { gates, refusals, output } = this.#parts
    const headerAt = frame.start + ETHERNET_HEADER_BYTES
    let header = parseIpv4(frame.bytes, headerAt, frame.end)
    if (isWireError(header)) {
      refusals.drop(frame, header === 'badChecksum' ? 'badChecksum' : 'malformed', arrival)
      return
    }
    const verdict = gates.cross('in', frame, arrival)
    if (verdict === 'stopped') return
    if (verdict === 'translated') header = parseIpv4(frame.bytes, headerAt, frame.end) as Ipv4Header
    const { destination, ttl, totalBytes, protocol } = header
    const onward = this.decide(destination, ttl, totalBytes, protocol, arrival)
    if ('cause' in onward) refusals.halt(frame, onward, arrival)
    else if ('out' in onward) {
      decrementTtl(frame.bytes, headerAt)
      output.pass(frame, onward)
    } else {
      onward.handler({
        frame,
        header,
        headerAt,
        payloadAt: headerAt + header.headerBytes,
        payloadEnd: headerAt + totalBytes,
        arrival,
      })
    }
  }

  /** Decides about a packet that the packet filter has let in. */
  decide(
    target: Ipv4Address,
    ttl: number,
    totalBytes: number,
    protocol: number,
    arrival: IpInterface,
    asker?: Asker,
  ): Onward {
    asker?.note(this.#changes)
    if (this.#isForUs(target, arrival, asker)) {
      return this.#handlers.get(protocol) ?? UNKNOWN_PROTOCOL
    }
    if (!this.#forwarding) return NOT_OUR_ADDRESS
    if (ttl <= 1) return TTL_EXCEEDED
    const byRoutes = this.#parts.routes.lookUp(target, asker)
    if (byRoutes === undefined) return NO_ROUTE
    const { mtuBytes } = byRoutes.out
    return totalBytes <= mtuBytes ? byRoutes : { ...MTU_EXCEEDED, mtuBytes }
  }

  #isForUs(target: Ipv4Address, arrival: IpInterface, asker: Asker | undefined): boolean {
    if (target === IPV4_BROADCAST || arrival.isBroadcast(target)) return true
    if (isMulticastIpv4(target)) return true // the interface has judged the group already
    return this.#parts.interfaces.findLocal(target, asker) !== undefined
  }
}

/** It is for this host, it goes on, or it does neither. */
type Onward = { readonly handler: ProtocolHandler } | NextHop | Halt

const UNKNOWN_PROTOCOL: Halt = { cause: 'unknownProtocol', refusal: undefined, mtuBytes: 0 }
const NOT_OUR_ADDRESS: Halt = { cause: 'notOurAddress', refusal: undefined, mtuBytes: 0 }
const TTL_EXCEEDED: Halt = { cause: 'ttlExceeded', refusal: 'ttlExceeded', mtuBytes: 0 }
const NO_ROUTE: Halt = { cause: 'noRoute', refusal: 'noRoute', mtuBytes: 0 }
const MTU_EXCEEDED: Halt = { cause: 'mtuExceeded', refusal: 'mtuExceeded', mtuBytes: 0 }
