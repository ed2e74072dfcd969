import type { Nanoseconds } from '../../engine/time.ts'
import { NO_OPTIONS, type TcpOptions } from './options.ts'
import type { TcpParameters } from './parameters.ts'
import { hasFlag, type TcpSegment } from './segment.ts'
import type { SequenceNumber } from './sequence.ts'
import { TimestampClock } from './timestamp-clock.ts'
import { TCP_FLAG } from './wire.ts'

/** The MSS of a peer without the MSS option (RFC 9293, section 3.7.1). */
const DEFAULT_SEGMENT_BYTES = 536
/** The smallest accepted MSS (TCP_MIN_SND_MSS of Linux). */
const SMALLEST_SEGMENT_BYTES = 48
/** RFC 7323, section 2.3 */
const LARGEST_SCALE = 14
/** The length of the timestamps option with padding. */
const TIMESTAMPS_BYTES = 12

/** The options that both ends agreed on in their SYNs. */
export class Negotiation {
  #parameters: TcpParameters
  #clock: TimestampClock
  /** The options of the peer's SYN. */
  #theirs: TcpOptions | undefined

  /** @param timestampOrigin the timestamp value at the start of the run: 32 bits */
  constructor(parameters: TcpParameters, timestampOrigin: number) {
    this.#parameters = parameters
    this.#clock = new TimestampClock(timestampOrigin)
  }

  /** Processes the options of the peer's SYN. */
  receiveSyn(theirs: TcpOptions): void {
    this.#theirs = theirs
    if (theirs.timestamps !== undefined) this.#clock.open(theirs.timestamps)
  }

  /** The largest payload to send. */
  get segmentBytes(): number {
    const theirBytes = this.#theirs?.maximumSegmentBytes ?? DEFAULT_SEGMENT_BYTES
    const bytes = Math.min(theirBytes, this.#parameters.maximumSegmentBytes)
    return Math.max(bytes - (this.#stamped ? TIMESTAMPS_BYTES : 0), SMALLEST_SEGMENT_BYTES)
  }

  /** The scale of own windows, except on a SYN. */
  get receiveScale(): number {
    return this.#scaled ? (this.#parameters.windowScale ?? 0) : 0
  }

  /** The scale of the peer's windows, except on a SYN. */
  get sendScale(): number {
    return this.#scaled ? Math.min(this.#theirs?.windowScale ?? 0, LARGEST_SCALE) : 0
  }

  /** The window of a segment in bytes. */
  windowBytes(segment: TcpSegment): number {
    return hasFlag(segment, TCP_FLAG.syn) ? segment.window : segment.window << this.sendScale
  }

  /** The options of a segment that is sent now with these flags. */
  options(flags: number, nowNs: Nanoseconds): TcpOptions {
    if ((flags & TCP_FLAG.syn) !== 0) return this.#synOptions(nowNs)
    return this.#stamped ? { timestamps: this.#clock.stamp(nowNs) } : NO_OPTIONS
  }

  /** A SYN-ACK accepts only options that the SYN offered. */
  #synOptions(nowNs: Nanoseconds): TcpOptions {
    const { maximumSegmentBytes, windowScale, timestamps } = this.#parameters
    const scaled = windowScale !== undefined && (this.#theirs === undefined || this.#scaled)
    const stamped = timestamps && (this.#theirs === undefined || this.#stamped)
    return {
      maximumSegmentBytes,
      ...(scaled ? { windowScale } : {}),
      ...(stamped ? { timestamps: this.#clock.stamp(nowNs) } : {}),
    }
  }

  /**
   * Why a segment is refused for its timestamps: `missing` although agreed on, or `old` (PAWS, RFC
   * 7323, section 5).
   */
  objection(segment: TcpSegment): 'missing' | 'old' | undefined {
    const { timestamps } = segment.options
    if (!this.#stamped || hasFlag(segment, TCP_FLAG.rst)) return undefined
    if (timestamps === undefined) return 'missing'
    return this.#clock.isOld(timestamps) ? 'old' : undefined
  }

  /**
   * A segment was accepted.
   *
   * @param acknowledged the acknowledgement number that was last sent
   */
  took(segment: TcpSegment, acknowledged: SequenceNumber): void {
    const { timestamps } = segment.options
    if (!this.#stamped || timestamps === undefined) return
    this.#clock.took(timestamps, segment.sequence, acknowledged)
  }

  /** The round trip time from the timestamps of a segment. */
  roundTripNs(segment: TcpSegment, nowNs: Nanoseconds): Nanoseconds | undefined {
    const { timestamps } = segment.options
    if (!this.#stamped || timestamps === undefined) return undefined
    return this.#clock.roundTripNs(nowNs, timestamps.echo)
  }

  get #scaled(): boolean {
    return this.#parameters.windowScale !== undefined && this.#theirs?.windowScale !== undefined
  }

  get #stamped(): boolean {
    return this.#parameters.timestamps && this.#theirs?.timestamps !== undefined
  }
}
