import { Scheduler } from '../../engine/scheduler.ts'
import { type Nanoseconds, SECOND_NS } from '../../engine/time.ts'
import type {
  EchoError,
  EchoReply,
  EchoRequest,
  PingHost,
  PingProgram,
  PingTimer,
  ProbeObserver,
  ReplyVerdict,
} from './ping-host.ts'

/** What comes back for a request, and how long after it was sent. */
export type Answer =
  | { readonly afterNs: Nanoseconds; readonly reply: EchoReply }
  | { readonly afterNs: Nanoseconds; readonly error: EchoError }

export type Network = (request: EchoRequest, sentNs: Nanoseconds) => readonly Answer[]

/** A host on the real scheduler, with a function in place of a network. */
export class FakePingHost implements PingHost {
  readonly scheduler = new Scheduler()
  readonly requests: { readonly timeNs: Nanoseconds; readonly request: EchoRequest }[] = []
  readonly verdicts: ReplyVerdict[] = []
  program: PingProgram | undefined
  /** Requests the host cannot even build, by their place in the order sent, from 1. */
  unsendable = new Set<number>()
  #network: Network
  #windowsSequence: number

  constructor(network: Network, windowsSequence = 1) {
    this.#network = network
    this.#windowsSequence = windowsSequence
  }

  get nowNs(): Nanoseconds {
    return this.scheduler.nowNs
  }

  get sendTimesSeconds(): number[] {
    return this.requests.map(({ timeNs }) => timeNs / SECOND_NS)
  }

  timer(handler: () => void): PingTimer {
    return this.scheduler.timer(handler)
  }

  send(request: EchoRequest): number {
    this.requests.push({ timeNs: this.nowNs, request })
    if (this.unsendable.has(this.requests.length)) return 0
    for (const answer of this.#network(request, this.nowNs)) {
      this.scheduler.post(answer.afterNs, (due: Answer) => this.#deliver(due), answer)
    }
    return this.requests.length
  }

  nextWindowsSequence(): number {
    const sequence = this.#windowsSequence
    this.#windowsSequence = (sequence + 1) & 0xffff
    return sequence
  }

  /** Runs the program until Ctrl+C at `stopNs`. */
  run(program: PingProgram, stopNs: Nanoseconds): void {
    this.program = program
    program.start()
    this.scheduler.runUntil(stopNs)
    program.stop()
  }

  #deliver(answer: Answer): void {
    if ('error' in answer) this.program?.error(answer.error)
    else if (this.program !== undefined) this.verdicts.push(this.program.reply(answer.reply))
  }
}

/** The reply of a Windows server behind one router, as in the reference deployment. */
export function replyTo(request: EchoRequest): EchoReply {
  return {
    source: request.target,
    sequence: request.sequence,
    ttl: 127,
    payloadBytes: request.payload.length,
  }
}

export function errorAbout(request: EchoRequest, error: Omit<EchoError, 'sequence'>): EchoError {
  return { ...error, sequence: request.sequence }
}

/** Answers all but what is sent in [fromNs, toNs). */
export function outage(fromNs: Nanoseconds, toNs: Nanoseconds, rttNs: Nanoseconds): Network {
  return (request, sentNs) =>
    sentNs >= fromNs && sentNs < toNs ? [] : [{ afterNs: rttNs, reply: replyTo(request) }]
}

/** Writes down what it hears, one line each, in seconds: `2 received 1.0003 rtt 0.0003`. */
export class ProbeLog implements ProbeObserver {
  readonly lines: string[] = []
  sentCount = 0
  receivedCount = 0

  sent(probe: number, timeNs: Nanoseconds, packetId: number): void {
    this.sentCount++
    this.lines.push(`${probe} sent ${timeNs / SECOND_NS} as ${packetId}`)
  }

  received(probe: number, timeNs: Nanoseconds, rttNs: Nanoseconds): void {
    this.receivedCount++
    this.lines.push(`${probe} received ${timeNs / SECOND_NS} rtt ${rttNs / SECOND_NS}`)
  }

  duplicate(probe: number, timeNs: Nanoseconds): void {
    this.lines.push(`${probe} duplicate ${timeNs / SECOND_NS}`)
  }

  failed(probe: number, timeNs: Nanoseconds, why: string): void {
    this.lines.push(`${probe} failed ${timeNs / SECOND_NS} ${why}`)
  }
}
