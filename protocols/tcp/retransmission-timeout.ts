import { type Nanoseconds, SECOND_NS } from '../../engine/time.ts'
import type { TcpParameters } from './parameters.ts'

/** RFC 6298, section 5.7: after a handshake that gave no measurement. */
const FALLBACK_NS = 3 * SECOND_NS

type Limits = Pick<TcpParameters, 'initialTimeoutNs' | 'minimumTimeoutNs' | 'maximumTimeoutNs'>

/**
 * How long to wait for an acknowledgement (RFC 6298). As in Linux, the minimum is one of the
 * variation and not of the sum, so that the timeout is always longer than the round trip by it.
 */
export class RetransmissionTimeout {
  #limits: Limits
  #smoothedNs: Nanoseconds | undefined
  #variationNs: Nanoseconds = 0
  #baseNs: Nanoseconds
  #doublings = 0

  constructor(limits: Limits) {
    this.#limits = limits
    this.#baseNs = limits.initialTimeoutNs
  }

  get timeoutNs(): Nanoseconds {
    return Math.min(this.#baseNs * 2 ** this.#doublings, this.#limits.maximumTimeoutNs)
  }

  /** Undefined before the first measurement. */
  get smoothedNs(): Nanoseconds | undefined {
    return this.#smoothedNs
  }

  /**
   * A round trip was measured, which ends the backing off. By Karn's rule it must not be that of a
   * segment sent more than once, unless a timestamp tells which time was acknowledged.
   */
  sample(roundTripNs: Nanoseconds): void {
    if (this.#smoothedNs === undefined) {
      this.#smoothedNs = roundTripNs
      this.#variationNs = Math.round(roundTripNs / 2)
    } else {
      const error = roundTripNs - this.#smoothedNs
      this.#variationNs += Math.round((Math.abs(error) - this.#variationNs) / 4)
      this.#smoothedNs += Math.round(error / 8)
    }
    const variationNs = Math.max(4 * this.#variationNs, this.#limits.minimumTimeoutNs)
    this.#baseNs = this.#smoothedNs + variationNs
    this.#doublings = 0
  }

  /** It was waited in vain: twice as long the next time. */
  backOff(): void {
    if (this.timeoutNs < this.#limits.maximumTimeoutNs) this.#doublings++
  }

  /** The connection is open, and no round trip was measured because the SYN had to be repeated. */
  fallBack(): void {
    this.#baseNs = Math.max(FALLBACK_NS, this.#limits.minimumTimeoutNs)
    this.#doublings = 0
  }
}

/**
 * How long a segment is sent again and again before the connection is given up, from the first
 * repetition on: as long as `retries` repetitions and the wait after the last would take from the
 * minimum timeout on (Linux: tcp_model_timeout; 924.6 s for 15). It ends with the first timeout at
 * or after that.
 */
export function retryLimitNs(retries: number, limits: Limits): Nanoseconds {
  let limitNs = 0
  let waitNs = limits.minimumTimeoutNs
  for (let repetition = 0; repetition <= retries; repetition++) {
    limitNs += waitNs
    waitNs = Math.min(2 * waitNs, limits.maximumTimeoutNs)
  }
  return limitNs
}
