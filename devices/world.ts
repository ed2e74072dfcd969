import { Journal } from '../engine/journal.ts'
import { RandomSource } from '../engine/random.ts'
import { Scheduler } from '../engine/scheduler.ts'
import { FrameDigest } from '../protocols/frame/digest.ts'
import { FramePool } from '../protocols/frame/frame.ts'

/** What all devices of one run share: one clock, one chance, one stock of frames, one journal. */
export class World {
  readonly scheduler = new Scheduler()
  readonly frames = new FramePool()
  readonly journal = new Journal()
  readonly digest = new FrameDigest()
  readonly random: RandomSource
  #forwardingChanges = 0
  #nextPortId = 0

  constructor(seed: number) {
    this.random = new RandomSource(seed)
  }

  get nowNs(): number {
    return this.scheduler.nowNs
  }

  /**
   * Counts what may have changed where packets go: links, power, elections, addresses, learned
   * and forgotten neighbours. Observers walk the network again when it has moved.
   */
  get forwardingChanges(): number {
    return this.#forwardingChanges
  }

  noteForwardingChange(): void {
    this.#forwardingChanges++
  }

  /** Ports are numbered in the order they are made, so that a digest can name them. */
  takePortId(): number {
    return this.#nextPortId++
  }
}
