import type { RandomStream } from '../../engine/random.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import { IP_PROTOCOL } from '../../protocols/ipv4/wire.ts'
import type { TcpTimer } from '../../protocols/tcp/effects.ts'
import {
  TcpEndpoints,
  type TcpEndpointsEffects,
  type TcpTuple,
} from '../../protocols/tcp/endpoints.ts'
import { LINUX_TCP, type TcpParameters } from '../../protocols/tcp/parameters.ts'
import type { TcpSegment } from '../../protocols/tcp/segment.ts'
import { parseTcp, tcpHeaderLength, writeTcp } from '../../protocols/tcp/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import type { World } from '../world.ts'
import type { ReceivedPacket } from './ip-input.ts'
import type { IpStack } from './ip-stack.ts'

/** TCP of a running host: between the machine's segments and the packets of the IP stack. */
export class TcpService implements TcpEndpointsEffects {
  readonly endpoints: TcpEndpoints
  #world: World
  #stack: IpStack
  #draws: RandomStream

  constructor(world: World, stack: IpStack, parameters: TcpParameters = LINUX_TCP) {
    this.#world = world
    this.#stack = stack
    this.#draws = world.random.stream(`${stack.place}/tcp`)
    this.endpoints = new TcpEndpoints(parameters, this)
    stack.handle(IP_PROTOCOL.tcp, (packet) => this.#receive(packet))
  }

  get nowNs(): Nanoseconds {
    return this.#world.nowNs
  }

  timer(handler: () => void): TcpTimer {
    return this.#stack.timer(handler)
  }

  initialSequence(): number {
    return this.#draws.bits32()
  }

  transmit(tuple: TcpTuple, segment: TcpSegment): void {
    const { localAddress, localPort, remoteAddress, remotePort } = tuple
    const { payload } = segment
    const headerBytes = tcpHeaderLength(segment.options)
    const frame = this.#stack.newPacket(headerBytes + payload.length)
    const at = this.#stack.payloadAt(frame)
    frame.bytes.set(payload, at + headerBytes)
    const header = { ...segment, sourcePort: localPort, destinationPort: remotePort }
    writeTcp(frame.bytes, at, header, localAddress, remoteAddress, payload.length)
    this.#stack.send(frame, {
      protocol: IP_PROTOCOL.tcp,
      source: localAddress,
      target: remoteAddress,
      ttl: this.#stack.profile.ttl,
      dontFragment: true,
    })
  }

  #receive({ frame, header, payloadAt, payloadEnd, arrival }: ReceivedPacket): void {
    const { source, destination } = header
    const parsed = parseTcp(frame.bytes, payloadAt, payloadEnd, source, destination)
    if (isWireError(parsed)) {
      const cause = parsed === 'badChecksum' ? 'badChecksum' : 'malformed'
      this.#world.frames.drop(frame, cause, `${this.#stack.place} ${arrival.name}`)
      return
    }
    const payload = frame.bytes.subarray(parsed.payloadStart, parsed.payloadEnd)
    this.endpoints.segmentArrived(
      {
        localAddress: destination,
        localPort: parsed.destinationPort,
        remoteAddress: source,
        remotePort: parsed.sourcePort,
      },
      { ...parsed, payload },
    )
    this.#world.frames.deliver(frame)
  }
}
