import { SendBuffer } from './send-buffer.ts'
import { distance, isBefore, later, type SequenceNumber } from './sequence.ts'

/** What an acknowledgement came to. */
export interface Acknowledged {
  /** The SYN was among it. */
  readonly syn: boolean
  /** How many octets, without SYN and FIN. */
  readonly bytes: number
}

/**
 * What is sent, in the order of its sequence numbers: SYN, octets, FIN; and how far it has got
 * (RFC 9293, section 3.3.1).
 */
export class Outbox {
  /** Octets that were acknowledged. */
  bytesAcknowledged = 0
  #buffer = new SendBuffer()
  #unacknowledged: SequenceNumber
  #next: SequenceNumber
  #highest: SequenceNumber
  #open = false
  #finishing = false
  #finished = false

  constructor(initialSequence: SequenceNumber) {
    this.#unacknowledged = initialSequence
    this.#next = initialSequence
    this.#highest = initialSequence
  }

  /** SND.UNA */
  get unacknowledged(): SequenceNumber {
    return this.#unacknowledged
  }

  /** SND.NXT, which `startOver` takes back. */
  get next(): SequenceNumber {
    return this.#next
  }

  /** The first that was never sent: where a segment of nothing but an acknowledgement stands. */
  get highest(): SequenceNumber {
    return this.#highest
  }

  /** How many sequence numbers were sent and are not acknowledged, `startOver` or not. */
  get outstanding(): number {
    return distance(this.#unacknowledged, this.#highest)
  }

  /** How many of them count as being under way. */
  get inFlight(): number {
    return distance(this.#unacknowledged, this.#next)
  }

  /** Octets that are not acknowledged, sent or not. */
  get waitingBytes(): number {
    return this.#buffer.length
  }

  /** Whether what comes next has been sent before. */
  get again(): boolean {
    return isBefore(this.#next, this.#highest)
  }

  /** Whether the SYN has been acknowledged. */
  get open(): boolean {
    return this.#open
  }

  get finishing(): boolean {
    return this.#finishing
  }

  /** Whether everything has been acknowledged, the FIN included. */
  get finished(): boolean {
    return this.#finished
  }

  /** Whether there is anything behind the SYN that is not acknowledged. */
  get hasWork(): boolean {
    return this.#buffer.length > 0 || (this.#finishing && !this.#finished)
  }

  append(bytes: Uint8Array): void {
    this.#buffer.append(bytes)
  }

  /** A FIN follows what is there. */
  finish(): void {
    this.#finishing = true
  }

  /** Octets that were or are to be sent, as a view for the moment. */
  view(sequence: SequenceNumber, count: number): Uint8Array {
    return this.#buffer.view(distance(this.#unacknowledged, sequence), count)
  }

  /** What was sent goes from `SND.UNA` or `SND.NXT` up to `end`. */
  sent(end: SequenceNumber): void {
    this.#next = later(this.#next, end)
    this.#highest = later(this.#highest, end)
  }

  /** All that was sent may be lost. */
  startOver(): void {
    this.#next = this.#unacknowledged
  }

  /** @param to beyond SND.UNA, and not beyond the highest */
  acknowledge(to: SequenceNumber): Acknowledged {
    const syn = !this.#open
    this.#open = true
    const octets = distance(this.#unacknowledged, to) - (syn ? 1 : 0)
    const bytes = Math.min(octets, this.#buffer.length)
    if (octets > bytes) this.#finished = true
    this.#buffer.discard(bytes)
    this.bytesAcknowledged += bytes
    this.#unacknowledged = to
    this.#next = later(this.#next, to)
    return { syn, bytes }
  }
}
