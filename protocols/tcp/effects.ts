import type { Nanoseconds } from '../../engine/time.ts'
import type { TcpSegment } from './segment.ts'
import type { SequenceNumber } from './sequence.ts'

/** The engine's `Timer` is one. */
export interface TcpTimer {
  /** Fires once, `delayNs` from now, in place of what it was armed for. */
  arm(delayNs: Nanoseconds): void
  cancel(): void
}

export interface TcpClock {
  readonly nowNs: Nanoseconds
  timer(handler: () => void): TcpTimer
}

/** How a conversation ended: both sides closed it, the peer refused or cut it, or fell silent. */
export type TcpEnd = 'finished' | 'reset' | 'timedOut'

/** What a connection tells its program, which may call the connection in return. */
export interface TcpProgram {
  /** The handshake is through. */
  opened(): void
  /** The next octets from the peer, as a view that is valid during the call. */
  received(bytes: Uint8Array): void
  /** The peer has got so many more octets. */
  acknowledged(count: number): void
  /** The peer will send no more (the end of the file); it may still be sent to. */
  ended(): void
  /** The conversation is over. Not told to a program that aborted it. */
  closed(end: TcpEnd): void
}

/** What a connection does to the world. */
export interface TcpEffects extends TcpClock, TcpProgram {
  /**
   * Sends a segment. It must not come back with an answer before it returns: a network takes time.
   */
  transmit(segment: TcpSegment): void
  /** A number for a new connection: 32 bits, hard to guess (RFC 9293, section 3.4.1). */
  initialSequence(): SequenceNumber
  /** The connection is no more, and its four-tuple is free. The last that is heard of it. */
  released(): void
}
