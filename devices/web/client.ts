import type { RandomStream } from '../../engine/random.ts'
import type { Timer } from '../../engine/scheduler.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import type { Ipv4Address } from '../../protocols/addresses.ts'
import { responseReader } from '../../protocols/http/reader.ts'
import { type HttpRequest, type HttpResponse, writeRequest } from '../../protocols/http/wire.ts'
import type { TcpTuple } from '../../protocols/tcp/endpoints.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import type { RunningHost } from '../host/host.ts'
import { WebStream } from './stream.ts'

export interface WebTarget {
  readonly address: Ipv4Address
  readonly port: number
  /** Whether by TLS. */
  readonly secure: boolean
}

export interface WebPatience {
  /** Until the connection is open, TLS included. */
  readonly connectTimeoutNs: Nanoseconds
  /** From then on until the response is complete. */
  readonly timeoutNs: Nanoseconds
}

/**
 * Why there is no response: no route, nobody answered, the port is closed, the connection was cut,
 * the response never came or was none.
 */
export type WebFailure =
  | 'noRoute'
  | 'connectTimeout'
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'malformed'

export interface WebObserver {
  /** The connection is being opened. */
  connecting?(tuple: TcpTuple): void
  answered(response: HttpResponse): void
  failed(why: WebFailure): void
}

/** One request over a connection of its own. The observer hears of its end, once. */
export class WebExchange {
  #request: HttpRequest
  #patience: WebPatience
  #observer: WebObserver
  #timer: Timer
  #stream: WebStream | undefined
  #phase: 'connecting' | 'waiting' | 'over' = 'connecting'
  #reader = responseReader()

  /** @param draws for TLS */
  constructor(
    host: RunningHost,
    target: WebTarget,
    request: HttpRequest,
    patience: WebPatience,
    draws: RandomStream,
    observer: WebObserver,
  ) {
    this.#request = request
    this.#patience = patience
    this.#observer = observer
    this.#timer = host.stack.timer(() => this.#timedOut())
    const localAddress = host.stack.routes.sourceTowards(target.address)
    if (localAddress === undefined) {
      this.#end('noRoute')
      return
    }
    this.#timer.arm(patience.connectTimeoutNs)
    const ends = { localAddress, remoteAddress: target.address, remotePort: target.port }
    host.tcp.endpoints.connect(ends, (connection, tuple) => {
      this.#observer.connecting?.(tuple)
      const stream = new WebStream(connection, 'client', target.secure ? draws : undefined, {
        opened: () => this.#opened(),
        received: (bytes) => this.#received(bytes),
        ended: () => this.#cut(),
        closed: (end) => {
          if (end === 'malformed') this.#end('malformed')
          else if (end === 'timedOut') this.#timedOut()
          else this.#cut()
        },
      })
      this.#stream = stream
      return stream
    })
  }

  /** Gives the request up without a word to the observer. */
  abort(): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#timer.cancel()
    this.#stream?.abort()
  }

  #opened(): void {
    this.#phase = 'waiting'
    this.#timer.arm(this.#patience.timeoutNs)
    this.#stream?.send(writeRequest(this.#request))
  }

  #received(bytes: Uint8Array): void {
    if (this.#phase !== 'waiting') return
    this.#reader.add(bytes)
    const response = this.#reader.next()
    if (response === undefined) return
    if (isWireError(response)) {
      this.#stream?.abort()
      this.#end('malformed')
      return
    }
    this.#phase = 'over'
    this.#timer.cancel()
    this.#stream?.close()
    this.#observer.answered(response)
  }

  /** The peer ended it before it had answered. */
  #cut(): void {
    if (this.#phase === 'over') return
    const why = this.#phase === 'connecting' ? 'refused' : 'reset'
    this.#stream?.abort()
    this.#end(why)
  }

  #timedOut(): void {
    if (this.#phase === 'over') return
    const why = this.#phase === 'connecting' ? 'connectTimeout' : 'timeout'
    this.#stream?.abort()
    this.#end(why)
  }

  #end(why: WebFailure): void {
    if (this.#phase === 'over') return
    this.#phase = 'over'
    this.#timer.cancel()
    this.#observer.failed(why)
  }
}
