import type { RandomStream } from '../../../engine/random.ts'

/**
 * The counter of a VHID's advertisements (sc_counter). Until a peer was heard, each of them carries
 * a new random one (sc_init); from then on it counts from the peer's.
 */
export class CarpCounter {
  #draws: RandomStream
  #isFromPeer = false
  #high = 0
  #low = 0

  constructor(draws: RandomStream) {
    this.#draws = draws
  }

  get high(): number {
    return this.#high
  }

  get low(): number {
    return this.#low
  }

  /** For the next advertisement. */
  step(): void {
    if (!this.#isFromPeer) {
      this.#high = this.#draws.bits32()
      this.#low = this.#draws.bits32()
      return
    }
    this.#low = (this.#low + 1) >>> 0
    if (this.#low === 0) this.#high = (this.#high + 1) >>> 0
  }

  /** There is no replay protection: whatever counter comes with a good HMAC is adopted. */
  adopt(high: number, low: number): void {
    this.#isFromPeer = true
    this.#high = high
    this.#low = low
  }
}
