import type { Nanoseconds } from '../../engine/time.ts'
import { NO_OPTIONS, type TcpOptions } from './options.ts'
import type { TcpParameters } from './parameters.ts'
import { hasFlag, type TcpSegment } from './segment.ts'
import type { SequenceNumber } from './sequence.ts'
import { TimestampClock } from './timestamp-clock.ts'
import { TCP_FLAG } from './wire.ts'

/** What a peer takes that does not say (RFC 9293, section 3.7.1). */
const DEFAULT_SEGMENT_BYTES = 536
/** Less is not believed (Linux: TCP_MIN_SND_MSS): the network would drown in headers. */
const SMALLEST_SEGMENT_BYTES = 48
/** RFC 7323, section 2.3 */
const LARGEST_SCALE = 14
/** What timestamps take of every segment. */
const TIMESTAMPS_BYTES = 12

/** What two ends agree upon by the options of their SYNs, and how it is kept up afterwards. */
export class Negotiation {
  #parameters: TcpParameters
  #clock: TimestampClock
  /** The options of the peer's SYN. */
  #theirs: TcpOptions | undefined

  /** @param timestampOrigin what the clock of timestamps shows at the start of the run: 32 bits */
  constructor(parameters: TcpParameters, timestampOrigin: number) {
    this.#parameters = parameters
    this.#clock = new TimestampClock(timestampOrigin)
  }

  /** The peer's SYN has come. */
  meet(theirs: TcpOptions): void {
    this.#theirs = theirs
    if (theirs.timestamps !== undefined) this.#clock.open(theirs.timestamps)
  }

  /** The largest payload to send. */
  get segmentBytes(): number {
    const theirBytes = this.#theirs?.maximumSegmentBytes ?? DEFAULT_SEGMENT_BYTES
    const bytes = Math.min(theirBytes, this.#parameters.maximumSegmentBytes)
    return Math.max(bytes - (this.#stamped ? TIMESTAMPS_BYTES : 0), SMALLEST_SEGMENT_BYTES)
  }

  /** By which own windows are scaled, but for those on a SYN. */
  get receiveScale(): number {
    return this.#scaled ? (this.#parameters.windowScale ?? 0) : 0
  }

  /** By which the peer's are. */
  get sendScale(): number {
    return this.#scaled ? Math.min(this.#theirs?.windowScale ?? 0, LARGEST_SCALE) : 0
  }

  /** The window that a segment tells. */
  windowBytes(segment: TcpSegment): number {
    return hasFlag(segment, TCP_FLAG.syn) ? segment.window : segment.window << this.sendScale
  }

  /** The options of a segment that goes out now with these flags. */
  options(flags: number, nowNs: Nanoseconds): TcpOptions {
    if ((flags & TCP_FLAG.syn) !== 0) return this.#synOptions(nowNs)
    return this.#stamped ? { timestamps: this.#clock.stamp(nowNs) } : NO_OPTIONS
  }

  /** What an answer to a SYN may accept is what that one offered. */
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
   * Whether a segment must not be taken for its timestamps: `missing`, as all must have them that
   * agreed to, or `old`, so that its sequence numbers may be of another round (PAWS, RFC 7323, 5).
   */
  objection(segment: TcpSegment): 'missing' | 'old' | undefined {
    const { timestamps } = segment.options
    if (!this.#stamped || hasFlag(segment, TCP_FLAG.rst)) return undefined
    if (timestamps === undefined) return 'missing'
    return this.#clock.isOld(timestamps) ? 'old' : undefined
  }

  /**
   * A segment was taken.
   *
   * @param acknowledged what the last segment sent acknowledged
   */
  took(segment: TcpSegment, acknowledged: SequenceNumber): void {
    const { timestamps } = segment.options
    if (!this.#stamped || timestamps === undefined) return
    this.#clock.took(timestamps, segment.sequence, acknowledged)
  }

  /** The round trip that a segment's timestamps tell of. */
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
