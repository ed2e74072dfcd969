import { expect } from 'vitest'
import { Scheduler } from '../../engine/scheduler.ts'
import { SECOND_NS } from '../../engine/time.ts'
import { TcpConnection } from './machine.ts'
import {
  describeTcpOptions,
  type TcpOptions,
  tcpOptionsLength,
  writeTcpOptions,
} from './options.ts'
import { LINUX_TCP, type TcpParameters } from './parameters.ts'
import type { TcpSegment } from './segment.ts'
import { advance, type SequenceNumber } from './sequence.ts'
import { describeTcpFlags, TCP_FLAG } from './wire.ts'

/**
 * Checks a conversation with one machine against a script. Each line has a time in seconds.
 *
 *     0.000 connect              an action of the program: connect, listen, send COUNT, close,
 *     0.000 > S 0 <mss 1460>       abort, pause, resume, or `wait` for nothing
 *     0.010 < S. 1000 ack 1      `<` is received from the peer, `>` is sent to it
 *     0.010 > . 1 ack 1001
 *     0.010 * opened             a callback of the program
 *     0.020 = ESTABLISHED        the state
 *
 * A segment has flags, sequence (`1:101` with 100 octets), `ack`, `win` (default 64240) and options.
 * The machine must send (`>`) and call (`*`) exactly this, in this order.
 */
export function expectConversation(script: string, settings: ConversationSettings = {}): void {
  const lines = script
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
  const conversation = new Conversation(settings)
  for (const line of lines) conversation.play(line)
  expect(conversation.transcript.join('\n')).toBe(lines.join('\n'))
}

interface ConversationSettings {
  readonly parameters?: Partial<TcpParameters>
  /** The initial sequence number of the machine; default 0. */
  readonly initialSequence?: SequenceNumber
  /** Actions within callbacks: `{ opened: 'close' }` closes in `* opened`. */
  readonly program?: Readonly<Record<string, string>>
}

/** Linux with only the MSS option and without quick acknowledgements. */
const PLAIN_TCP: TcpParameters = {
  ...LINUX_TCP,
  windowScale: undefined,
  timestamps: false,
  quickAcks: 0,
}

const USUAL_WINDOW = 64_240

/** The handshake at the start of a conversation. */
export const OPEN = `
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < S. 1000 ack 1 <mss 1460>
      0.010 * opened
      0.010 > . 1 ack 1001`

/** The same with a peer whose MSS is 1000. The round trip of 10 ms gives a timeout of 210 ms. */
export const OPEN_MSS_1000 = OPEN.replace('ack 1 <mss 1460>', 'ack 1 <mss 1000>')

/** Plays the lines of a script with one machine and records a transcript. */
export class Conversation {
  readonly transcript: string[] = []
  readonly scheduler = new Scheduler()
  readonly connection: TcpConnection
  #settings: ConversationSettings
  #sentCount = 0
  /** The sequence number of the next received octets. */
  #expected: SequenceNumber | undefined

  constructor(settings: ConversationSettings) {
    const { scheduler } = this
    const { initialSequence = 0, parameters = {} } = settings
    this.#settings = settings
    this.connection = new TcpConnection(
      { ...PLAIN_TCP, ...parameters },
      {
        get nowNs() {
          return scheduler.nowNs
        },
        timer: (handler) => scheduler.timer(handler),
        initialSequence: () => initialSequence,
        transmit: (segment) => this.#note(`> ${describe(segment, initialSequence)}`),
        opened: () => this.#called('opened'),
        received: (bytes) => this.#received(bytes),
        acknowledged: (count) => this.#called(`acknowledged ${count}`),
        ended: () => this.#called('ended'),
        closed: (end) => this.#called(`closed ${end}`),
        released: () => this.#called('released'),
      },
    )
  }

  play(line: string): void {
    const match = /^(\d+\.\d{3}) (.*)$/.exec(line)
    if (match === null) throw new Error(`no line of a conversation: ${line}`)
    const [, time = '', what = ''] = match
    // The events that are due at this time run before the input.
    this.scheduler.runUntil(Math.round(Number(time) * 1000) * (SECOND_NS / 1000))
    if (what.startsWith('>') || what.startsWith('*')) return
    if (what.startsWith('=')) {
      this.#note(`= ${this.connection.state}`)
      return
    }
    this.#note(what)
    this.#do(what)
  }

