import type { Timer } from '../../engine/scheduler.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import type { Ipv4Address } from '../../protocols/addresses.ts'
import type { TcpEnd, TcpProgram } from '../../protocols/tcp/effects.ts'
import type { TcpTuple } from '../../protocols/tcp/endpoints.ts'
import type { TcpConnection } from '../../protocols/tcp/machine.ts'
import type { TcpStatistics } from '../../protocols/tcp/state.ts'
import type { RunningHost } from '../host/host.ts'
import type { ProbeObserver } from '../ping/ping-host.ts'

/**
 * A conversation over TCP as users have them: somebody types and each key is echoed, or a file is
 * fetched piece by piece. It shows what a failover does to a session: a stall, a reset, or nothing.
 */
export interface RequestResponseOptions {
  readonly target: Ipv4Address
  readonly port: number
  readonly requestBytes: number
  readonly responseBytes: number
  /** Between two requests; `afterResponse` counts it from the last response instead. */
  readonly intervalNs: Nanoseconds
  readonly afterResponse: boolean
  /** How long a response is waited for before the session is given up, as TCP itself takes 15 min. */
  readonly timeoutNs: Nanoseconds
  /** After a session broke, the user opens the next one. */
  readonly reconnectAfterNs: Nanoseconds
}

/** Hears of sessions; must not change anything. */
export interface SessionObserver {
  /** The first SYN is about to go out. */
  sessionOpening(tuple: TcpTuple): void
  sessionOpened(timeNs: Nanoseconds, tuple: TcpTuple): void
  /** The session broke; one that the client closes in the end is not told. */
  sessionBroken(timeNs: Nanoseconds, end: TcpEnd): void
}

// --- The server -----------------------------------------------------------------------------------

/**
 * Answers each `requestBytes` that come to the target with `responseBytes`. It serves all clients;
 * where a program listens at this address already, it does nothing.
 */
export function serveResponses(
  { tcp }: RunningHost,
  { target, port, requestBytes, responseBytes }: RequestResponseOptions,
): void {
  if (tcp.endpoints.isListening(port, target)) return
  const respond = (connection: TcpConnection): TcpProgram => {
    let pending = 0
    return {
      opened: () => {},
      received: (bytes) => {
        pending += bytes.length
        while (pending >= requestBytes && connection.send(new Uint8Array(responseBytes))) {
          pending -= requestBytes
        }
      },
      acknowledged: () => {},
      ended: () => connection.close(),
      closed: () => {},
    }
  }
  tcp.endpoints.listen(port, respond, target)
}

// --- The client -----------------------------------------------------------------------------------

export class RequestClient {
  #host: RunningHost
  #source: Ipv4Address
  #options: RequestResponseOptions
  #observer: ProbeObserver & SessionObserver
  #nextRequest: Timer
  #reconnect: Timer
  #patience: Timer
  #connection: TcpConnection | undefined
  /** The statistics of earlier sessions at their end. A dead connection's stall would go on. */
  #ended: TcpStatistics[] = []
  #running = false
  #isOpen = false
  #probes = 0
  #sentNs: Nanoseconds[] = []
  /** Probes of this session that wait for their response, oldest first. */
  #waiting: number[] = []
  #receivedBytes = 0

  constructor(
    host: RunningHost,
    source: Ipv4Address,
    options: RequestResponseOptions,
    observer: ProbeObserver & SessionObserver,
  ) {
    this.#host = host
    this.#source = source
    this.#options = options
    this.#observer = observer
    this.#nextRequest = host.stack.timer(() => this.#request())
    this.#reconnect = host.stack.timer(() => this.#open())
    this.#patience = host.stack.timer(() => this.#giveUp())
  }

  /** Whether the present session is open. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** The retransmissions of all sessions, at this end. */
  get retransmissions(): number {
    return this.#all().reduce((total, { retransmissions }) => total + retransmissions, 0)
  }

  /** The longest time in which data was on its way and none of it was acknowledged. */
  get longestStallNs(): Nanoseconds {
    return Math.max(0, ...this.#all().map(({ longestStallNs }) => longestStallNs))
  }

  start(): void {
    this.#running = true
    this.#open()
  }

  stop(): void {
    this.#running = false
    this.#nextRequest.cancel()
    this.#reconnect.cancel()
    this.#patience.cancel()
    this.#connection?.close()
  }

  #all(): TcpStatistics[] {
    const present = this.#connection?.statistics
    return present === undefined ? this.#ended : [...this.#ended, present]
  }

  #open(): void {
    const { target, port } = this.#options
    const ends = { localAddress: this.#source, remoteAddress: target, remotePort: port }
    this.#receivedBytes = 0
    this.#patience.arm(this.#options.timeoutNs)
    this.#connection = this.#host.tcp.endpoints.connect(ends, (_, tuple) => {
      this.#observer.sessionOpening(tuple)
      return this.#program(tuple)
    })
  }

  #program(tuple: TcpTuple): TcpProgram {
    return {
      opened: () => {
        this.#isOpen = true
        this.#patience.cancel()
        this.#observer.sessionOpened(this.#host.icmp.nowNs, tuple)
        this.#request()
      },
      received: (bytes) => this.#received(bytes.length),
      acknowledged: () => {},
      ended: () => this.#peerEnded(),
      closed: (end) => this.#closed(end),
    }
  }

  /** The peer sends no more: there are no more requests, and the session closes. */
  #peerEnded(): void {
    this.#isOpen = false
    this.#nextRequest.cancel()
    this.#connection?.close()
  }

  #request(): void {
    if (!this.#running || !this.#isOpen || this.#connection === undefined) return
    const probe = ++this.#probes
    const { nowNs } = this.#host.icmp
    this.#sentNs.push(nowNs)
    if (this.#waiting.length === 0) this.#patience.arm(this.#options.timeoutNs)
    this.#waiting.push(probe)
    this.#observer.sent(probe, nowNs, 0)
    this.#connection.send(new Uint8Array(this.#options.requestBytes))
    if (!this.#options.afterResponse) this.#nextRequest.arm(this.#options.intervalNs)
  }

  #received(count: number): void {
    const { responseBytes, afterResponse, intervalNs } = this.#options
    this.#receivedBytes += count
    const { nowNs } = this.#host.icmp
    while (this.#receivedBytes >= responseBytes) {
      this.#receivedBytes -= responseBytes
      const probe = this.#waiting.shift()
      if (probe === undefined) return
      this.#observer.received(probe, nowNs, nowNs - (this.#sentNs[probe - 1] ?? nowNs))
      if (this.#waiting.length === 0) this.#patience.cancel()
      else this.#patience.arm(this.#options.timeoutNs)
      if (afterResponse) this.#nextRequest.arm(intervalNs)
    }
  }

  #giveUp(): void {
    const given = this.#connection
    this.#closed('timedOut')
    given?.abort()
  }

  #closed(end: TcpEnd): void {
    this.#isOpen = false
    this.#nextRequest.cancel()
    this.#patience.cancel()
    if (this.#connection !== undefined) this.#ended.push(this.#connection.statistics)
    this.#connection = undefined
    if (!this.#running) return
    const { nowNs } = this.#host.icmp
    this.#observer.sessionBroken(nowNs, end)
    for (const probe of this.#waiting.splice(0)) this.#observer.failed(probe, nowNs, 'timeout')
    this.#reconnect.arm(this.#options.reconnectAfterNs)
  }
}
