import { hasFlag, type TcpSegment } from './segment.ts'
import { distance, type SequenceNumber } from './sequence.ts'
import { TCP_FLAG } from './wire.ts'

/** How much the peer is ready to take (SND.WND of RFC 9293, section 3.10.7.4). */
export class PeerWindow {
  #bytes = 0
  #largestBytes = 0
  /** SND.WL1 and SND.WL2: the segment that it is from. */
  #sequence: SequenceNumber = 0
  #acknowledgement: SequenceNumber | undefined

  /** From the first unacknowledged octet on. */
  get bytes(): number {
    return this.#bytes
  }

  /** The largest it ever was: an estimate of the peer's buffer. */
  get largestBytes(): number {
    return this.#largestBytes
  }

  /**
   * A segment told it; one that was overtaken by another says nothing any more.
   *
   * @param segment one that acknowledges no less than those before
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
   * RFC 9293 looks at the sequence number first, and so ignores what comes with a retransmission;
   * as Linux does (tcp_may_update_window), a higher acknowledgement is news in any case.
   */
  #isOvertaken(segment: TcpSegment): boolean {
    if (this.#acknowledgement === undefined) return false
    const newer = distance(this.#acknowledgement, segment.acknowledgement)
    return newer === 0 && distance(this.#sequence, segment.sequence) < 0
  }
}
