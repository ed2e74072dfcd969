import { assert } from '../../engine/assert.ts'
import { IPV4_ANY, type Ipv4Address } from '../addresses.ts'
import type { TcpClock, TcpProgram } from './effects.ts'
import { TcpConnection } from './machine.ts'
import type { TcpParameters } from './parameters.ts'
import { hasFlag, resetFor, type TcpSegment } from './segment.ts'
import type { SequenceNumber } from './sequence.ts'
import { TCP_FLAG } from './wire.ts'

/** The ports that a connection gets which asks for none: Linux's ip_local_port_range. */
const FIRST_EPHEMERAL_PORT = 32_768
const LAST_EPHEMERAL_PORT = 60_999

/** Which conversation: both ends of it, as this host sees them. */
export interface TcpTuple {
  readonly localAddress: Ipv4Address
  readonly localPort: number
  readonly remoteAddress: Ipv4Address
  readonly remotePort: number
}

/** What the connections of a host do to the world. */
export interface TcpEndpointsEffects extends TcpClock {
  /** Sends a segment. It must not come back with an answer before it returns. */
  transmit(tuple: TcpTuple, segment: TcpSegment): void
  /** A number for a new connection: 32 bits, hard to guess (RFC 9293, section 3.4.1). */
  initialSequence(tuple: TcpTuple): SequenceNumber
}

/** Makes the program for a new connection, which it may use once it hears that it is open. */
type TcpProgramOf = (connection: TcpConnection, tuple: TcpTuple) => TcpProgram

/** Takes the connections to a port until it is closed; those that it has taken stay. */
export interface TcpListener {
  close(): void
}

/** All TCP of a host: finds the connection that a segment is for, and refuses what is for none. */
export class TcpEndpoints {
  #parameters: TcpParameters
  #effects: TcpEndpointsEffects
  #listeners = new Map<number, TcpProgramOf>()
  /** By the remote end, then by the local one. */
  #connections = new Map<number, Map<number, TcpConnection>>()
  #nextPort = FIRST_EPHEMERAL_PORT

  constructor(parameters: TcpParameters, effects: TcpEndpointsEffects) {
    this.#parameters = parameters
    this.#effects = effects
  }

  /**
   * Waits for connections to a port.
   *
   * @param address the local address they must be for; any if it is not said
   */
  listen(port: number, programOf: TcpProgramOf, address: Ipv4Address = IPV4_ANY): TcpListener {
    const key = endKey(address, port)
    assert(!this.#listeners.has(key), 'one listens at a port')
    this.#listeners.set(key, programOf)
    return { close: () => this.#listeners.delete(key) }
  }

  /**
   * Opens a connection.
   *
   * @param ends the local port is a free one unless it is said
   * @param parameters where they differ from those of the host
   */
  connect(
    ends: Omit<TcpTuple, 'localPort'> & { readonly localPort?: number },
    programOf: TcpProgramOf,
    parameters: Partial<TcpParameters> = {},
  ): TcpConnection {
    const tuple = { ...ends, localPort: ends.localPort ?? this.#freePort(ends) }
    assert(this.find(tuple) === undefined, 'one connection at a time has a four-tuple')
    const connection = this.#add(tuple, programOf, parameters)
    connection.connect()
    return connection
  }

  /** The connection of this four-tuple, even if it only waits for its time to be over. */
  find(tuple: TcpTuple): TcpConnection | undefined {
    return this.#connections.get(remoteKey(tuple))?.get(localKey(tuple))
  }

  /** A segment came for this host, parsed and its checksum verified. */
  segmentArrived(tuple: TcpTuple, segment: TcpSegment): void {
    let connection = this.find(tuple)
    if (connection?.yieldsTo(segment)) {
      connection.abort()
      connection = undefined
    }
    connection ??= this.#accept(tuple, segment)
    if (connection === undefined) {
      const reset = resetFor(segment)
      if (reset !== undefined) this.#effects.transmit(tuple, reset)
    } else {
      connection.segmentArrived(segment)
    }
  }

  #accept(tuple: TcpTuple, segment: TcpSegment): TcpConnection | undefined {
    const isSyn = hasFlag(segment, TCP_FLAG.syn)
    if (!isSyn || hasFlag(segment, TCP_FLAG.ack | TCP_FLAG.rst)) return undefined
    const programOf =
      this.#listeners.get(endKey(tuple.localAddress, tuple.localPort)) ??
      this.#listeners.get(endKey(IPV4_ANY, tuple.localPort))
    if (programOf === undefined) return undefined
    const connection = this.#add(tuple, programOf, {})
    connection.listen()
    return connection
  }

  #add(
    tuple: TcpTuple,
    programOf: TcpProgramOf,
    parameters: Partial<TcpParameters>,
  ): TcpConnection {
    const effects = this.#effects
    const connection: TcpConnection = new TcpConnection(
      { ...this.#parameters, ...parameters },
      {
        get nowNs() {
          return effects.nowNs
        },
        timer: (handler) => effects.timer(handler),
        transmit: (segment) => effects.transmit(tuple, segment),
        initialSequence: () => effects.initialSequence(tuple),
        opened: () => program.opened(),
        received: (bytes) => program.received(bytes),
        acknowledged: (count) => program.acknowledged(count),
        ended: () => program.ended(),
        closed: (end) => program.closed(end),
        released: () => this.#remove(tuple),
      },
    )
    const program = programOf(connection, tuple)
    const ofRemote = this.#connections.get(remoteKey(tuple)) ?? new Map<number, TcpConnection>()
    this.#connections.set(remoteKey(tuple), ofRemote.set(localKey(tuple), connection))
    return connection
  }

  #remove(tuple: TcpTuple): void {
    const ofRemote = this.#connections.get(remoteKey(tuple))
    ofRemote?.delete(localKey(tuple))
    if (ofRemote?.size === 0) this.#connections.delete(remoteKey(tuple))
  }

  /** The next one in turn, so that one which was just used is long left alone. */
  #freePort(ends: Omit<TcpTuple, 'localPort'>): number {
    for (let port = FIRST_EPHEMERAL_PORT; port <= LAST_EPHEMERAL_PORT; port++) {
      const localPort = this.#nextPort
      this.#nextPort = localPort === LAST_EPHEMERAL_PORT ? FIRST_EPHEMERAL_PORT : localPort + 1
      if (this.find({ ...ends, localPort }) === undefined) return localPort
    }
    assert(false, 'a host has a free port')
  }
}

function localKey(tuple: TcpTuple): number {
  return endKey(tuple.localAddress, tuple.localPort)
}

function remoteKey(tuple: TcpTuple): number {
  return endKey(tuple.remoteAddress, tuple.remotePort)
}

/** 48 bits: exact, as every integer below 2^53 is. */
function endKey(address: Ipv4Address, port: number): number {
  return address * 0x10000 + port
}
