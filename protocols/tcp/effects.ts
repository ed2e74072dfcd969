import type { Nanoseconds } from '../../engine/time.ts'
import type { TcpSegment } from './segment.ts'
import type { SequenceNumber } from './sequence.ts'

/** A timer; `Timer` of the engine implements it. */
export interface TcpTimer {
  /** Fires once in `delayNs`. This replaces an earlier arming. */
  arm(delayNs: Nanoseconds): void
  cancel(): void
}

export interface TcpClock {
  readonly nowNs: Nanoseconds
  timer(handler: () => void): TcpTimer
}

/** How a connection ended: closed by both ends, reset by the peer, or timed out. */
export type TcpEnd = 'finished' | 'reset' | 'timedOut'

/** The callbacks of a program, which can call the connection. */
export interface TcpProgram {
  /** The handshake is complete. */
  opened(): void
  /** The next octets from the peer, as a view that is valid during the call. */
  received(bytes: Uint8Array): void
  /** The peer acknowledged `count` more octets. */
  acknowledged(count: number): void
  /** The peer sent its FIN; this end can still send. */
  ended(): void
  /** The connection is closed. Not called after an abort. */
  closed(end: TcpEnd): void
}

/** The effects of a connection. */
export interface TcpEffects extends TcpClock, TcpProgram {
  /** Sends a segment. An answer must not arrive before it returns. */
  transmit(segment: TcpSegment): void
  /** The initial sequence number: 32 random bits (RFC 9293, section 3.4.1). */
  initialSequence(): SequenceNumber
  /** The four-tuple is free. No other effect follows. */
  released(): void
}
