import type { Nanoseconds } from '../../engine/time.ts'
import { type Ipv4Address, isMulticastIpv4 } from '../../protocols/addresses.ts'
import { ETHERNET_HEADER_BYTES } from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import {
  ICMP_HEADER_BYTES,
  ICMP_TYPE,
  ICMP_UNREACHABLE,
  type IcmpEcho,
  type IcmpTimeExceeded,
  type IcmpUnreachable,
  parseIcmp,
  parseQuote,
  writeIcmpEcho,
} from '../../protocols/icmp/wire.ts'
import { IP_PROTOCOL, sourceIpOf } from '../../protocols/ipv4/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import type {
  EchoErrorKind,
  EchoRequest,
  PingHost,
  PingProgram,
  PingTimer,
} from '../ping/ping-host.ts'
import type { World } from '../world.ts'
import { IcmpErrors } from './icmp-errors.ts'
import type { IpInterface } from './interface.ts'
import type { ReceivedPacket } from './ip-input.ts'
import type { IpStack } from './ip-stack.ts'
import type { Refusal } from './refusals.ts'

/**
 * ICMP of a running host: answers echo requests, hands replies and errors to the ping programs,
 * and tells the senders of packets that could not go on.
 */
export class IcmpService implements PingHost {
  #world: World
  #stack: IpStack
  #errors: IcmpErrors
  #programs: PingProgram[] = []
  #windowsSequence = 0

  constructor(world: World, stack: IpStack) {
    this.#world = world
    this.#stack = stack
    this.#errors = new IcmpErrors(world, stack)
    stack.handle(IP_PROTOCOL.icmp, (packet) => this.#receive(packet))
    stack.onRefusal = (reason, frame, arrival, mtu) => this.#refused(reason, frame, arrival, mtu)
  }

  addProgram(program: PingProgram): void {
    this.#programs.push(program)
  }

  /** Whether a program of this host sends requests with an identifier. */
  hasIdentifier(identifier: number): boolean {
    return this.#programs.some((program) => program.identifier === identifier)
  }

  // --- For programs ----------------------------------------------------------------------------

  get nowNs(): Nanoseconds {
    return this.#world.nowNs
  }

  timer(handler: () => void): PingTimer {
    return this.#stack.timer(handler)
  }

  nextWindowsSequence(): number {
    this.#windowsSequence = (this.#windowsSequence + 1) & 0xffff
    return this.#windowsSequence
  }

  send(request: EchoRequest): number {
    if (this.#stack.routes.lookUp(request.target) === undefined) return 0
    const { payload } = request
    const frame = this.#stack.newPacket(ICMP_HEADER_BYTES + payload.length)
    const at = this.#stack.payloadAt(frame)
    frame.bytes.set(payload, at + ICMP_HEADER_BYTES)
    const { identifier, sequence } = request
    writeIcmpEcho(frame.bytes, at, { reply: false, identifier, sequence }, payload.length)
    const { packetId } = frame
    this.#stack.send(frame, {
      protocol: IP_PROTOCOL.icmp,
      target: request.target,
      ttl: request.ttl,
      dontFragment: request.dontFragment,
    })
    return packetId
  }

  // --- In ---------------------------------------------------------------------------------------

