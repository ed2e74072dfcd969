import type { Nanoseconds } from '../engine/time.ts'
import type { DecisionSubject } from '../protocols/subject.ts'

/**
 * Asks for decisions without a frame, to find the path that a frame would take. It notes whom it
 * asked, and asks again only when one of them would answer otherwise. A frame notes nothing.
 */
export interface Asker {
  note(decider: Decider): void
  /** The answer holds up to this time only, as that of an address table whose entries age. */
  expires(timeNs: Nanoseconds): void
  /** Marks where a branch of the walk begins. */
  mark?(): number
  /** The branch that began at a mark leads nowhere. */
  forget?(mark: number): void
}

/** Hears, once, that something that it asked would answer otherwise now. */
export interface DeciderWatch {
  outdated(by: Decider): void
}

/**
 * A part that decides where packets go: a link, an ARP entry, an election, a rule set. Code that
 * changes it calls `changed`. A change that nobody asked about costs nothing.
 */
export class Decider {
  readonly subject: DecisionSubject
  /** Which one, for people: `pfsense2 VLANMGMT@5`. Empty: there is nothing to tell. */
  readonly place: string
  #watches = new Set<DeciderWatch>()

  constructor(subject: DecisionSubject, place = '') {
    this.subject = subject
    this.place = place
  }

  watch(watch: DeciderWatch): void {
    this.#watches.add(watch)
  }

  changed(): void {
    if (this.#watches.size === 0) return
    const watches = [...this.#watches]
    this.#watches.clear()
    for (const watch of watches) watch.outdated(this)
  }
}

/** The entries of a table as deciders, also those that are not there yet. Made when asked about. */
export class KeyedDeciders {
  #byKey = new Map<number, Decider>()
  #subject: DecisionSubject
  #place: string

  constructor(subject: DecisionSubject, place = '') {
    this.#subject = subject
    this.#place = place
  }

  at(key: number): Decider {
    let decider = this.#byKey.get(key)
    if (decider === undefined) {
      decider = new Decider(this.#subject, this.#place)
      this.#byKey.set(key, decider)
    }
    return decider
  }

  changed(key: number): void {
    if (this.#byKey.size > 0) this.#byKey.get(key)?.changed()
  }
}
