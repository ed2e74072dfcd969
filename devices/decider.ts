import type { Nanoseconds } from '../engine/time.ts'

/**
 * Who asks for a decision without a frame, to know where one would go. It notes whom it asked, so
 * that it need not ask again until one of them would answer otherwise. A frame notes nothing.
 */
export interface Asker {
  note(decider: Decider): void
  /** The answer holds up to this time only, as that of an address table whose entries age. */
  expires(timeNs: Nanoseconds): void
}

/** Hears, once, that something that it asked would answer otherwise now. */
export interface DeciderWatch {
  outdated(): void
}

/**
 * Something that decides where packets go: a link, an ARP entry, an election, a rule set. Whoever
 * changes it calls `changed`. A change that nobody asked about costs nothing.
 */
export class Decider {
  #watches = new Set<DeciderWatch>()

  watch(watch: DeciderWatch): void {
    this.#watches.add(watch)
  }

  changed(): void {
    if (this.#watches.size === 0) return
    const watches = [...this.#watches]
    this.#watches.clear()
    for (const watch of watches) watch.outdated()
  }
}

/** The entries of a table as deciders, also those that are not there yet. Made when asked about. */
export class KeyedDeciders {
  #byKey = new Map<number, Decider>()

  at(key: number): Decider {
    let decider = this.#byKey.get(key)
    if (decider === undefined) {
      decider = new Decider()
      this.#byKey.set(key, decider)
    }
    return decider
  }

  changed(key: number): void {
    if (this.#byKey.size > 0) this.#byKey.get(key)?.changed()
  }
}
