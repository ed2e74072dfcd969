import { distance, isBefore, type SequenceNumber } from './sequence.ts'

const DUPLICATES_TO_RETRANSMIT = 3

/**
 * The congestion window: slow start and congestion avoidance (RFC 5681) with byte counting (RFC
 * 3465, L = 2), fast retransmit and fast recovery (RFC 6582, NewReno).
 */
export class Congestion {
  #segmentBytes: number
  #initialBytes: number
  #windowBytes: number
  #thresholdBytes = Number.POSITIVE_INFINITY
  /** Bytes acknowledged in congestion avoidance since the window last grew. */
  #creditBytes = 0
  #duplicates = 0
  #recovering = false
  /** `recover` of RFC 6582: SND.NXT at the last loss. */
  #recover: SequenceNumber

  /** @param initialSequence the sequence number of the SYN */
  constructor(segmentBytes: number, initialSegments: number, initialSequence: SequenceNumber) {
    this.#segmentBytes = segmentBytes
    this.#initialBytes = segmentBytes * initialSegments
    this.#windowBytes = this.#initialBytes
    this.#recover = initialSequence
  }

  /** The limit of bytes in flight; the first two duplicate ACKs add a segment each (RFC 3042). */
  get windowBytes(): number {
    const limitedTransmit = this.#recovering ? 0 : Math.min(this.#duplicates, 2)
    return this.#windowBytes + limitedTransmit * this.#segmentBytes
  }

  /** The slow start threshold; Infinity before the first loss. */
  get thresholdBytes(): number {
    return this.#thresholdBytes
  }

  get recovering(): boolean {
    return this.#recovering
  }

  /**
   * New data was acknowledged.
   *
   * @param acknowledged the new SND.UNA
   * @param inFlightBytes the bytes in flight before
   * @returns whether the first unacknowledged segment is lost and must be retransmitted
   */
  acknowledged(acknowledged: SequenceNumber, bytes: number, inFlightBytes: number): boolean {
    this.#duplicates = 0
    if (this.#recovering) return this.#acknowledgedInRecovery(acknowledged, bytes, inFlightBytes)
    // A window that was not fully used does not grow (RFC 7661).
    if (inFlightBytes + this.#segmentBytes > this.#windowBytes) this.#grow(bytes)
    return false
  }

  #grow(bytes: number): void {
    if (this.#windowBytes < this.#thresholdBytes) {
      this.#windowBytes += Math.min(bytes, 2 * this.#segmentBytes)
      return
    }
    this.#creditBytes += bytes
    if (this.#creditBytes < this.#windowBytes) return
    this.#creditBytes -= this.#windowBytes
    this.#windowBytes += this.#segmentBytes
  }

  #acknowledgedInRecovery(
    acknowledged: SequenceNumber,
    bytes: number,
    inFlightBytes: number,
  ): boolean {
    if (isBefore(acknowledged, this.#recover)) {
      this.#windowBytes -= bytes
      if (bytes >= this.#segmentBytes) this.#windowBytes += this.#segmentBytes
      this.#windowBytes = Math.max(this.#windowBytes, this.#segmentBytes)
      return true
    }
    this.#recovering = false
    const leftBytes = Math.max(inFlightBytes - bytes, this.#segmentBytes)
    this.#windowBytes = Math.min(this.#thresholdBytes, leftBytes + this.#segmentBytes)
    this.#creditBytes = 0
    return false
  }

  /**
   * A duplicate ACK arrived.
   *
   * @param asked the acknowledgement number
   * @param highest the next sequence number that was never sent
   * @returns whether this segment is lost and must be retransmitted
   */
  duplicate(asked: SequenceNumber, highest: SequenceNumber): boolean {
    this.#duplicates++
    if (this.#recovering) {
      this.#windowBytes += this.#segmentBytes
      return false
    }
    // After a timeout, unnecessary retransmissions also cause duplicate ACKs (RFC 6582).
    if (this.#duplicates !== DUPLICATES_TO_RETRANSMIT || !isBefore(this.#recover, asked))
      return false
    this.#halve(distance(asked, highest))
    this.#windowBytes = this.#thresholdBytes + DUPLICATES_TO_RETRANSMIT * this.#segmentBytes
    this.#recovering = true
    this.#recover = highest
    return true
  }

  /**
   * The retransmission timer expired. `inFlightBytes` is the same for repeated timeouts, so the
   * threshold is halved only once (RFC 5681, section 3.1).
   */
  timedOut(inFlightBytes: number, highest: SequenceNumber): void {
    this.#halve(inFlightBytes)
    this.#windowBytes = this.#segmentBytes
    this.#duplicates = 0
    this.#recovering = false
    this.#recover = highest
  }

  /** Nothing was sent for longer than a timeout (RFC 5681, section 4.1). */
  restart(): void {
    this.#windowBytes = Math.min(this.#windowBytes, this.#initialBytes)
  }

  /** A SYN was lost: starts with one segment. */
  startSmall(): void {
    this.#windowBytes = this.#segmentBytes
  }

  #halve(inFlightBytes: number): void {
    this.#thresholdBytes = Math.max(Math.floor(inFlightBytes / 2), 2 * this.#segmentBytes)
    this.#creditBytes = 0
  }
}
