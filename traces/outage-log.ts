import type { Nanoseconds } from '../engine/time.ts'
import type { DecisionSubject } from '../protocols/subject.ts'

/** A decision about the path of a flow that changed while it was down, or that broke it. */
export interface PathStep {
  readonly timeNs: Nanoseconds
  /** `ageing`: an entry of a table grew too old; `client`: another packet than before must cross. */
  readonly subject: DecisionSubject | 'ageing' | 'client'
  readonly place: string
  /** Where the path ends from now on. */
  readonly brokenWay: 'there' | 'back' | undefined
  /** Whether the path that was whole in the end goes by it. */
  isNeeded: boolean
}

/** A time in which no packet of a flow could cross. */
export interface Outage {
  readonly downNs: Nanoseconds
  /** Undefined: it was not seen to end. */
  upNs: Nanoseconds | undefined
  /** The client's own end, for an outage that outlived it. */
  unwatchedFromNs: Nanoseconds | undefined
  /** From what broke it to what ended it, in the order of happening. */
  readonly steps: PathStep[]
}

/** A time in which packets of a flow crossed, or not, by chance. */
export interface Impairment {
  readonly fromNs: Nanoseconds
  /** Undefined: it was not seen to end. */
  untilNs: Nanoseconds | undefined
  /** The probability that a packet or its answer is lost: above 0 and below 1. */
  readonly lossProbability: number
}

/** Until when an outage is known to have lasted. */
export function lastedUntilNs(outage: Outage, runEndNs: Nanoseconds): Nanoseconds {
  return outage.upNs ?? outage.unwatchedFromNs ?? runEndNs
}

/**
 * The ground truth about one flow. At each change in the network it is told whether a packet could
 * cross, and keeps the intervals in which none could. A state that holds for no time does not
 * count: a path that is whole again at the very instant it broke was never down, and one that
 * breaks again at the very instant it was whole was never up.
 */
export class OutageLog {
  readonly flow: string
  readonly outages: Outage[] = []
  readonly impairments: Impairment[] = []
  /** When a decision about the path changed, in order of time. */
  #changesNs: Nanoseconds[] = []
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

  /** When the flow's client ended; undefined: with the run. */
  get endNs(): Nanoseconds | undefined {
    return this.#endNs
  }

  /**
   * Takes the state of the path after a decision about it changed.
   * @param passProbability of a packet and its answer: 0 is down, 1 is up, between is impaired
   * @param steps the decisions that changed; none: another packet must cross than before
   */
  observe(passProbability: number, timeNs: Nanoseconds, steps: readonly PathStep[] = []): void {
    if (this.#endNs !== undefined) return
    if (this.#changesNs.at(-1) !== timeNs) this.#changesNs.push(timeNs)
    this.#observeImpairment(passProbability === 0 ? 0 : 1 - passProbability, timeNs)
    const up = passProbability > 0
    const last = this.outages.at(-1)
    if (up === this.up) {
      if (!up) last?.steps.push(...steps)
      return
    }
    if (!up && last?.upNs !== timeNs) {
      const end = { upNs: undefined, unwatchedFromNs: undefined }
      this.outages.push({ downNs: timeNs, ...end, steps: [...steps] })
    } else if (last?.downNs === timeNs) {
      this.outages.pop()
    } else if (last !== undefined) {
      last.upNs = up ? timeNs : undefined
      last.steps.push(...steps)
    }
    this.#onChange(up, timeNs)
  }

  #observeImpairment(lossProbability: number, timeNs: Nanoseconds): void {
    const last = this.impairments.at(-1)
    const current = last?.untilNs === undefined ? (last?.lossProbability ?? 0) : 0
    if (lossProbability === current) return
    if (last !== undefined && current > 0) last.untilNs = timeNs
    if (lossProbability > 0) {
      this.impairments.push({ fromNs: timeNs, untilNs: undefined, lossProbability })
    }
  }

  /** Whether no packet could cross at any instant from one time to another, both included. */
  wasDownThroughout(fromNs: Nanoseconds, toNs: Nanoseconds): boolean {
    return this.outages.some(({ downNs, upNs = Number.POSITIVE_INFINITY }) => {
      return downNs < fromNs && toNs < upNs
    })
  }

  /** Whether packets could cross at each instant from one time to another, both included. */
  wasUpThroughout(fromNs: Nanoseconds, toNs: Nanoseconds): boolean {
    return this.outages.every(({ downNs, upNs = Number.POSITIVE_INFINITY }) => {
      return toNs < downNs || upNs < fromNs
    })
  }

  /**
   * Whether a decision about the path changed from one time to another, both included. A packet
   * that travels then may meet old decisions at some devices and new ones at others. So it may be
   * lost between two whole paths, and it may cross though at no instant a path was whole.
   */
  changedBetween(fromNs: Nanoseconds, toNs: Nanoseconds): boolean {
    const next = this.#changesNs[firstIndexFrom(this.#changesNs, fromNs)]
    return next !== undefined && next <= toNs
  }

  /** The flow's client has ended: what happens from now on is no longer about it. */
  ended(timeNs: Nanoseconds): void {
    if (this.#endNs !== undefined) return
    this.#endNs = timeNs
    const last = this.outages.at(-1)
    if (last !== undefined && !this.up) last.unwatchedFromNs = timeNs
    const impairment = this.impairments.at(-1)
    if (impairment !== undefined) impairment.untilNs ??= timeNs
  }
}

/** The index of the first time that is not before another one; the times are in order. */
function firstIndexFrom(timesNs: readonly Nanoseconds[], fromNs: Nanoseconds): number {
  let low = 0
  let high = timesNs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((timesNs[middle] as Nanoseconds) < fromNs) low = middle + 1
    else high = middle
  }
  return low
}
