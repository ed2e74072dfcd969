import { assert } from '../../engine/assert.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import { AcknowledgementPolicy } from './acknowledgement-policy.ts'
import type { TcpClock } from './effects.ts'
import { Inbox, type InboxReader } from './inbox.ts'
import type { TcpParameters } from './parameters.ts'
import { ReassemblyBuffer } from './reassembly-buffer.ts'
import { advance, distance, later, type SequenceNumber } from './sequence.ts'

const WINDOW_FIELD_MAX = 0xffff

/** The effects of a receiver. */
interface ReceiverEffects extends InboxReader {
  /** Sends an acknowledgement without data. */
  acknowledge(): void
}

/** The receiving half of a connection: reassembly, receive window and acknowledgements. */
export class Receiver {
  bytesReceived = 0
  #parameters: TcpParameters
  #reassembly = new ReassemblyBuffer()
  #inbox: Inbox
  #policy: AcknowledgementPolicy
  /** RCV.NXT */
  #next: SequenceNumber = 0
  /** RCV.NXT + RCV.WND: the right edge of the window. */
  #edge: SequenceNumber = 0
  /** The right edge that was last sent to the peer. */
  #sentEdge: SequenceNumber = 0
  /** The acknowledgement number that was last sent. */
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

  /** The peer's SYN was received. */
  open(initialSequence: SequenceNumber): void {
    this.#isOpen = true
    this.#next = advance(initialSequence, 1)
    this.#acknowledged = this.#next
    this.#edge = this.#next
  }

  /** Whether the peer's SYN was received. */
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

  /** The acknowledgement number that was last sent (Last.ACK.sent of RFC 7323). */
  get acknowledged(): SequenceNumber {
    return this.#acknowledged
  }

  /** Whether all data and the FIN were received. */
  get finished(): boolean {
    return this.#finished
  }

  /** Whether the program received all data and the end. */
  get drained(): boolean {
    return this.#inbox.drained
  }

  // --- Segments ----------------------------------------------------------------------------------

  /**
   * Takes the new octets of a segment that are within the window. `settle` must follow.
   *
   * @param pauseNs a longer time without data is a pause of the peer
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

  // --- Delivery to the program -------------------------------------------------------------------

  /** Passes the received data to the program, which can call the connection. */
  deliver(): void {
    this.#inbox.deliver()
  }

  pause(): void {
    this.#inbox.pause()
  }

  /** Drops the data that was not read. */
  discard(): void {
    this.#inbox.discard()
  }

  /** `deliver` and `settle` must follow. */
  resume(): void {
    this.#inbox.resume()
    this.#resumed = true
  }

  // --- Window and acknowledgements ---------------------------------------------------------------

  /**
   * The window field of the next segment. Its right edge never moves back, except by the rounding of
   * the scale (RFC 7323, section 2.4).
   */
  advertise(scale: number): number {
    const { maximumSegmentBytes, receiveBufferBytes } = this.#parameters
    const space = Math.min(this.#spaceBytes(), WINDOW_FIELD_MAX * 2 ** scale)
    // No small windows: silly window syndrome avoidance (RFC 9293, section 3.8.6.2.2).
    if (space >= Math.min(maximumSegmentBytes, receiveBufferBytes / 2)) {
      this.#edge = later(this.#edge, advance(this.#next, space))
    }
    const field = Math.min(this.windowBytes >>> scale, WINDOW_FIELD_MAX)
    this.#sentEdge = advance(this.#next, field * 2 ** scale)
    return field
  }

  #spaceBytes(): number {
    return Math.max(0, this.#parameters.receiveBufferBytes - this.#inbox.unreadBytes)
  }

  /** An acknowledgement is needed at once. */
  demandAcknowledgement(): void {
    this.#policy.demand()
  }

  /** All data that could carry an acknowledgement has been sent. */
  settle(): void {
    if (!this.#isOpen) return
    if (this.#resumed && this.#hasMoreRoom()) this.#policy.demand()
    this.#resumed = false
    this.#policy.settle()
  }

  /** Whether the window is so much larger than last sent that an update is needed. */
  #hasMoreRoom(): boolean {
    const { maximumSegmentBytes, receiveBufferBytes } = this.#parameters
    const worthTelling = Math.min(2 * maximumSegmentBytes, receiveBufferBytes / 2)
    return this.#spaceBytes() - distance(this.#next, this.#sentEdge) >= worthTelling
  }

  /** A segment with the current acknowledgement was sent. */
  sent(withData: boolean): void {
    this.#acknowledged = this.#next
    this.#policy.sent(withData)
  }

  stop(): void {
    this.#policy.stop()
  }
}
