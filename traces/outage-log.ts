import type { Nanoseconds } from '../engine/time.ts'

/** A time in which no packet of a flow could cross; still lasting when `upNs` is undefined. */
export interface Outage {
  readonly downNs: Nanoseconds
  upNs: Nanoseconds | undefined
}

/**
 * The ground truth about one flow: told, at each change in the network, whether a packet could
 * cross, it keeps the intervals in which none could.
 */
export class OutageLog {
  readonly flow: string
  readonly outages: Outage[] = []
  #onChange: (up: boolean, timeNs: Nanoseconds) => void

  constructor(flow: string, onChange: (up: boolean, timeNs: Nanoseconds) => void) {
    this.flow = flow
    this.#onChange = onChange
  }

  get up(): boolean {
    const last = this.outages.at(-1)
    return last === undefined || last.upNs !== undefined
  }

  observe(up: boolean, timeNs: Nanoseconds): void {
    if (up === this.up) return
    const last = this.outages.at(-1)
    // A path that is whole again at the very instant it broke was never down.
    if (up && last?.downNs === timeNs) {
      this.outages.pop()
      return
    }
    if (up && last !== undefined) last.upNs = timeNs
    else this.outages.push({ downNs: timeNs, upNs: undefined })
    this.#onChange(up, timeNs)
  }
}
