import type { Nanoseconds } from './time.ts'

/** One thing that happened, as the node that it happened to would log it. */
export interface JournalEntry {
  readonly timeNs: Nanoseconds
  /** The node it happened to; empty for the run itself. */
  readonly node: string
  /** What kind of thing: a stable, dotted name such as `carp.state`. */
  readonly kind: string
  /** The line a person reads. */
  readonly text: string
  /** The frame that caused it or that it caused, as numbered in the captures. */
  readonly frameId?: number
  /** The same for machines. */
  readonly details?: Readonly<Record<string, string | number | boolean | null>>
}

/**
 * What a run tells. Devices write; observers listen. A listener must not change the run.
 */
export class Journal {
  #listeners: ((entry: JournalEntry) => void)[] = []

  listen(listener: (entry: JournalEntry) => void): void {
    this.#listeners.push(listener)
  }

  tell(entry: JournalEntry): void {
    for (const listener of this.#listeners) listener(entry)
  }
}
