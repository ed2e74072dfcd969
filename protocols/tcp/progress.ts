import type { Nanoseconds } from '../../engine/time.ts'

/** Measures how long octets wait for the peer to acknowledge any: what a user sees as a stall. */
export class Progress {
  #sinceNs: Nanoseconds | undefined
  #longestNs: Nanoseconds = 0

  /** The first octet after a quiet time waits from now on. */
  begin(nowNs: Nanoseconds): void {
    this.#sinceNs ??= nowNs
  }

  /** @param done whether nothing waits any more */
  made(nowNs: Nanoseconds, done: boolean): void {
    this.#longestNs = this.longestStallNs(nowNs)
    this.#sinceNs = done ? undefined : nowNs
  }

  /** The longest time without progress, the present one included. */
  longestStallNs(nowNs: Nanoseconds): Nanoseconds {
    return this.#sinceNs === undefined
      ? this.#longestNs
      : Math.max(this.#longestNs, nowNs - this.#sinceNs)
  }
}
