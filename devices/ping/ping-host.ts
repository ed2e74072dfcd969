import type { Nanoseconds } from '../../engine/time.ts'
import type { Ipv4Address } from '../../protocols/addresses.ts'

/**
 * The interface between a ping program and its host. A program touches no clock and no device: the
 * host gives it the time, timers and a way to send, and calls `reply` and `error`. Several programs
 * may run on one host.
 */

// --- From the program to its host --------------------------------------------------------------

/** An ICMP echo request, with what the program chooses of the IP header around it. */
export interface EchoRequest {
  readonly target: Ipv4Address
  /** 16 bits; it tells the programs of a host apart (on Windows, only the sequence does). */
  readonly identifier: number
  /** 16 bits. */
  readonly sequence: number
  /** 1 to 255. */
  readonly ttl: number
  readonly dontFragment: boolean
  /**
   * The data behind the 8 bytes of the ICMP header. It is copied at once: the program may reuse
   * it.
   */
  readonly payload: Uint8Array
}

/** A timer in the hands of a program; the engine's `Timer` is one. */
export interface PingTimer {
  /** Fires once, `delayNs` (0 or more) from now, in place of what it was armed for. */
  arm(delayNs: Nanoseconds): void
  cancel(): void
}

export interface PingHost {
  readonly nowNs: Nanoseconds
  timer(handler: () => void): PingTimer

  /**
   * Sends an echo request. It never calls the program back before it returns: what the host's own
   * stack has to say about the request is an event of its own.
   *
   * @returns the number of the packet in the captures; 0 if it could not even be built, for want
   * of an interface or a route
   */
  send(request: EchoRequest): number

  /**
   * The next number of the host-wide ICMP sequence counter of Windows: 1 after boot, one more for
   * every request of every program on the host, 16 bits. Source: captures.
   */
  nextWindowsSequence(): number
}

// --- From the host to the program --------------------------------------------------------------

export interface EchoReply {
  readonly source: Ipv4Address
  readonly sequence: number
  /** The TTL of the IP header when the reply reached the host. */
  readonly ttl: number
  readonly payloadBytes: number
}

export type EchoErrorKind =
  | 'hostUnreachable'
  | 'netUnreachable'
  | 'protocolUnreachable'
  | 'portUnreachable'
  | 'fragmentationNeeded'
  | 'ttlExpired'

/** An ICMP error about one of the program's requests. */
export interface EchoError {
  /** The sender of the error: a router, the target, or the host itself when `local`. */
  readonly source: Ipv4Address
  /** The sequence number of the request that the error quotes. */
  readonly sequence: number
  readonly kind: EchoErrorKind
  /** Whether the host's own stack says so: nobody answered ARP, or its own MTU is too small. */
  readonly local: boolean
  /** For `fragmentationNeeded`: the MTU of the next hop. 0, the default, when it was not told. */
  readonly mtuBytes?: number
}

/**
 * The answer of a program to a reply:
 * - `matched`: it took it;
 * - `late`: it had given up on the probe, and drops it;
 * - `unknown`: it is not waiting for it and never was, or no longer is because the probe was
 *   answered before or the program ended. Another program of the host may still want it.
 */
export type ReplyVerdict = 'matched' | 'late' | 'unknown'

export interface PingProgram {
  /** The identifier of every request of this program. */
  readonly identifier: number
  /** The lines printed so far, without their ends, blank lines included. */
  readonly transcript: readonly string[]
  /** Prints the header and sends the first probe. Once. */
  start(): void
  /** Ctrl+C: prints the statistics and ends. Nothing happens if it is not running. */
  stop(): void
  reply(reply: EchoReply): ReplyVerdict
  /** An error about a probe that the program does not wait for changes nothing. */
  error(error: EchoError): void
}

// --- From the program to the metrics -----------------------------------------------------------

/**
 * The reason why a program holds a probe for failed; `transmitFailed` is a probe that could not be
 * sent. The statistics of the program may differ: Windows counts an ICMP error as received.
 */
export type ProbeFailure = 'timeout' | 'transmitFailed' | EchoErrorKind

/**
 * Hears of every probe; must not change anything. Probes count from 1 in the order sent, whatever
 * their sequence numbers. A probe heard of no more was lost, or under way when the program ended.
 */
export interface ProbeObserver {
  /** @param packetId what `PingHost.send` returned */
  sent(probe: number, timeNs: Nanoseconds, packetId: number): void
  /** The first reply. On Linux it may come after `failed`, as nothing makes that ping give up. */
  received(probe: number, timeNs: Nanoseconds, rttNs: Nanoseconds): void
  /** One more reply to a probe already answered, even if the program does not notice it. */
  duplicate(probe: number, timeNs: Nanoseconds): void
  /** The program gave up on the probe, or an error answered it. At most once for each probe. */
  failed(probe: number, timeNs: Nanoseconds, why: ProbeFailure): void
}
