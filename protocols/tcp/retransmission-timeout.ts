import { type Nanoseconds, SECOND_NS } from '../../engine/time.ts'
import type { TcpParameters } from './parameters.ts'

/** The timeout after a handshake without a measurement (RFC 6298, section 5.7). */
const FALLBACK_NS = 3 * SECOND_NS

type Limits = Pick<TcpParameters, 'initialTimeoutNs' | 'minimumTimeoutNs' | 'maximumTimeoutNs'>

/**
 * The retransmission timeout (RFC 6298). As in Linux, the minimum applies to the variation and not
 * to the sum, so the timeout is always longer than the round trip by this minimum.
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

  /** The smoothed round trip time; undefined before the first measurement. */
  get smoothedNs(): Nanoseconds | undefined {
    return this.#smoothedNs
  }

  /**
   * Adds a measured round trip and ends the back-off. By Karn's algorithm, a retransmitted segment
   * must not be measured, except with timestamps.
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

  /** Doubles the timeout. */
  backOff(): void {
    if (this.timeoutNs < this.#limits.maximumTimeoutNs) this.#doublings++
  }

  /** The handshake is complete without a measurement, because the SYN was retransmitted. */
  fallBack(): void {
    this.#baseNs = Math.max(FALLBACK_NS, this.#limits.minimumTimeoutNs)
    this.#doublings = 0
  }
}

/**
 * The time from the first retransmission to the timeout of the connection: the duration of `retries`
 * retransmissions from the minimum timeout on (Linux tcp_model_timeout; 924.6 s for 15). The
 * connection ends at the first timeout after it.
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
