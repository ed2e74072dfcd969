import { MILLISECOND_NS, type Nanoseconds } from '../../../engine/time.ts'
import { type PfState, rowOf, STATE_ROWS } from './state.ts'

/**
 * When the purge thread looks at which states (pf_purge_thread): every 100 ms at the next hundredth
 * of the rows. An expired state lives on, and matches, until its row's turn: up to 10.1 s.
 */

export const PURGE_PERIOD_NS = 100 * MILLISECOND_NS

/** (STATE_ROWS - 1) / (10 s interval * 10), cut: 1310. The last pass of a cycle has the rest. */
const ROWS_PER_PASS = Math.floor((STATE_ROWS - 1) / 100)
/** 101: a hundred passes do not quite get to the end. */
export const PURGE_PASSES = Math.ceil(STATE_ROWS / ROWS_PER_PASS)

export class PurgeSchedule {
  #nextPassNs: Nanoseconds
  #pass = 0
  /** States by the pass that looks at them, in the order of their making. */
  #states: Set<PfState>[] = Array.from({ length: PURGE_PASSES }, () => new Set())
  #size = 0

  /** @param startNs when the first pass, over the first rows, takes place */
  constructor(startNs: Nanoseconds) {
    this.#nextPassNs = startNs
  }

  /** When the next pass takes place. */
  get nextPassNs(): Nanoseconds {
    return this.#nextPassNs
  }

  add(state: PfState): void {
    this.#statesOf(passOf(state)).add(state)
    this.#size += 1
  }

  remove(state: PfState): void {
    if (this.#statesOf(passOf(state)).delete(state)) this.#size -= 1
  }

  /**
   * Makes the passes that are due at `nowNs`, oldest first, each with its own time.
   *
   * @param expire is told the states that a pass finds expired, in the order of the scan
   */
  run(
    nowNs: Nanoseconds,
    hasExpired: (state: PfState, passNs: Nanoseconds) => boolean,
    expire: (state: PfState, passNs: Nanoseconds) => void,
  ): void {
    while (this.#nextPassNs <= nowNs) {
      if (this.#size === 0) {
        this.#skip(nowNs)
        return
      }
      const passNs = this.#nextPassNs
      const states = this.#statesOf(this.#pass)
      this.#advance(1)
      if (states.size === 0) continue
      const expired: PfState[] = []
      for (const state of states) if (hasExpired(state, passNs)) expired.push(state)
      for (const state of inRowOrder(expired)) expire(state, passNs)
    }
  }

  /** All states, in the order of a whole scan. */
  inScanOrder(): PfState[] {
    return this.#states.flatMap((states) => inRowOrder([...states]))
  }

  /** There is no state to scan. The passes take place all the same, in one step. */
  #skip(nowNs: Nanoseconds): void {
    this.#advance(Math.floor((nowNs - this.#nextPassNs) / PURGE_PERIOD_NS) + 1)
  }

  #advance(passes: number): void {
    this.#nextPassNs += passes * PURGE_PERIOD_NS
    this.#pass = (this.#pass + passes) % PURGE_PASSES
  }

  #statesOf(pass: number): Set<PfState> {
    return this.#states[pass] as Set<PfState>
  }
}

/** By row, and within a row the youngest first: new states go to its head. Sorts in place. */
function inRowOrder(states: PfState[]): PfState[] {
  return states.reverse().sort((left, right) => rowOf(left.id) - rowOf(right.id))
}

function passOf({ id }: PfState): number {
  return Math.floor(rowOf(id) / ROWS_PER_PASS)
}
