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

/** What a connection has come through so far. */
export interface TcpStatistics {
  /** Segments that held something which had been sent before. */
  readonly retransmissions: number
  /** The longest time for which octets waited and none was acknowledged, the present included. */
  readonly longestStallNs: Nanoseconds
  /** Octets that the peer has acknowledged, and those that came from it in order. */
  readonly bytesAcknowledged: number
  readonly bytesReceived: number
}
