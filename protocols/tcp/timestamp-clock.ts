import { MILLISECOND_NS, type Nanoseconds } from '../../engine/time.ts'
import type { TcpTimestamps } from './options.ts'
import { advance, distance, isBefore, type SequenceNumber } from './sequence.ts'

/** One tick per millisecond, as Linux. */
const TICK_NS = MILLISECOND_NS

/** The timestamps of a connection, sent and received (RFC 7323, sections 3 to 5). */
export class TimestampClock {
  #origin: number
  /** TS.Recent: what the peer's clock said last. */
  #recent = 0

  /** @param origin what this clock shows at the start of the run: 32 bits, another per connection */
  constructor(origin: number) {
    this.#origin = origin
  }

  /** The peer's SYN has come. */
  open(timestamps: TcpTimestamps): void {
    this.#recent = timestamps.value
  }

  /** What goes out now. */
  stamp(nowNs: Nanoseconds): TcpTimestamps {
    return { value: this.#at(nowNs), echo: this.#recent }
  }

  /**
   * The round trip that an echo tells of: whole milliseconds, at least 1, for less was less than a
   * tick (Linux: tcp_ack_update_rtt).
   */
  roundTripNs(nowNs: Nanoseconds, echo: number): Nanoseconds {
    return Math.max(1, distance(echo, this.#at(nowNs))) * TICK_NS
  }

  /** Whether a segment is older than one that was taken: a wrapped duplicate (PAWS). */
  isOld(timestamps: TcpTimestamps): boolean {
    return isBefore(timestamps.value, this.#recent)
  }

  /**
   * A segment was taken. What is echoed is of the first that the next acknowledgement is for, so
   * that a delayed one is measured with its delay.
   *
   * @param sequence where it begins
   * @param acknowledged what the last acknowledgement sent was up to
   */
  took(timestamps: TcpTimestamps, sequence: SequenceNumber, acknowledged: SequenceNumber): void {
    if (!isBefore(acknowledged, sequence)) this.#recent = timestamps.value
  }

  #at(nowNs: Nanoseconds): number {
    return advance(this.#origin, Math.floor(nowNs / TICK_NS) % 2 ** 32)
  }
}
