import { assert } from '../../engine/assert.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import { AcknowledgementPolicy } from './acknowledgement-policy.ts'
import type { TcpClock } from './effects.ts'
import { Inbox, type InboxReader } from './inbox.ts'
import type { TcpParameters } from './parameters.ts'
import { ReassemblyBuffer } from './reassembly-buffer.ts'
import { advance, distance, later, type SequenceNumber } from './sequence.ts'

const WINDOW_FIELD_MAX = 0xffff

/** What a receiver does to its connection. */
interface ReceiverEffects extends InboxReader {
  /** Sends an acknowledgement, for want of anything that it could ride on. */
  acknowledge(): void
}

/** The receiving half of a connection: puts octets in order, and says how many more may come. */
export class Receiver {
  bytesReceived = 0
  #parameters: TcpParameters
  #reassembly = new ReassemblyBuffer()
  #inbox: Inbox
  #policy: AcknowledgementPolicy
  /** RCV.NXT */
  #next: SequenceNumber = 0
  /** RCV.NXT + RCV.WND: up to where the peer was ever allowed to send. */
  #edge: SequenceNumber = 0
  /** Up to where the peer knows of. */
  #toldEdge: SequenceNumber = 0
  /** What the last segment sent acknowledged. */
  #acknowledged: SequenceNumber = 0
  #finAt: SequenceNumber | undefined
  #isOpen = false
  #finished = false
  #resumed = false

  constructor(parameters: TcpParameters, clock: TcpClock, effects: ReceiverEffects) {
    const { receiveBufferBytes, windowScale = 0 } = parameters
    assert(receiveBufferBytes >= 2 ** windowScale, 'a window can be told, however it is scaled')
    this.#parameters = parameters
    this.#inbox = new Inbox(effects)
    this.#policy = new AcknowledgementPolicy(parameters, clock, () => effects.acknowledge())
  }

  /** The peer's SYN has come, which stands at `initialSequence`. */
  open(initialSequence: SequenceNumber): void {
    this.#isOpen = true
    this.#next = advance(initialSequence, 1)
    this.#acknowledged = this.#next
    this.#edge = this.#next
  }

  /** Whether the peer's SYN has come. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** RCV.NXT */
  get next(): SequenceNumber {
    return this.#next
  }

  /** RCV.WND */
  get windowBytes(): number {
    return distance(this.#next, this.#edge)
  }

  /** What the last segment sent acknowledged (Last.ACK.sent of RFC 7323). */
  get acknowledged(): SequenceNumber {
    return this.#acknowledged
  }

  /** Whether everything has arrived, the FIN included. */
  get finished(): boolean {
    return this.#finished
  }

  /** Whether the program was told everything, the end included. */
  get drained(): boolean {
    return this.#inbox.drained
  }

  // --- What arrives ------------------------------------------------------------------------------

  /**
   * Takes what a segment has that is new and within the window. `settle` must follow.
   *
   * @param pauseNs the time without any, from which on the peer is thought to have paused
   */
  arrived(sequence: SequenceNumber, payload: Uint8Array, fin: boolean, pauseNs: Nanoseconds): void {
    const offset = distance(this.#next, sequence)
    const from = Math.max(0, -offset)
    const to = Math.min(payload.length, this.windowBytes - offset)
    if (fin) this.#finAt = advance(sequence, payload.length)
    if (offset > 0) {
      this.#reassembly.insert(this.#next, sequence, payload.subarray(0, to))
      this.#policy.demand()
    } else if (from < to) {
      if (this.#reassembly.waiting) this.#policy.demand()
      this.#policy.arrived(pauseNs)
      this.#take(payload.subarray(from, to))
      for (;;) {
        const bytes = this.#reassembly.take(this.#next)
        if (bytes === undefined) break
        this.#take(bytes)
      }
    }
    if (this.#finished || this.#finAt !== this.#next) return
    this.#finished = true
    this.#next = advance(this.#next, 1)
    this.#edge = later(this.#edge, this.#next)
    this.#inbox.finish()
    this.#policy.demand()
  }

  #take(bytes: Uint8Array): void {
    this.#inbox.put(bytes)
    this.#next = advance(this.#next, bytes.length)
    this.bytesReceived += bytes.length
  }

  // --- What the program gets ---------------------------------------------------------------------

  /** Tells the program what arrived; it may do anything in return. */
  deliver(): void {
    this.#inbox.deliver()
  }

  pause(): void {
    this.#inbox.pause()
  }

  /** What was not read is lost. */
  discard(): void {
    this.#inbox.discard()
  }

  /** `deliver` and `settle` must follow. */
  resume(): void {
    this.#inbox.resume()
    this.#resumed = true
  }

  // --- What the peer is told ---------------------------------------------------------------------

  /**
   * The window for a segment that is about to be sent. Its right edge never moves back by more than
   * what is lost in scaling, and what was once allowed stays so (RFC 7323, section 2.4).
   */
  advertise(scale: number): number {
    const { maximumSegmentBytes, receiveBufferBytes } = this.#parameters
    const space = Math.min(this.#spaceBytes(), WINDOW_FIELD_MAX * 2 ** scale)
    // Rather nothing than a little: the silly window syndrome (RFC 9293, section 3.8.6.2.2).
    if (space >= Math.min(maximumSegmentBytes, receiveBufferBytes / 2)) {
      this.#edge = later(this.#edge, advance(this.#next, space))
    }
    const field = Math.min(this.windowBytes >>> scale, WINDOW_FIELD_MAX)
    this.#toldEdge = advance(this.#next, field * 2 ** scale)
    return field
  }

  #spaceBytes(): number {
    return Math.max(0, this.#parameters.receiveBufferBytes - this.#inbox.unreadBytes)
  }

  /** The peer must hear something soon. */
  demandAcknowledgement(): void {
    this.#policy.demand()
  }

  /** All that could carry an acknowledgement has been sent. */
  settle(): void {
    if (!this.#isOpen) return
    if (this.#resumed && this.#hasMoreRoom()) this.#policy.demand()
    this.#resumed = false
    this.#policy.settle()
  }

  /** Whether the peer should hear of room that it does not know of. */
  #hasMoreRoom(): boolean {
    const { maximumSegmentBytes, receiveBufferBytes } = this.#parameters
    const worthTelling = Math.min(2 * maximumSegmentBytes, receiveBufferBytes / 2)
    return this.#spaceBytes() - distance(this.#next, this.#toldEdge) >= worthTelling
  }

  /** A segment went out, and with it an acknowledgement of all that has arrived. */
  sent(withData: boolean): void {
    this.#acknowledged = this.#next
    this.#policy.sent(withData)
  }

  /** All is over. */
  stop(): void {
    this.#policy.stop()
  }
}
