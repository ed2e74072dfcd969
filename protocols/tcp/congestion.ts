import { distance, isBefore, type SequenceNumber } from './sequence.ts'

const DUPLICATES_TO_RETRANSMIT = 3

/**
 * How much the network is trusted with: slow start and congestion avoidance (RFC 5681), counted in
 * octets acknowledged (RFC 3465, L = 2), fast retransmit and fast recovery (RFC 6582, NewReno).
 */
export class Congestion {
  #segmentBytes: number
  #initialBytes: number
  #windowBytes: number
  #thresholdBytes = Number.POSITIVE_INFINITY
  /** Acknowledged during congestion avoidance since the window last grew. */
  #creditBytes = 0
  #duplicates = 0
  #recovering = false
  /** What had been sent when a loss was last noticed. */
  #recover: SequenceNumber

  /** @param initialSequence that of the SYN */
  constructor(segmentBytes: number, initialSegments: number, initialSequence: SequenceNumber) {
    this.#segmentBytes = segmentBytes
    this.#initialBytes = segmentBytes * initialSegments
    this.#windowBytes = this.#initialBytes
    this.#recover = initialSequence
  }

  /** How much may be in flight: during the first duplicates a segment more each (RFC 3042). */
  get windowBytes(): number {
    const limitedTransmit = this.#recovering ? 0 : Math.min(this.#duplicates, 2)
    return this.#windowBytes + limitedTransmit * this.#segmentBytes
  }

  /** Infinity before the first loss. */
  get thresholdBytes(): number {
    return this.#thresholdBytes
  }

  get recovering(): boolean {
    return this.#recovering
  }

  /**
   * New octets were acknowledged.
   *
   * @param acknowledged up to where
   * @param inFlightBytes how many were under way before
   * @returns whether the first octet still unacknowledged is lost as well, and must be sent again
   */
  acknowledged(acknowledged: SequenceNumber, bytes: number, inFlightBytes: number): boolean {
    this.#duplicates = 0
    if (this.#recovering) return this.#acknowledgedInRecovery(acknowledged, bytes, inFlightBytes)
    // A window that was not used says nothing about the network (RFC 7661).
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
   * The same octet was asked for once more.
   *
   * @param asked the octet
   * @param highest the first octet that was never sent
   * @returns whether it counts as lost by now, and must be sent again
   */
  duplicate(asked: SequenceNumber, highest: SequenceNumber): boolean {
    this.#duplicates++
    if (this.#recovering) {
      this.#windowBytes += this.#segmentBytes
      return false
    }
    // What was sent again after a timeout may have been there already, and is asked about.
    if (this.#duplicates !== DUPLICATES_TO_RETRANSMIT || !isBefore(this.#recover, asked))
      return false
    this.#halve(distance(asked, highest))
    this.#windowBytes = this.#thresholdBytes + DUPLICATES_TO_RETRANSMIT * this.#segmentBytes
    this.#recovering = true
    this.#recover = highest
    return true
  }

  /**
   * Nothing was acknowledged for too long: all that is under way counts as lost. The next time it is
   * no less, so that the threshold sinks but once (RFC 5681, section 3.1).
   */
  timedOut(inFlightBytes: number, highest: SequenceNumber): void {
    this.#halve(inFlightBytes)
    this.#windowBytes = this.#segmentBytes
    this.#duplicates = 0
    this.#recovering = false
    this.#recover = highest
  }

  /** Nothing was sent for longer than a timeout: what is known has aged (RFC 5681, section 4.1). */
  restart(): void {
    this.#windowBytes = Math.min(this.#windowBytes, this.#initialBytes)
  }

  /** The handshake itself met losses. */
  startSmall(): void {
    this.#windowBytes = this.#segmentBytes
  }

  #halve(inFlightBytes: number): void {
    this.#thresholdBytes = Math.max(Math.floor(inFlightBytes / 2), 2 * this.#segmentBytes)
    this.#creditBytes = 0
  }
}
