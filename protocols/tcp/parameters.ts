import { MILLISECOND_NS, type Nanoseconds, SECOND_NS } from '../../engine/time.ts'

/** The settings of a TCP implementation. */
export interface TcpParameters {
  /** The MSS option: the MTU without 40 bytes of headers (RFC 6691). */
  readonly maximumSegmentBytes: number
  /** The receive buffer: 1 to 2^30; above 65535 only with a window scale. */
  readonly receiveBufferBytes: number
  /** The offered window scale, 0 to 14; undefined disables scaling (RFC 7323). */
  readonly windowScale: number | undefined
  /** Whether timestamps are offered and accepted (RFC 7323). */
  readonly timestamps: boolean
  /** The initial congestion window, in segments (RFC 6928). */
  readonly initialWindowSegments: number
  /** Whether a small segment waits until all data is acknowledged (RFC 9293 section 3.7.4). */
  readonly nagle: boolean
  /** The delay of an acknowledgement (RFC 9293 section 3.8.6.3: at most 0.5 s). */
  readonly delayedAckNs: Nanoseconds
  /** The number of ACKs without delay, at the start and after a pause of the peer. */
  readonly quickAcks: number
  /** The retransmission timeout before the first measurement (RFC 6298: 1 s). */
  readonly initialTimeoutNs: Nanoseconds
  /** The minimum that is added to the smoothed round trip time. */
  readonly minimumTimeoutNs: Nanoseconds
  readonly maximumTimeoutNs: Nanoseconds
  /**
   * The number of retransmissions before a timeout of the connection, converted to a time by
   * `retryLimitNs`; also the number of unanswered window probes.
   */
  readonly retries: number
  /** The number of SYN retransmissions. */
  readonly synRetries: number
  /** The number of SYN-ACK retransmissions. */
  readonly synAckRetries: number
  /** The duration of TIME_WAIT (RFC 9293: 2 MSL). */
  readonly timeWaitNs: Nanoseconds
  /** The minimum time between two ACKs for empty segments outside the window. */
  readonly invalidAckIntervalNs: Nanoseconds
}

/**
 * The defaults of Linux since 2.6.39 (net.ipv4.tcp_*; include/net/tcp.h) with an MTU of 1500,
 * without SACK, tail loss probes, CUBIC and buffer tuning.
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
