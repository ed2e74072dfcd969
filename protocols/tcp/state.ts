import type { Nanoseconds } from '../../engine/time.ts'

/** The states of RFC 9293, section 3.3.2. */
export type TcpState =
  | 'CLOSED'
  | 'LISTEN'
  | 'SYN_SENT'
  | 'SYN_RECEIVED'
  | 'ESTABLISHED'
  | 'FIN_WAIT_1'
  | 'FIN_WAIT_2'
  | 'CLOSE_WAIT'
  | 'CLOSING'
  | 'LAST_ACK'
  | 'TIME_WAIT'

/** Statistics of a connection. */
export interface TcpStatistics {
  /** The number of segments with data that was sent before. */
  readonly retransmissions: number
  /** The longest time that data waited without an acknowledgement, including the current wait. */
  readonly longestStallNs: Nanoseconds
  /** Octets that the peer acknowledged, and octets received in order. */
  readonly bytesAcknowledged: number
  readonly bytesReceived: number
}
