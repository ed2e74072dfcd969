import type { Nanoseconds } from '../engine/time.ts'

/** A time in which no packet of a flow could cross. */
export interface Outage {
  readonly downNs: Nanoseconds
  /** Undefined: it was not seen to end. */
  upNs: Nanoseconds | undefined
}

/**
 * The ground truth about one flow: told, at each change in the network, whether a packet could
 * cross, it keeps the intervals in which none could. What holds for no time does not count: a path
 * that is whole again at the very instant it broke was never down, and one that breaks again at the
 * very instant it was whole was never up.
 */
export class OutageLog {
  readonly flow: string
  readonly outages: Outage[] = []
  #endNs: Nanoseconds | undefined
  #onChange: (up: boolean, timeNs: Nanoseconds) => void

  /** @param onChange is told of every change, even of those that hold for no time */
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
    if (!up && last?.upNs === timeNs) last.upNs = undefined
    else if (!up) this.outages.push({ downNs: timeNs, upNs: undefined })
    else if (last?.downNs === timeNs) this.outages.pop()
    else if (last !== undefined) last.upNs = timeNs
    this.#onChange(up, timeNs)
  }
