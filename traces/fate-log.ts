import type { Nanoseconds } from '../engine/time.ts'
import type { Ipv4Address } from '../protocols/addresses.ts'
import { readUint16 } from '../protocols/bytes.ts'
import { ETHER_TYPE, ETHERNET_HEADER_BYTES, VLAN_TAG_BYTES } from '../protocols/ethernet/wire.ts'
import type { DropCause } from '../protocols/frame/fate.ts'
import type { FateObserver, Frame } from '../protocols/frame/frame.ts'
import { type IcmpQuote, parseQuote } from '../protocols/icmp/wire.ts'
import { IP_PROTOCOL, protocolOf } from '../protocols/ipv4/wire.ts'
import { parseRtp } from '../protocols/rtp/wire.ts'
import type { TcpTuple } from '../protocols/tcp/endpoints.ts'
import { tcpDestinationPortOf, tcpSourcePortOf } from '../protocols/tcp/wire.ts'
import { UDP_HEADER_BYTES, udpDestinationPortOf, udpSourcePortOf } from '../protocols/udp/wire.ts'
import { isWireError } from '../protocols/wire-error.ts'
import { type Death, type FlowLog, isOfPath, moreTelling, type ProbeRecord } from './flow-log.ts'

/** An echo flow as its packets show it. */
export interface EchoFlow {
  readonly log: FlowLog
  readonly client: Ipv4Address
  readonly target: Ipv4Address
  readonly identifier: number
}

/** A call as its RTP packets show it, whatever NAT does to their addresses. */
export interface MediaFlow {
  readonly log: FlowLog
  /** At one end or the other. */
  readonly port: number
  /** SSRC. */
  readonly source: number
}

/** A TCP connection as its segments show it. */
interface ConnectionFlow {
  readonly client: Ipv4Address
  readonly clientPort: number
  readonly target: Ipv4Address
  readonly targetPort: number
  /** A segment of it ended other than by arriving, request or answer. */
  died(death: Death): void
}

/** Hears where every frame ended. */
export interface DeathListener {
  died(death: Death): void
}

/**
 * Remembers how the packets of the watched flows died, so that each lost probe can be explained.
 * Packets are recognised by their bytes, wherever they are.
 *
 * A packet may have had several copies. The end that counts is the last one that was not
 * incidental; only where there is none, the last one at a card that the copy was not for, or else the
 * last of all: a ping to a dead firewall's virtual MAC died at the other firewall, which was handed a
 * copy and was not MASTER. And a reply proves that the request arrived: once a copy of it has ended,
 * those of the request are forgotten.
 */
export class FateLog implements FateObserver {
  #clock: { readonly nowNs: Nanoseconds }
  #flows: EchoFlow[] = []
  #calls: MediaFlow[] = []
  #connections: ConnectionFlow[] = []
  #listeners: DeathListener[] = []
  /** Probes under seal, by the number of their packet. */
  #enclosed = new Map<number, ProbeRecord>()
  /** The flow of the packet that is being translated. */
  #translated: { echo?: EchoFlow | undefined; connection?: ConnectionFlow | undefined } = {}

  constructor(clock: { readonly nowNs: Nanoseconds }) {
    this.#clock = clock
  }

  watch(flow: EchoFlow): void {
    this.#flows.push(flow)
  }

  watchMedia(flow: MediaFlow): void {
    this.#calls.push(flow)
  }

