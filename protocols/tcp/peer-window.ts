import { hasFlag, type TcpSegment } from './segment.ts'
import { distance, type SequenceNumber } from './sequence.ts'
import { TCP_FLAG } from './wire.ts'

/** The window of the peer (SND.WND of RFC 9293, section 3.10.7.4). */
export class PeerWindow {
  #bytes = 0
  #largestBytes = 0
  /** SND.WL1 and SND.WL2: the segment that last updated the window. */
  #sequence: SequenceNumber = 0
  #acknowledgement: SequenceNumber | undefined

  /** Counted from the first unacknowledged octet. */
  get bytes(): number {
    return this.#bytes
  }

  /** The largest window so far. */
  get largestBytes(): number {
    return this.#largestBytes
  }

  /**
   * Updates the window from a segment, unless a newer segment did.
   *
   * @param segment must not acknowledge less than earlier ones
   * @param bytes the window, scaled
   */
  update(segment: TcpSegment, bytes: number): void {
    if (this.#isOvertaken(segment)) return
    this.#bytes = bytes
    this.#largestBytes = Math.max(this.#largestBytes, bytes)
    this.#sequence = segment.sequence
    if (hasFlag(segment, TCP_FLAG.ack)) this.#acknowledgement = segment.acknowledgement
  }

  /**
   * Whether a newer segment updated the window. RFC 9293 compares the sequence number first; like
   * Linux (tcp_may_update_window), a higher acknowledgement is always newer here.
   */
  #isOvertaken(segment: TcpSegment): boolean {
    if (this.#acknowledgement === undefined) return false
    const newer = distance(this.#acknowledgement, segment.acknowledgement)
    return newer === 0 && distance(this.#sequence, segment.sequence) < 0
  }
}
