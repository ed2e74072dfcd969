import { MILLISECOND_NS, type Nanoseconds } from '../../engine/time.ts'
import type { TcpTimestamps } from './options.ts'
import { advance, distance, isBefore, type SequenceNumber } from './sequence.ts'

/** One tick per millisecond, as in Linux. */
const TICK_NS = MILLISECOND_NS

/** The timestamps of a connection, sent and received (RFC 7323, sections 3 to 5). */
export class TimestampClock {
  #origin: number
  /** TS.Recent: the timestamp to echo. */
  #recent = 0

  /** @param origin the value at the start of the run: 32 bits, different for each connection */
  constructor(origin: number) {
    this.#origin = origin
  }

  /** The peer's SYN was received. */
  open(timestamps: TcpTimestamps): void {
    this.#recent = timestamps.value
  }

  /** The timestamps of a segment that is sent now. */
  stamp(nowNs: Nanoseconds): TcpTimestamps {
    return { value: this.#at(nowNs), echo: this.#recent }
  }

  /**
   * The round trip time from an echoed timestamp: whole milliseconds, at least 1 (Linux
   * tcp_ack_update_rtt).
   */
  roundTripNs(nowNs: Nanoseconds, echo: number): Nanoseconds {
    return Math.max(1, distance(echo, this.#at(nowNs))) * TICK_NS
  }

  /** Whether a segment is older than an accepted one (PAWS). */
  isOld(timestamps: TcpTimestamps): boolean {
    return isBefore(timestamps.value, this.#recent)
  }

  /**
   * A segment was accepted. The first segment that the next acknowledgement covers is echoed, so
   * the round trip includes the delay of the acknowledgement.
   *
   * @param sequence the sequence number of the segment
   * @param acknowledged the acknowledgement number that was last sent
   */
  took(timestamps: TcpTimestamps, sequence: SequenceNumber, acknowledged: SequenceNumber): void {
    if (!isBefore(acknowledged, sequence)) this.#recent = timestamps.value
  }

  #at(nowNs: Nanoseconds): number {
    return advance(this.#origin, Math.floor(nowNs / TICK_NS) % 2 ** 32)
  }
}
