import { type AnyEvent, Journal, type JournalEntry } from '../engine/journal.ts'
import { RandomSource } from '../engine/random.ts'
import { Scheduler } from '../engine/scheduler.ts'
import { FrameDigest } from '../protocols/frame/digest.ts'
import { FramePool } from '../protocols/frame/frame.ts'

/** The common parts of all devices of one run: clock, random source, frame pool and journal. */
export class World {
  readonly scheduler = new Scheduler()
  readonly frames = new FramePool()
  readonly journal = new Journal()
  readonly digest = new FrameDigest()
  readonly random: RandomSource
  #nextPortId = 0
  #frameHolders: (() => number)[] = []

  constructor(seed: number) {
    this.random = new RandomSource(seed)
  }

  get nowNs(): number {
    return this.scheduler.nowNs
  }

  /** Notes in the journal what happens to a node now. */
  tell(event: AnyEvent): void {
    // A literal, because copying an object of any shape costs ten times as much.
    const { node, kind, text, frameId, details } = event
    const entry = { timeNs: this.nowNs, node, kind, text, frameId, details }
    this.journal.tell(entry as JournalEntry)
  }

  /** Ports are numbered in the order they are made, so that a digest can name them. */
  takePortId(): number {
    return this.#nextPortId++
  }

  /** Registers a holder of frames. `count` tells how many it holds now. */
  registerFrameHolder(count: () => number): void {
    this.#frameHolders.push(count)
  }

  /**
   * The conservation law, counted twice: by the ledger of the pool, and by asking all who hold
   * frames. A frame that was forgotten, or ended twice, makes the two differ.
   */
  assertFramesConserved(): void {
    this.frames.assertConserved(this.#frameHolders.reduce((total, count) => total + count(), 0))
  }
}
