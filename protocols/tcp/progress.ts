import type { Nanoseconds } from '../../engine/time.ts'

/** Measures stalls: the time that data waits without a new acknowledgement. */
export class Progress {
  #sinceNs: Nanoseconds | undefined
  #longestNs: Nanoseconds = 0

  /** Data waits from now on. */
  begin(nowNs: Nanoseconds): void {
    this.#sinceNs ??= nowNs
  }

  /** Data was acknowledged. @param done whether no data waits */
  made(nowNs: Nanoseconds, done: boolean): void {
    this.#longestNs = this.longestStallNs(nowNs)
    this.#sinceNs = done ? undefined : nowNs
  }

  /** The longest stall, including the current one. */
  longestStallNs(nowNs: Nanoseconds): Nanoseconds {
    return this.#sinceNs === undefined
      ? this.#longestNs
      : Math.max(this.#longestNs, nowNs - this.#sinceNs)
  }
}
