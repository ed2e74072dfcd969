import type { RandomStream } from '../../engine/random.ts'
import type { TcpEnd, TcpProgram } from '../../protocols/tcp/effects.ts'
import type { TcpConnection } from '../../protocols/tcp/machine.ts'
import { TLS_RANDOM_BYTES } from '../../protocols/tls/handshake.ts'
import { TlsSession } from '../../protocols/tls/machine.ts'

/** Hears of a stream. */
export interface StreamUser {
  /** It can be sent by. */
  opened(): void
  received(bytes: Uint8Array): void
  /** The peer will send no more. */
  ended(): void
  /** It is over; `malformed`: what came is no TLS. */
  closed(end: TcpEnd | 'malformed'): void
}

/** A TCP connection, sealed by TLS where it is to be: the program between it and its user. */
export class WebStream implements TcpProgram {
  #connection: TcpConnection
  #user: StreamUser
  #tls: TlsSession | undefined

  /** @param draws for the randoms of TLS; undefined: in the clear */
  constructor(
    connection: TcpConnection,
    role: 'client' | 'server',
    draws: RandomStream | undefined,
    user: StreamUser,
  ) {
    this.#connection = connection
    this.#user = user
    if (draws === undefined) return
    this.#tls = new TlsSession(role, {
      transmit: (bytes) => connection.send(bytes),
      random: () => drawBytes(draws, TLS_RANDOM_BYTES),
      opened: () => user.opened(),
      received: (bytes) => user.received(bytes),
      ended: () => user.ended(),
      failed: () => {
        connection.abort()
        user.closed('malformed')
      },
    })
  }

  send(bytes: Uint8Array): void {
    if (this.#tls === undefined) this.#connection.send(bytes)
    else this.#tls.send(bytes)
  }

  close(): void {
    this.#tls?.close()
    this.#connection.close()
  }

  /** Drops it without a word to the user. */
  abort(): void {
    this.#connection.abort()
  }

  // --- Events of the connection ----------------------------------------------------------------

  opened(): void {
    if (this.#tls === undefined) this.#user.opened()
    else this.#tls.start()
  }

  received(bytes: Uint8Array): void {
    if (this.#tls === undefined) this.#user.received(bytes)
    else this.#tls.received(bytes)
  }

  acknowledged(): void {}

  ended(): void {
    this.#user.ended()
  }

  closed(end: TcpEnd): void {
    this.#user.closed(end)
  }
}

function drawBytes(draws: RandomStream, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => draws.integer(0, 256))
}
