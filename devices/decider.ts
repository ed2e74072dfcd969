import type { Nanoseconds } from '../engine/time.ts'

/**
 * Asks for decisions without a frame, to find the path that a frame would take. It notes whom it
 * asked, and asks again only when one of them would answer otherwise. A frame notes nothing.
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
 * A part that decides where packets go: a link, an ARP entry, an election, a rule set. Code that
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