  #receive(packet: ReceivedPacket): void {
    const { frame, payloadAt, payloadEnd, arrival } = packet
    const message = parseIcmp(frame.bytes, payloadAt, payloadEnd)
    const place = `${this.#stack.place} ${arrival.name}`
    if (isWireError(message)) {
      const cause = message === 'badChecksum' ? 'badChecksum' : 'malformed'
      this.#world.frames.drop(frame, cause, place)
    } else if (message.kind === 'echo') {
      if (message.reply) this.#receiveReply(packet, message, place)
      else this.#answer(packet, message)
    } else {
      if (message.kind !== 'other') this.#receiveError(packet, message)
      this.#world.frames.deliver(frame)
    }
  }

  /** An echo to a group or to broadcast is not answered, so that nobody can be flooded with it. */
  #answer(packet: ReceivedPacket, echo: IcmpEcho): void {
    const { frame, header } = packet
    const { destination, source } = header
    if (this.#stack.findLocal(destination) !== undefined && !isMulticastIpv4(source)) {
      const payloadBytes = echo.payloadEnd - echo.payloadStart
      const reply = this.#stack.newPacket(ICMP_HEADER_BYTES + payloadBytes)
      const at = this.#stack.payloadAt(reply)
      const payload = frame.bytes.subarray(echo.payloadStart, echo.payloadEnd)
      reply.bytes.set(payload, at + ICMP_HEADER_BYTES)
      const { identifier, sequence } = echo
      writeIcmpEcho(reply.bytes, at, { reply: true, identifier, sequence }, payloadBytes)
      this.#stack.send(reply, {
        protocol: IP_PROTOCOL.icmp,
        source: destination,
        target: source,
        ttl: this.#stack.profile.ttl,
      })
    }
    this.#world.frames.deliver(frame)
  }

  #receiveReply(packet: ReceivedPacket, echo: IcmpEcho, place: string): void {
    const { frame, header } = packet
    const reply = {
      source: header.source,
      sequence: echo.sequence,
      ttl: header.ttl,
      payloadBytes: echo.payloadEnd - echo.payloadStart,
    }
    let late = false
    for (const program of this.#programs) {
      if (program.identifier !== echo.identifier) continue
      const verdict = program.reply(reply)
      if (verdict === 'matched') {
        this.#confirmNextHop(header.source)
        this.#world.frames.deliver(frame)
        return
      }
      late ||= verdict === 'late'
    }
    this.#world.frames.drop(frame, late ? 'replyTooLate' : 'noListener', place)
  }

  #confirmNextHop(target: Ipv4Address): void {
    if (!this.#stack.profile.pingConfirmsNeighbour) return
    const hop = this.#stack.routes.lookUp(target)
    if (hop !== undefined) this.#stack.neighbours.confirmed(hop.out, hop.neighbour)
  }

  #receiveError(packet: ReceivedPacket, message: IcmpUnreachable | IcmpTimeExceeded): void {
    const quote = quotedRequest(packet.frame.bytes, message.quoteStart, message.quoteEnd)
    const kind = errorKindOf(message)
    if (quote === undefined || kind === undefined) return
    const error = { source: packet.header.source, sequence: quote.sequence, kind, local: false }
    const mtuBytes = message.kind === 'unreachable' ? message.nextHopMtu : 0
    for (const program of this.#programs) {
      if (program.identifier === quote.identifier) program.error({ ...error, mtuBytes })
    }
  }

  // --- Packets that could not go on ------------------------------------------------------------

  #refused(
    reason: Refusal,
    frame: Frame,
    arrival: IpInterface | undefined,
    mtuBytes: number,
  ): void {
    const headerAt = frame.start + ETHERNET_HEADER_BYTES
    const source = sourceIpOf(frame.bytes, headerAt)
    if (arrival === undefined && this.#stack.findLocal(source) !== undefined) {
      this.#tellOwnProgram(frame, headerAt, source)
    } else {
      this.#errors.answer(reason, frame, mtuBytes)
    }
  }

  /** The program must not hear of it before its own send has returned: hence the event. */
  #tellOwnProgram(frame: Frame, headerAt: number, source: Ipv4Address): void {
    const quote = quotedRequest(frame.bytes, headerAt, frame.end)
    if (quote === undefined) return
    const { sequence, identifier } = quote
    this.#stack.defer(() => {
      for (const program of this.#programs) {
        if (program.identifier !== identifier) continue
        program.error({ source, sequence, kind: 'hostUnreachable', local: true })
      }
    })
  }
}

/** The echo request that a packet, or the start of one, is; programs send nothing else. */
function quotedRequest(
  bytes: Uint8Array,
  start: number,
  end: number,
): { identifier: number; sequence: number } | undefined {
  const quote = parseQuote(bytes, start, end)
  if (isWireError(quote) || bytes[quote.payloadStart] !== ICMP_TYPE.echoRequest) return undefined
  const { identifier, sequence } = quote
  return identifier === undefined || sequence === undefined ? undefined : { identifier, sequence }
}

function errorKindOf(message: IcmpUnreachable | IcmpTimeExceeded): EchoErrorKind | undefined {
  if (message.kind === 'timeExceeded') return 'ttlExpired'
  switch (message.code) {
    case ICMP_UNREACHABLE.net:
      return 'netUnreachable'
    case ICMP_UNREACHABLE.host:
      return 'hostUnreachable'
    case ICMP_UNREACHABLE.protocol:
      return 'protocolUnreachable'
    case ICMP_UNREACHABLE.port:
      return 'portUnreachable'
    case ICMP_UNREACHABLE.fragmentationNeeded:
      return 'fragmentationNeeded'
    default:
      return undefined
  }
}
