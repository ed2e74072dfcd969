import type { Nanoseconds } from '../../engine/time.ts'
import { Congestion } from './congestion.ts'
import type { TcpClock } from './effects.ts'
import { Outbox } from './outbox.ts'
import type { TcpParameters } from './parameters.ts'
import { PeerWindow } from './peer-window.ts'
import { PersistTimer } from './persist-timer.ts'
import { Progress } from './progress.ts'
import { RetransmissionTimer } from './retransmission-timer.ts'
import { RoundTrip } from './round-trip.ts'
import { NO_PAYLOAD, segmentLength, type TcpSegment } from './segment.ts'
import { nextSegment } from './segmentation.ts'
import { advance, distance, isBefore, type SequenceNumber } from './sequence.ts'
import { TCP_FLAG } from './wire.ts'

/** The effects of a sender. */
interface SenderEffects {
  /** Sends a segment; the connection adds acknowledgement, window and options. */
  emit(flags: number, sequence: SequenceNumber, payload: Uint8Array): void
  /** The peer did not answer in time. */
  gaveUp(): void
}

/** The sending half of a connection (RFC 9293, section 3.8): data, retransmission and timers. */
export class Sender {
  readonly outbox: Outbox
  readonly progress = new Progress()
  /** The number of segments with data that was sent before. */
  retransmissions = 0
  #parameters: TcpParameters
  #clock: TcpClock
  #effects: SenderEffects
  #window = new PeerWindow()
  #segmentBytes: number
  #congestion: Congestion
  #retransmission: RetransmissionTimer
  #persistence: PersistTimer
  #roundTrip = new RoundTrip()
  #lastSentNs: Nanoseconds = 0

