import { assert } from '../../engine/assert.ts'
import { IPV4_ANY, type Ipv4Address } from '../addresses.ts'
import type { TcpClock, TcpProgram } from './effects.ts'
import { TcpConnection } from './machine.ts'
import type { TcpParameters } from './parameters.ts'
import { hasFlag, resetFor, type TcpSegment } from './segment.ts'
import type { SequenceNumber } from './sequence.ts'
import { TCP_FLAG } from './wire.ts'

/** The range of ephemeral ports: ip_local_port_range of Linux. */
const FIRST_EPHEMERAL_PORT = 32_768
const LAST_EPHEMERAL_PORT = 60_999

/** The addresses and ports of a connection, as this host sees them. */
export interface TcpTuple {
  readonly localAddress: Ipv4Address
  readonly localPort: number
  readonly remoteAddress: Ipv4Address
  readonly remotePort: number
}

/** The effects of all connections of a host. */
export interface TcpEndpointsEffects extends TcpClock {
  /** Sends a segment. An answer must not arrive before it returns. */
  transmit(tuple: TcpTuple, segment: TcpSegment): void
  /** The initial sequence number of a new connection: 32 random bits (RFC 9293, section 3.4.1). */
  initialSequence(tuple: TcpTuple): SequenceNumber
}

/** Makes the program of a new connection, which it can use after `opened`. */
type TcpProgramOf = (connection: TcpConnection, tuple: TcpTuple) => TcpProgram

/** Accepts connections until it is closed; accepted connections stay. */
export interface TcpListener {
  close(): void
}

/** The TCP of a host: finds the connection of each segment, and resets others. */
export class TcpEndpoints {
  #parameters: TcpParameters
  #effects: TcpEndpointsEffects
  #listeners = new Map<number, TcpProgramOf>()
  /** The connections by remote end, then by local end. */
  #connections = new Map<number, Map<number, TcpConnection>>()
  #nextPort = FIRST_EPHEMERAL_PORT

  constructor(parameters: TcpParameters, effects: TcpEndpointsEffects) {
    this.#parameters = parameters
    this.#effects = effects
  }

  /**
   * Listens at a port.
   *
   * @param address the local address; any by default
   */
  listen(port: number, programOf: TcpProgramOf, address: Ipv4Address = IPV4_ANY): TcpListener {
    const key = endKey(address, port)
    assert(!this.#listeners.has(key), 'one listens at a port')
    this.#listeners.set(key, programOf)
    return { close: () => this.#listeners.delete(key) }
  }

  /** Whether a program listens at a port of this very address. */
  isListening(port: number, address: Ipv4Address): boolean {
    return this.#listeners.has(endKey(address, port))
  }

  /**
   * Opens a connection.
   *
   * @param ends without a local port it gets a free one
   * @param parameters the differences to those of the host
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

  /** The connection of this four-tuple, also in TIME_WAIT. */
  find(tuple: TcpTuple): TcpConnection | undefined {
    return this.#connections.get(remoteKey(tuple))?.get(localKey(tuple))
  }

  /** Handles a valid segment for this host. */
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

  /** The next port in turn, so a port is not reused soon. */
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

/** Address and port as one 48-bit number. */
function endKey(address: Ipv4Address, port: number): number {
  return address * 0x10000 + port
}