  #do(what: string): void {
    const { connection } = this
    const [verb, argument = ''] = what.split(' ')
    if (verb === '<') this.#arrive(parseSegment(what.slice(2)))
    else if (verb === 'connect') connection.connect()
    else if (verb === 'listen') connection.listen()
    else if (verb === 'send') this.#send(Number(argument))
    else if (verb === 'close') connection.close()
    else if (verb === 'abort') connection.abort()
    else if (verb === 'pause') connection.pauseReading()
    else if (verb === 'resume') connection.resumeReading()
    else if (verb !== 'wait') throw new Error(`nothing a program does: ${what}`)
  }

  #arrive(segment: TcpSegment): void {
    if (segment.flags & TCP_FLAG.syn) this.#expected ??= advance(segment.sequence, 1)
    this.connection.segmentArrived(segment)
    // The payload is valid only during the call.
    segment.payload.fill(0xff)
  }

  #received(bytes: Uint8Array): void {
    const first = this.#expected ?? 0
    this.#expected = advance(first, bytes.length)
    const intact = bytes.every((octet, index) => octet === advance(first, index) % 251)
    this.#called(`received ${bytes.length}${intact ? '' : ' other octets than were sent'}`)
  }

  #send(count: number): void {
    const first = advance(this.#settings.initialSequence ?? 0, 1 + this.#sentCount)
    this.#sentCount += count
    this.connection.send(octets(first, count))
  }

  #called(what: string): void {
    this.#note(`* ${what}`)
    const reaction = this.#settings.program?.[what]
    if (reaction !== undefined) this.#do(reaction)
  }

  #note(what: string): void {
    const seconds = this.scheduler.nowNs / SECOND_NS
    this.transcript.push(`${seconds.toFixed(3)} ${what}`)
  }
}

/** Octets whose values depend on their sequence numbers. */
export function octets(sequence: SequenceNumber, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => advance(sequence, index) % 251)
}

/** @param initialSequence the initial sequence number of the sender */
function describe(segment: TcpSegment, initialSequence: SequenceNumber): string {
  const { flags, sequence, acknowledgement, window, options, payload } = segment
  const { length } = payload
  const intact = payload.every((octet, index) => octet === advance(sequence, index) % 251)
  if (!intact) return `octets that do not belong to ${sequence} (from ${initialSequence})`
  const space = new Uint8Array(tcpOptionsLength(options))
  const end = writeTcpOptions(space, 0, options)
  return [
    describeTcpFlags(flags),
    length === 0 ? `${sequence}` : `${sequence}:${advance(sequence, length)}`,
    ...(flags & TCP_FLAG.ack ? [`ack ${acknowledgement}`] : []),
    ...(window === USUAL_WINDOW || flags & TCP_FLAG.rst ? [] : [`win ${window}`]),
    ...(end === 0 ? [] : [`<${describeTcpOptions(space, 0, end)}>`]),
  ].join(' ')
}

/** The opposite of `describe`. */
export function parseSegment(text: string): TcpSegment {
  const match =
    /^([FSRP.UEW]+|none) (\d+)(?::(\d+))?(?: ack (\d+))?(?: win (\d+))?(?: <(.*)>)?$/.exec(text)
  if (match === null) throw new Error(`no segment: ${text}`)
  const [, letters = '', sequence, end, ack = 0, window = USUAL_WINDOW, options = ''] = match
  const count = end === undefined ? 0 : advance(Number(end), -Number(sequence))
  return {
    flags: [...letters].reduce((flags, letter) => flags | (1 << 'FSRP.UEW'.indexOf(letter)), 0),
    sequence: Number(sequence),
    acknowledgement: Number(ack),
    window: Number(window),
    options: parseOptions(options),
    payload: octets(Number(sequence), count),
  }
}

function parseOptions(text: string): TcpOptions {
  const mss = /mss (\d+)/.exec(text)
  const scale = /wscale (\d+)/.exec(text)
  const ts = /TS val (\d+) ecr (\d+)/.exec(text)
  return {
    ...(mss === null ? {} : { maximumSegmentBytes: Number(mss[1]) }),
    ...(scale === null ? {} : { windowScale: Number(scale[1]) }),
    ...(ts === null ? {} : { timestamps: { value: Number(ts[1]), echo: Number(ts[2]) } }),
  }
}