  constructor(
    initialSequence: SequenceNumber,
    parameters: TcpParameters,
    clock: TcpClock,
    effects: SenderEffects,
  ) {
    this.outbox = new Outbox(initialSequence)
    this.#parameters = parameters
    this.#clock = clock
    this.#effects = effects
    this.#segmentBytes = parameters.maximumSegmentBytes
    this.#congestion = this.#newCongestion()
    const gaveUp = (): void => effects.gaveUp()
    this.#retransmission = new RetransmissionTimer(parameters, clock, {
      expired: () => this.#timedOut(),
      gaveUp,
    })
    this.#persistence = new PersistTimer(parameters, clock, { probe: () => this.#probe(), gaveUp })
  }

  /** MAX.SND.WND: the largest window of the peer so far. */
  get largestWindowBytes(): number {
    return this.#window.largestBytes
  }

  /** The current retransmission timeout. */
  get timeoutNs(): Nanoseconds {
    return this.#retransmission.timeout.timeoutNs
  }

  // --- Calls of the program ----------------------------------------------------------------------

  /**
   * Sends the SYN until it is acknowledged.
   *
   * @param retries the allowed retransmissions
   */
  synchronize(retries: number): void {
    this.#retransmission.handshakeRetries = retries
    this.repeatSyn()
  }

  repeatSyn(): void {
    this.#send(TCP_FLAG.syn, this.outbox.unacknowledged, NO_PAYLOAD)
    this.#setTimers()
  }

  write(bytes: Uint8Array): void {
    const idleNs = this.#clock.nowNs - this.#lastSentNs
    if (this.outbox.outstanding === 0 && idleNs > this.timeoutNs) this.#congestion.restart()
    this.outbox.append(bytes)
    this.push()
  }

  /** Sends a FIN after all data. */
  finish(): void {
    this.outbox.finish()
    this.push()
  }

  stop(): void {
    this.#retransmission.stop()
    this.#persistence.stop()
  }

  // --- Acknowledgements --------------------------------------------------------------------------

  /**
   * The peer's SYN was received.
   *
   * @param segmentBytes the largest payload to send
   */
  open(syn: TcpSegment, segmentBytes: number): void {
    this.#window.update(syn, syn.window)
    this.#segmentBytes = segmentBytes
    this.#congestion = this.#newCongestion()
  }

  /**
   * Handles a valid acknowledgement. `push` must follow.
   *
   * @param windowBytes the window of the segment, scaled
   * @param echoedNs the round trip time from its timestamps
   */
  acknowledged(segment: TcpSegment, windowBytes: number, echoedNs: Nanoseconds | undefined): void {
    const news = distance(this.outbox.unacknowledged, segment.acknowledgement)
    if (news < 0) return
    const windowBefore = this.#window.bytes
    this.#window.update(segment, windowBytes)
    this.#persistence.heard()
    if (news > 0) this.#newAck(segment.acknowledgement, echoedNs)
    else if (segmentLength(segment) === 0 && this.#window.bytes === windowBefore)
      this.#duplicateAck()
  }

  #newAck(to: SequenceNumber, echoedNs: Nanoseconds | undefined): void {
    const { outbox } = this
    const { outstanding } = outbox
    this.#measure(to, echoedNs)
    const { syn, bytes } = outbox.acknowledge(to)
    if (syn) this.#handshakeDone()
    this.#retransmission.progress()
    this.progress.made(this.#clock.nowNs, !outbox.hasWork)
    if (this.#congestion.acknowledged(to, bytes, outstanding)) this.#sendFirst()
  }

  /** A duplicate ACK arrived (RFC 5681, section 2). */
  #duplicateAck(): void {
    const { outstanding, unacknowledged, highest } = this.outbox
    if (outstanding === 0 || !this.#congestion.duplicate(unacknowledged, highest)) return
    this.#retransmission.stop()
    this.#sendFirst()
  }

  #handshakeDone(): void {
    const { retries, timeout } = this.#retransmission
    this.#retransmission.handshakeRetries = undefined
    if (timeout.smoothedNs === undefined) timeout.fallBack()
    // Linux: one retransmission of the SYN is not a sign of congestion (tcp_init_cwnd).
    if (retries > 1) this.#congestion.startSmall()
  }

  /** Timestamps also measure retransmitted segments. */
  #measure(to: SequenceNumber, echoedNs: Nanoseconds | undefined): void {
    const { timeout, retries } = this.#retransmission
    const measuredNs = this.#roundTrip.acknowledged(to, this.#clock.nowNs)
    const sampleNs = measuredNs ?? (retries > 0 ? echoedNs : undefined)
    if (sampleNs !== undefined) timeout.sample(sampleNs)
  }

  #newCongestion(): Congestion {
    const { initialWindowSegments } = this.#parameters
    return new Congestion(this.#segmentBytes, initialWindowSegments, this.outbox.unacknowledged)
  }

  // --- Sending -----------------------------------------------------------------------------------

  /** Sends all data that can be sent now. */
  push(): void {
    if (this.outbox.open) {
      if (this.outbox.hasWork) this.progress.begin(this.#clock.nowNs)
      while (this.#sendNext());
    }
    this.#setTimers()
  }

  #sendNext(): boolean {
    const { inFlight, waitingBytes, again, finishing, hasWork, next } = this.outbox
    // Below 0 after the FIN was sent.
    const waiting = waitingBytes - inFlight
    if (!hasWork) return false
    const room = Math.min(this.#window.bytes, this.#congestion.windowBytes) - inFlight
    const segment = nextSegment(
      { waiting, inFlight, room, again, finishing },
      {
        segmentBytes: this.#segmentBytes,
        largestWindowBytes: this.#window.largestBytes,
        nagle: this.#parameters.nagle,
      },
    )
    if (segment === undefined) return false
    this.#sendOctets(next, segment.bytes, segment.fin)
    return true
  }

  /** Retransmits the first unacknowledged segment. */
  #sendFirst(): void {
    const { outstanding, waitingBytes, unacknowledged } = this.outbox
    const windowBytes = this.#window.bytes
    const bytes = Math.min(waitingBytes, this.#segmentBytes, windowBytes, outstanding)
    const fin = bytes === waitingBytes && outstanding > bytes && windowBytes > bytes
    if (bytes > 0 || fin) this.#sendOctets(unacknowledged, bytes, fin)
  }

  #sendOctets(sequence: SequenceNumber, bytes: number, fin: boolean): void {
    const { unacknowledged, waitingBytes } = this.outbox
    const isLast = distance(unacknowledged, sequence) + bytes === waitingBytes
    const push = bytes > 0 && isLast ? TCP_FLAG.psh : 0
    this.#send(push | (fin ? TCP_FLAG.fin : 0), sequence, this.outbox.view(sequence, bytes))
  }

  #send(flags: number, sequence: SequenceNumber, payload: Uint8Array): void {
    const { nowNs } = this.#clock
    const control = (flags & (TCP_FLAG.syn | TCP_FLAG.fin)) === 0 ? 0 : 1
    const end = advance(sequence, payload.length + control)
    if (isBefore(sequence, this.outbox.highest)) {
      this.retransmissions++
      this.#roundTrip.void()
    } else {
      this.#roundTrip.sent(end, nowNs)
    }
    this.#lastSentNs = nowNs
    this.outbox.sent(end)
    this.#effects.emit(flags, sequence, payload)
  }

  // --- Timers ------------------------------------------------------------------------------------

  #setTimers(): void {
    const { open, hasWork, inFlight, outstanding } = this.outbox
    if (open && hasWork && inFlight === 0) {
      this.#persistence.run(this.timeoutNs)
    } else {
      this.#persistence.stop()
      if (outstanding > 0) this.#retransmission.run()
    }
  }

  /** Retransmits from SND.UNA on, because all sent data can be lost. */
  #timedOut(): void {
    const { open, outstanding, highest } = this.outbox
    if (!open) {
      this.repeatSyn()
      return
    }
    this.#congestion.timedOut(outstanding, highest)
    this.outbox.startOver()
    this.push()
  }

  /** Sends what fits into the window, or an empty segment with an old sequence number. */
  #probe(): void {
    const { waitingBytes, unacknowledged } = this.outbox
    const bytes = Math.min(waitingBytes, this.#segmentBytes, this.#window.bytes)
    if (bytes > 0) this.#sendOctets(unacknowledged, bytes, false)
    else this.#effects.emit(0, advance(unacknowledged, -1), NO_PAYLOAD)
    this.#setTimers()
  }
}
