import {
  type Nanoseconds,
  RUN_EPOCH_UNIX_US,
  SECOND_NS,
  toMicroseconds,
} from '../../engine/time.ts'
import type { Ipv4Address } from '../../protocols/addresses.ts'
import { LinuxTranscript, type RttSummaryUs } from './linux-transcript.ts'
import type {
  EchoError,
  EchoReply,
  PingHost,
  PingProgram,
  PingTimer,
  ProbeFailure,
  ProbeObserver,
  ReplyVerdict,
} from './ping-host.ts'

/**
 * The delay that a real `ping -i 1` adds to each period: the wait is a socket timeout on the coarse
 * timer wheel. Source: measured, kernel with 250 ticks a second, mean of 26 sends 1.0238 s; iputils
 * issue 483 reports the same. It holds for an interval of 1 s only.
 */
export const LINUX_TIMER_DRIFT_NS: Nanoseconds = 24_000_000

export const LINUX_PING_DEFAULTS = {
  payloadBytes: 56,
  ttl: 64,
  dontFragment: true,
  intervalNs: SECOND_NS,
  timerDriftNs: 0,
} as const satisfies Omit<LinuxPingOptions, 'target' | 'identifier'>

export interface LinuxPingOptions {
  readonly target: Ipv4Address
  /** The low 16 bits of the process id; another one for each program of a host. */
  readonly identifier: number
  /** `-s`: 0 to 65507, by default 56. Below 16 there is no room for a time: none is shown. */
  readonly payloadBytes?: number
  /** `-t`: 1 to 255, by default 64. */
  readonly ttl?: number
  /** `-M dont` is false; true by default. Source: measured. */
  readonly dontFragment?: boolean
  /** `-i`: at least 2 ms, by default 1 s. */
  readonly intervalNs?: Nanoseconds
  /** Added to every period: 0 by default, `LINUX_TIMER_DRIFT_NS` for the real period of `-i 1`. */
  readonly timerDriftNs?: Nanoseconds
}

interface Probe {
  readonly number: number
  readonly sentNs: Nanoseconds
  state: 'outstanding' | 'failed' | 'answered'
}

/** `struct timeval` of a 64-bit machine: seconds and microseconds, 8 bytes each, little-endian. */
const TIMEVAL_BYTES = 16

/**
 * `ping` of Linux (iputils): sends on a timer whatever comes back, so any number of probes may be in
 * flight. It never gives up on a probe: a late reply is printed like any other, and a loss is no
 * more than a gap in icmp_seq. Source: the iputils ping source and runs of version 20221126, high
 * confidence.
 */
export class LinuxPing implements PingProgram {
  readonly identifier: number
  #host: PingHost
  #options: Required<LinuxPingOptions>
  #observer: ProbeObserver | undefined
  /** One buffer for all requests: the host copies it. */
  readonly #payload: Uint8Array
  #transcript = new LinuxTranscript()
  #nextSend: PingTimer
  #running = false
  #startNs: Nanoseconds = 0
  #lastSendNs: Nanoseconds = 0

  /** The probes by sequence number. A number that comes round again belongs to its last probe. */
  #probes = new Map<number, Probe>()
  #transmitted = 0
  #received = 0
  #duplicates = 0
  #errors = 0
  #pipe = 0
  #rtts = new RttSums()

  constructor(host: PingHost, options: LinuxPingOptions, observer?: ProbeObserver) {
    this.#host = host
    this.#options = { ...LINUX_PING_DEFAULTS, ...options }
    this.#payload = linuxPayload(this.#options.payloadBytes)
    this.#observer = observer
    this.identifier = options.identifier
    this.#nextSend = host.timer(() => this.#send())
  }

  get transcript(): readonly string[] {
    return this.#transcript.lines
  }

  start(): void {
    this.#running = true
    this.#startNs = this.#host.nowNs
    this.#transcript.header(this.#options.target, this.#options.payloadBytes)
    this.#send()
  }

