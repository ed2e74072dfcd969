import { MILLISECOND_NS, type Nanoseconds, SECOND_NS } from '../../engine/time.ts'

/** What distinguishes one TCP from another, and one of its settings from another. */
export interface TcpParameters {
  /** The MSS option: the MTU without 40 bytes of headers (RFC 6691). */
  readonly maximumSegmentBytes: number
  /** How much may be received and not yet read: 1 to 2^30, beyond 65535 only with a scale. */
  readonly receiveBufferBytes: number
  /** Offered for own windows: 0 to 14. Undefined offers and accepts no scaling (RFC 7323). */
  readonly windowScale: number | undefined
  /** Whether timestamps are offered and accepted (RFC 7323). */
  readonly timestamps: boolean
  /** The first congestion window, in segments (RFC 6928). */
  readonly initialWindowSegments: number
  /** Whether less than a full segment waits until all is acknowledged (RFC 9293 3.7.4). */
  readonly nagle: boolean
  /** How long an acknowledgement may wait for something to ride on (RFC 9293 3.8.6.3: ≤ 0.5 s). */
  readonly delayedAckNs: Nanoseconds
  /** How many are not made to wait at the start and after a pause of the peer. */
  readonly quickAcks: number
  /** The retransmission timeout before the first measurement (RFC 6298: 1 s). */
  readonly initialTimeoutNs: Nanoseconds
  /** The least that is added to the smoothed round trip for its variation. */
  readonly minimumTimeoutNs: Nanoseconds
  readonly maximumTimeoutNs: Nanoseconds
  /**
   * How many retransmissions in vain end a connection: in effect a time, see `retryLimitNs`. Of
   * unanswered probes of a closed window it is their number.
   */
  readonly retries: number
  /** How often a SYN is sent again. */
  readonly synRetries: number
  /** How often a SYN that answers one is sent again. */
  readonly synAckRetries: number
  /** How long an ended connection keeps its four-tuple (RFC 9293: 2 MSL). */
  readonly timeWaitNs: Nanoseconds
  /** The least time between two answers to empty segments that are outside the window. */
  readonly invalidAckIntervalNs: Nanoseconds
}

/**
 * Linux with its defaults since 2.6.39 (net.ipv4.tcp_*; include/net/tcp.h) and an MTU of 1500. This
 * TCP lacks SACK, tail loss probes, CUBIC and the growth of buffers.
 */
export const LINUX_TCP: TcpParameters = {
  maximumSegmentBytes: 1460,
  receiveBufferBytes: 64_240,
  windowScale: 7,
  timestamps: true,
  initialWindowSegments: 10,
  nagle: true,
  delayedAckNs: 40 * MILLISECOND_NS,
  quickAcks: 16,
  initialTimeoutNs: SECOND_NS,
  minimumTimeoutNs: 200 * MILLISECOND_NS,
  maximumTimeoutNs: 120 * SECOND_NS,
  retries: 15,
  synRetries: 6,
  synAckRetries: 5,
  timeWaitNs: 60 * SECOND_NS,
  invalidAckIntervalNs: 500 * MILLISECOND_NS,
}
