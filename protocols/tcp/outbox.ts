import { SendBuffer } from './send-buffer.ts'
import { distance, isBefore, later, type SequenceNumber } from './sequence.ts'

/** The part of the outbox that an acknowledgement covers. */
export interface Acknowledged {
  /** Whether it covers the SYN. */
  readonly syn: boolean
  /** The number of octets, without SYN and FIN. */
  readonly bytes: number
}

/**
 * The send sequence space: SYN, octets, FIN, with SND.UNA and SND.NXT (RFC 9293, section 3.3.1).
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

  /** SND.NXT, which `startOver` sets back to SND.UNA. */
  get next(): SequenceNumber {
    return this.#next
  }

  /** The first sequence number that was never sent; empty segments use it. */
  get highest(): SequenceNumber {
    return this.#highest
  }

  /** The number of sequence numbers from SND.UNA to `highest`. */
  get outstanding(): number {
    return distance(this.#unacknowledged, this.#highest)
  }

  /** The number of sequence numbers from SND.UNA to SND.NXT. */
  get inFlight(): number {
    return distance(this.#unacknowledged, this.#next)
  }

  /** The number of octets that are not acknowledged, sent or not. */
  get waitingBytes(): number {
    return this.#buffer.length
  }

  /** Whether the next octet was sent before. */
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

  /** Whether the FIN and all before it was acknowledged. */
  get finished(): boolean {
    return this.#finished
  }

  /** Whether octets or a FIN are not acknowledged. */
  get hasWork(): boolean {
    return this.#buffer.length > 0 || (this.#finishing && !this.#finished)
  }

  append(bytes: Uint8Array): void {
    this.#buffer.append(bytes)
  }

  /** A FIN follows the octets. */
  finish(): void {
    this.#finishing = true
  }

  /** A view of `count` octets from `sequence` on, valid until the next change. */
  view(sequence: SequenceNumber, count: number): Uint8Array {
    return this.#buffer.view(distance(this.#unacknowledged, sequence), count)
  }

  /** Sequence numbers up to `end` were sent. */
  sent(end: SequenceNumber): void {
    this.#next = later(this.#next, end)
    this.#highest = later(this.#highest, end)
  }

  /** After a timeout: all sent data is sent again. */
  startOver(): void {
    this.#next = this.#unacknowledged
  }

  /** @param to above SND.UNA, and at most `highest` */
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