  /** @param died hears how segments of the connection ended, as seen from its client */
  watchConnection(client: TcpTuple, died: ConnectionFlow['died']): void {
    this.#connections.push({
      client: client.localAddress,
      clientPort: client.localPort,
      target: client.remoteAddress,
      targetPort: client.remotePort,
      died,
    })
  }

  listen(listener: DeathListener): void {
    this.#listeners.push(listener)
  }

  enclosed(inner: Frame): void {
    const packet = this.#isWatching ? packetIn(inner) : undefined
    const probe = packet === undefined ? undefined : this.#probeIn(inner, packet)
    if (probe !== undefined) this.#enclosed.set(inner.packetId, probe)
  }

  translating(frame: Frame): void {
    const packet = this.#isWatching ? packetIn(frame) : undefined
    this.#translated =
      packet === undefined
        ? {}
        : { echo: this.#echoFlowOf(packet), connection: this.#connectionOf(frame, packet) }
  }

  /** From here on the flow also goes by the ends that a translation gave it. */
  translated(frame: Frame): void {
    const { echo: flow, connection } = this.#translated
    if (flow === undefined && connection === undefined) return
    const packet = packetIn(frame)
    if (packet === undefined) return
    if (flow !== undefined) this.#followEcho(flow, packet)
    if (connection !== undefined) this.#followConnection(connection, frame, packet)
  }

  dropped(frame: Frame, cause: DropCause, at: string): void {
    const packet = this.#isWatching ? packetIn(frame) : undefined
    const probe = packet === undefined ? undefined : this.#probeOf(frame, packet)
    const connection = packet === undefined ? undefined : this.#connectionOf(frame, packet)
    if (this.#listeners.length === 0 && probe === undefined && connection === undefined) return
    const { packetId: frameId, sighting } = frame
    const death = { timeNs: this.#clock.nowNs, cause, at, frameId, sighting }
    for (const listener of this.#listeners) listener.died(death)
    if (probe !== undefined) {
      if (!isOfPath(cause)) probe.endedOffPath = true
      if (tellsMore(death, probe)) probe.death = death
    }
    connection?.died(death)
  }

  get #isWatching(): boolean {
    return this.#flows.length > 0 || this.#calls.length > 0 || this.#connections.length > 0
  }

  #followEcho(flow: EchoFlow, packet: IcmpQuote): void {
    const echo = echoIn(packet)
    if (echo === undefined || this.#flows.some((each) => isOf(echo, each))) return
    const { source: client, destination: target, identifier } = echo
    this.#flows.push({ log: flow.log, client, target, identifier })
  }

  #followConnection(flow: ConnectionFlow, frame: Frame, packet: IcmpQuote): void {
    if (this.#connectionOf(frame, packet) === flow) return
    const clientPort = tcpSourcePortOf(frame.bytes, packet.payloadStart)
    const targetPort = tcpDestinationPortOf(frame.bytes, packet.payloadStart)
    const { source: client, destination: target } = packet
    const died = (death: Death): void => flow.died(death)
    this.#connections.push({ client, clientPort, target, targetPort, died })
  }

  #echoFlowOf(packet: IcmpQuote): EchoFlow | undefined {
    if (packet.protocol !== IP_PROTOCOL.icmp) return undefined
    const echo = echoIn(packet)
    return echo === undefined ? undefined : this.#flows.find((flow) => isOf(echo, flow))
  }

  #connectionOf(frame: Frame, packet: IcmpQuote): ConnectionFlow | undefined {
    if (packet.protocol !== IP_PROTOCOL.tcp) return undefined
    const { source, destination, payloadStart } = packet
    const sourcePort = tcpSourcePortOf(frame.bytes, payloadStart)
    const destinationPort = tcpDestinationPortOf(frame.bytes, payloadStart)
    return this.#connections.findLast(
      ({ client, clientPort, target, targetPort }) =>
        (client === source &&
          clientPort === sourcePort &&
          target === destination &&
          targetPort === destinationPort) ||
        (client === destination &&
          clientPort === destinationPort &&
          target === source &&
          targetPort === sourcePort),
    )
  }

  /**
   * A sealed packet cannot be known by its bytes, only by the number of the packet that it
   * carries.
   */
  #probeOf(frame: Frame, packet: IcmpQuote): ProbeRecord | undefined {
    return this.#probeIn(frame, packet) ?? this.#enclosed.get(frame.packetId)
  }

  #probeIn(frame: Frame, packet: IcmpQuote): ProbeRecord | undefined {
    if (packet.protocol === IP_PROTOCOL.icmp) return this.#echoProbeIn(packet)
    return packet.protocol === IP_PROTOCOL.udp ? this.#mediaProbeIn(frame, packet) : undefined
  }

  #mediaProbeIn({ bytes, end }: Frame, { payloadStart }: IcmpQuote): ProbeRecord | undefined {
    const ports = [udpSourcePortOf(bytes, payloadStart), udpDestinationPortOf(bytes, payloadStart)]
    const media = parseRtp(bytes, payloadStart + UDP_HEADER_BYTES, end)
    if (isWireError(media)) return undefined
    const call = this.#calls.find(
      ({ port, source }) => source === media.source && ports.includes(port),
    )
    return call?.log.findBySequence(media.sequence)
  }

  /** Pings of a Windows host share one identifier and one count: whoever used it last. */
  #echoProbeIn(packet: IcmpQuote): ProbeRecord | undefined {
    const echo = echoIn(packet)
    if (echo === undefined) return undefined
    let latest: ProbeRecord | undefined
    for (const flow of this.#flows) {
      const probe = isOf(echo, flow) ? flow.log.findBySequence(echo.sequence) : undefined
      if (probe !== undefined && !(latest && latest.sentNs > probe.sentNs)) latest = probe
    }
    return latest
  }
}

/** Whether `death` explains the probe's end better than what was known before. */
function tellsMore(death: Death, { death: known, packetId }: ProbeRecord): boolean {
  if (known === undefined) return true
  const isOfReply = death.frameId !== packetId
  if (isOfReply !== (known.frameId !== packetId)) return isOfReply
  return moreTelling(known, death) === death
}

function isOf(echo: Echo, { client, target, identifier }: EchoFlow): boolean {
  if (identifier !== echo.identifier) return false
  const { source, destination } = echo
  return (
    (client === source && target === destination) || (client === destination && target === source)
  )
}

interface Echo {
  readonly source: Ipv4Address
  readonly destination: Ipv4Address
  readonly identifier: number
  readonly sequence: number
}

/** The IPv4 packet that a frame carries, tagged or not; undefined for anything else. */
function packetIn(frame: Frame): IcmpQuote | undefined {
  const { bytes, start, end } = frame
  let typeAt = start + ETHERNET_HEADER_BYTES - 2
  // A frame cut short shows here what its buffer last held, and is found out below.
  if (readUint16(bytes, typeAt) === ETHER_TYPE.vlan) typeAt += VLAN_TAG_BYTES
  if (readUint16(bytes, typeAt) !== ETHER_TYPE.ipv4 || !mayBeOfFlow(bytes, typeAt + 2))
    return undefined
  // An ICMP error quotes a packet just as a frame carries it.
  const packet = parseQuote(bytes, typeAt + 2, end)
  return isWireError(packet) ? undefined : packet
}

/** Most of what ends is no packet of a flow, but an advertisement or pfsync. */
function mayBeOfFlow(bytes: Uint8Array, at: number): boolean {
  const protocol = protocolOf(bytes, at)
  return (
    protocol === IP_PROTOCOL.icmp || protocol === IP_PROTOCOL.udp || protocol === IP_PROTOCOL.tcp
  )
}

/** The ICMP echo that a packet is; undefined for any other message. */
function echoIn(packet: IcmpQuote): Echo | undefined {
  const { source, destination, identifier, sequence } = packet
  if (identifier === undefined || sequence === undefined) return undefined
  return { source, destination, identifier, sequence }
}
