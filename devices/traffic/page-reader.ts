import type { RandomStream } from '../../engine/random.ts'
import type { Timer } from '../../engine/scheduler.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import { formatIpv4 } from '../../protocols/addresses.ts'
import type { HttpRequest } from '../../protocols/http/wire.ts'
import type { TcpTuple } from '../../protocols/tcp/endpoints.ts'
import type { RunningHost } from '../host/host.ts'
import { WebExchange, type WebFailure, type WebTarget } from '../web/client.ts'

/** Somebody who reloads a page again and again, each time over a connection of its own. */
export interface PageReaderOptions {
  readonly target: WebTarget
  readonly intervalNs: Nanoseconds
  /** How long a page is waited for, its connection included. */
  readonly timeoutNs: Nanoseconds
}

/** Hears of pages; must not change anything. A probe is one page. */
export interface PageObserver {
  sent(probe: number, timeNs: Nanoseconds): void
  connecting(probe: number, tuple: TcpTuple): void
  received(probe: number, timeNs: Nanoseconds, rttNs: Nanoseconds, page: Uint8Array): void
  failed(probe: number, timeNs: Nanoseconds, why: WebFailure): void
}

export class PageReader {
  #host: RunningHost
  #options: PageReaderOptions
  #draws: RandomStream
  #observer: PageObserver
  #next: Timer
  #probes = 0
  #open = new Set<{ abort(): void }>()

  /** @param draws for TLS */
  constructor(
    host: RunningHost,
    options: PageReaderOptions,
    draws: RandomStream,
    observer: PageObserver,
  ) {
    this.#host = host
    this.#options = options
    this.#draws = draws
    this.#observer = observer
    this.#next = host.stack.timer(() => this.#load())
  }

  start(): void {
    this.#load()
  }

  stop(): void {
    this.#next.cancel()
    for (const each of this.#open) each.abort()
    this.#open.clear()
  }

  #load(): void {
    const { target, intervalNs, timeoutNs } = this.#options
    const { icmp: clock, stack } = this.#host
    const probe = ++this.#probes
    const sentNs = clock.nowNs
    this.#next.arm(intervalNs)
    this.#observer.sent(probe, sentNs)
    const end = (): void => {
      patience.cancel()
      this.#open.delete(attempt)
    }
    const failed = (why: WebFailure): void => {
      end()
      this.#observer.failed(probe, clock.nowNs, why)
    }
    let exchange: WebExchange | undefined
    const attempt = { abort: () => exchange?.abort() }
    const patience = stack.timer(() => {
      attempt.abort()
      failed('timeout')
    })
    patience.arm(timeoutNs)
    this.#open.add(attempt)
    exchange = new WebExchange(
      this.#host,
      target,
      requestFor(target),
      // The patience of the reader is for both together.
      { connectTimeoutNs: 2 * timeoutNs, timeoutNs: 2 * timeoutNs },
      this.#draws,
      {
        connecting: (tuple) => this.#observer.connecting(probe, tuple),
        answered: ({ body }) => {
          end()
          const { nowNs } = clock
          this.#observer.received(probe, nowNs, nowNs - sentNs, body)
        },
        failed,
      },
    )
  }
}

function requestFor({ address }: WebTarget): HttpRequest {
  return {
    method: 'GET',
    target: '/',
    fields: [
      ['Host', formatIpv4(address)],
      [
        'User-Agent',
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0',
      ],
      ['Accept', 'text/html,application/xhtml+xml'],
      ['Connection', 'close'],
    ],
    body: new Uint8Array(),
  }
}
