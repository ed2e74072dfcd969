import type { Nanoseconds } from './time.ts'

/**
 * The kinds of events, each with the type of its details. The emitter of a kind adds it here, by
 * `declare module`. So a kind that does not exist, or a field with another name, does not compile.
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled where events are emitted
export interface EventKinds {}

export type EventKind = keyof EventKinds
/** The details of a kind that has none. */
export type NoDetails = Readonly<Record<string, never>>

/** One event of one kind. */
export interface EventOf<Kind extends EventKind> {
  /** The node it happened to; empty for the run itself. */
  readonly node: string
  /** A stable, dotted name such as `role.changed`. */
  readonly kind: Kind
  /** The line a person reads, as the node would log it. */
  readonly text: string
  /** The frame that caused it or that it caused, as numbered in the captures. */
  readonly frameId?: number
  /** The same for machines. */
  readonly details: EventKinds[Kind]
}

export type AnyEvent = { [Kind in EventKind]: EventOf<Kind> }[EventKind]
export type JournalEntry = AnyEvent & { readonly timeNs: Nanoseconds }

/** How the events of one kind are told to people. */
export interface EventStyle<Kind extends EventKind> {
  /** In `timeline.txt` and `events.jsonl`, in the latter only, or for the metrics only. */
  readonly told: 'timeline' | 'file' | 'metrics'
  /** Whether this one is left out of the timeline. */
  isLeftOut?(details: EventKinds[Kind]): boolean
  /** At one node and instant, events with equal keys are one line. Without it: each has its line. */
  mergeKey?(event: EventOf<Kind>): string
  /** The text of that line, also for a single event. Absent: the text of the first event. */
  merged?(details: readonly EventKinds[Kind][]): string
  /** The kind that an event of this one takes back if both have the same instant and details. */
  readonly undoes?: EventKind
}

export type EventStyles = { readonly [Kind in EventKind]: EventStyle<Kind> }

/** The events of a run. Devices write; observers listen. A listener must not change the run. */
export class Journal {
  #listeners: ((entry: JournalEntry) => void)[] = []

  listen(listener: (entry: JournalEntry) => void): void {
    this.#listeners.push(listener)
  }

  tell(entry: JournalEntry): void {
    for (const listener of this.#listeners) listener(entry)
  }
}
