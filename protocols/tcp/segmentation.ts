/** What a sender has, and may send. All in octets. */
interface Outlook {
  /** What waits to be sent, from SND.NXT on. */
  readonly waiting: number
  readonly inFlight: number
  /** What the peer's window and the congestion window leave. */
  readonly room: number
  /** Whether what comes next has been sent before. */
  readonly again: boolean
  /** Whether a FIN follows what waits. */
  readonly finishing: boolean
}

/** What does not change from segment to segment. */
interface SegmentationRules {
  readonly segmentBytes: number
  /** The largest window that the peer ever had. */
  readonly largestWindowBytes: number
  readonly nagle: boolean
}

interface NextSegment {
  readonly bytes: number
  readonly fin: boolean
}

/**
 * The next segment, or none for now: rather nothing than little, as long as more is to be expected
 * (the silly window syndrome and Nagle's algorithm; RFC 9293, sections 3.8.6.2.1 and 3.7.4).
 */
export function nextSegment(outlook: Outlook, rules: SegmentationRules): NextSegment | undefined {
  const { waiting, inFlight, room, again, finishing } = outlook
  const { segmentBytes, largestWindowBytes, nagle } = rules
  const bytes = Math.max(0, Math.min(waiting, segmentBytes, room))
  const all = bytes === waiting
  if (finishing && all && room > bytes) return { bytes, fin: true }
  if (bytes === 0) return undefined
  const full = bytes === segmentBytes || bytes * 2 >= largestWindowBytes
  const nothingFollows = all && (inFlight === 0 || !nagle)
  return full || nothingFollows || again ? { bytes, fin: false } : undefined
}
