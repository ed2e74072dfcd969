import { Scheduler } from '../../engine/scheduler.ts'
import { type Nanoseconds, SECOND_NS } from '../../engine/time.ts'
import type { MacAddress } from '../addresses.ts'
import { Neighbour, type NeighbourTiming } from './machine.ts'

export const LINUX: NeighbourTiming = {
  reachableNs: 30 * SECOND_NS,
  delayNs: 5 * SECOND_NS,
  retransmitNs: SECOND_NS,
  broadcastProbes: 3,
  unicastProbes: 3,
  failedHoldNs: 0,
}

/** Entries expire, and a failure is followed by a hold time. */
export const FREEBSD: NeighbourTiming = {
  reachableNs: 1200 * SECOND_NS,
  delayNs: 0,
  retransmitNs: SECOND_NS,
  broadcastProbes: 5,
  unicastProbes: 0,
  failedHoldNs: 20 * SECOND_NS,
}

/** A neighbour entry with a real timer, which records its effects in order. */
export class RecordedNeighbour {
  readonly machine: Neighbour
  /** Requests and results, each with its time in seconds; without the timers. */
  readonly diary: string[] = []
  timersArmed = 0
  #scheduler = new Scheduler()
  #timer = this.#scheduler.timer(() => this.machine.timerFired())
  #lines: string[] = []

  /** @param names the names of the addresses in the record */
  constructor(timing: NeighbourTiming, names: Readonly<Record<string, MacAddress>>) {
    const scheduler = this.#scheduler
    const nameOf = (mac: MacAddress | undefined): string =>
      Object.keys(names).find((name) => names[name] === mac) ?? 'all'
    const did = (line: string): void => {
      this.#lines.push(line)
      this.diary.push(`${scheduler.nowNs / SECOND_NS} ${line}`)
    }
    this.machine = new Neighbour(timing, {
      get nowNs() {
        return scheduler.nowNs
      },
      sendRequest: (to) => did(`ask ${nameOf(to)}`),
      resolved: (mac) => did(`resolved ${nameOf(mac)}`),
      failed: () => did('failed'),
      armTimer: (delayNs) => {
        this.timersArmed++
        this.#lines.push(`timer in ${delayNs / SECOND_NS} s`)
        this.#timer.arm(delayNs)
      },
      cancelTimer: () => {
        this.#lines.push('cancel timer')
        this.#timer.cancel()
      },
    })
  }

  get nowNs(): Nanoseconds {
    return this.#scheduler.nowNs
  }

  get timerIsArmed(): boolean {
    return this.#timer.dueNs !== undefined
  }

  runUntil(timeNs: Nanoseconds): void {
    this.#scheduler.runUntil(timeNs)
  }

  /** The effects since the last call. */
  taken(): string[] {
    return this.#lines.splice(0)
  }
}