  stop(): void {
    if (!this.#running) return
    this.#running = false
    this.#nextSend.cancel()
    this.#transcript.statistics(this.#options.target, {
      transmitted: this.#transmitted,
      received: this.#received,
      duplicates: this.#duplicates,
      errors: this.#errors,
      elapsedNs: this.#lastSendNs - this.#startNs,
      rttUs: this.#isTimed ? this.#rtts.summary : undefined,
      pipe: this.#pipe,
    })
  }

  reply(reply: EchoReply): ReplyVerdict {
    const probe = this.#running ? this.#probes.get(reply.sequence) : undefined
    if (probe === undefined) return 'unknown'
    const { nowNs } = this.#host
    // The program subtracts two readings of a clock that counts microseconds.
    const rttUs = toMicroseconds(nowNs) - toMicroseconds(probe.sentNs)
    this.#rtts.add(rttUs)
    this.#acknowledge(probe)
    const duplicate = probe.state === 'answered'
    if (duplicate) this.#duplicates++
    else this.#received++
    this.#transcript.reply(reply, this.#isTimed ? rttUs : undefined, duplicate)
    probe.state = 'answered'
    if (duplicate) this.#observer?.duplicate(probe.number, nowNs)
    else this.#observer?.received(probe.number, nowNs, nowNs - probe.sentNs)
    return 'matched'
  }

  error(error: EchoError): void {
    const probe = this.#running ? this.#probes.get(error.sequence) : undefined
    if (probe === undefined) return
    this.#errors++
    // A request that the own stack refused was never in flight.
    if (!(error.local && error.kind === 'fragmentationNeeded')) this.#acknowledge(probe)
    this.#transcript.error(error)
    this.#fail(probe, error.kind)
  }

  get #isTimed(): boolean {
    return this.#options.payloadBytes >= TIMEVAL_BYTES
  }

  #send(): void {
    const { target, ttl, dontFragment, intervalNs, timerDriftNs } = this.#options
    const { nowNs } = this.#host
    stampPayload(this.#payload, nowNs)
    const probe: Probe = { number: ++this.#transmitted, sentNs: nowNs, state: 'outstanding' }
    const sequence = probe.number & 0xffff
    this.#probes.set(sequence, probe)
    this.#lastSendNs = nowNs
    const packetId = this.#host.send({
      target,
      identifier: this.identifier,
      sequence,
      ttl,
      dontFragment,
      payload: this.#payload,
    })
    this.#observer?.sent(probe.number, nowNs, packetId)
    if (packetId === 0) {
      this.#transcript.transmitFailed()
      this.#fail(probe, 'transmitFailed')
    }
    this.#nextSend.arm(intervalNs + timerDriftNs)
  }

  #fail(probe: Probe, why: ProbeFailure): void {
    if (probe.state !== 'outstanding') return
    probe.state = 'failed'
    this.#observer?.failed(probe.number, this.#host.nowNs, why)
  }

  #acknowledge(probe: Probe): void {
    const inFlight = this.#transmitted - probe.number + 1
    // The program works it out from 16-bit sequence numbers, and drops what looks negative.
    if (inFlight <= 0x8000) this.#pipe = Math.max(this.#pipe, inFlight)
  }
}

/**
 * Sums of round-trip times in µs. The squares outgrow the integers a number can hold, and the
 * program calculates with 64-bit ones.
 */
class RttSums {
  #count = 0
  #sum = 0n
  #sumOfSquares = 0n
  #minimum = Number.POSITIVE_INFINITY
  #maximum = 0

  add(rttUs: number): void {
    const rtt = BigInt(rttUs)
    this.#count++
    this.#sum += rtt
    this.#sumOfSquares += rtt * rtt
    this.#minimum = Math.min(this.#minimum, rttUs)
    this.#maximum = Math.max(this.#maximum, rttUs)
  }

  get summary(): RttSummaryUs | undefined {
    if (this.#count === 0) return undefined
    const count = BigInt(this.#count)
    const variance = (this.#sumOfSquares - (this.#sum * this.#sum) / count) / count
    return {
      minimum: this.#minimum,
      average: Number(this.#sum / count),
      maximum: this.#maximum,
      mdev: Math.floor(Math.sqrt(Number(variance))),
    }
  }
}

/** Each byte its own index, 0x10 to 0x37 for 56 bytes; `stampPayload` overwrites the first 16. */
function linuxPayload(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index)
}

/** The time of sending as `struct timeval`, 64-bit and little-endian, where there is room for it. */
function stampPayload(payload: Uint8Array, nowNs: Nanoseconds): void {
  if (payload.length < TIMEVAL_BYTES) return
  const unixUs = RUN_EPOCH_UNIX_US + toMicroseconds(nowNs)
  const seconds = Math.floor(unixUs / 1_000_000)
  const view = new DataView(payload.buffer)
  view.setUint32(0, seconds % 0x1_0000_0000, true)
  view.setUint32(4, Math.floor(seconds / 0x1_0000_0000), true)
  view.setUint32(8, unixUs % 1_000_000, true)
  view.setUint32(12, 0, true)
}
