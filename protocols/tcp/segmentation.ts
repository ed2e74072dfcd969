/** The state of a sender, in octets. */
interface SendState {
  /** Octets from SND.NXT on that wait to be sent. */
  readonly waiting: number
  readonly inFlight: number
  /** The free space in the peer's window and the congestion window. */
  readonly room: number
  /** Whether the next octet was sent before. */
  readonly again: boolean
  /** Whether a FIN follows the waiting octets. */
  readonly finishing: boolean
}

/** The limits of a segment. */
interface SegmentationRules {
  readonly segmentBytes: number
  /** The largest window of the peer so far. */
  readonly largestWindowBytes: number
  readonly nagle: boolean
}

interface NextSegment {
  readonly bytes: number
  readonly fin: boolean
}

/**
 * The next segment to send, or undefined to wait: avoids small segments (silly window syndrome and
 * Nagle algorithm; RFC 9293, sections 3.8.6.2.1 and 3.7.4).
 */
export function nextSegment(state: SendState, rules: SegmentationRules): NextSegment | undefined {
  const { waiting, inFlight, room, again, finishing } = state
  const { segmentBytes, largestWindowBytes, nagle } = rules
  const bytes = Math.max(0, Math.min(waiting, segmentBytes, room))
  const all = bytes === waiting
  if (finishing && all && room > bytes) return { bytes, fin: true }
  if (bytes === 0) return undefined
  const full = bytes === segmentBytes || bytes * 2 >= largestWindowBytes
  const nothingFollows = all && (inFlight === 0 || !nagle)
  return full || nothingFollows || again ? { bytes, fin: false } : undefined
}
