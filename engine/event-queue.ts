import TinyQueue from 'tinyqueue'
import { assert } from './assert.ts'
import { assertInstant, type Nanoseconds } from './time.ts'

/** The function that an event calls, with the argument given to `push`. */
export type EventHandler<Argument> = (argument: Argument) => void

interface QueuedEvent {
  timeNs: Nanoseconds
  sequence: number
  handler: EventHandler<never>
  argument: unknown
}

/** Earlier events come first; simultaneous events come in the order they were pushed. */
function compareEvents(a: QueuedEvent, b: QueuedEvent): number {
  return a.timeNs - b.timeNs || a.sequence - b.sequence
}

/**
 * A priority queue of events, ordered by (time, sequence number). It recycles its entries, because
 * each frame needs at least one event per link.
 */
export class EventQueue {
  #heap = new TinyQueue<QueuedEvent>([], compareEvents)
  #spare: QueuedEvent[] = []
  #nextSequence = 0
  #lastTimeNs: Nanoseconds = 0
  #lastSequence = -1

  get size(): number {
    return this.#heap.length
  }

  /** The time of the next event; Infinity when the queue is empty. */
  get nextTimeNs(): Nanoseconds {
    return this.#heap.peek()?.timeNs ?? Number.POSITIVE_INFINITY
  }

  /** Adds an event. `timeNs` must not be before the last event that ran. */
  push<Argument>(timeNs: Nanoseconds, handler: EventHandler<Argument>, argument: Argument): void {
    assertInstant(timeNs)
    assert(timeNs >= this.#lastTimeNs, 'an event cannot be scheduled in the past')
    const event = this.#spare.pop() ?? { timeNs: 0, sequence: 0, handler: ignore, argument: null }
    event.timeNs = timeNs
    event.sequence = this.#nextSequence++
    event.handler = handler as EventHandler<never>
    event.argument = argument
    this.#heap.push(event)
  }

  /** Removes the next event and runs it. The queue must not be empty. */
  runNext(): void {
    const event = this.#heap.pop()
    assert(event !== undefined, 'an empty queue has no next event')
    const { timeNs, sequence, handler, argument } = event
    assert(
      timeNs > this.#lastTimeNs || (timeNs === this.#lastTimeNs && sequence > this.#lastSequence),
      'events run by (time, sequence number)',
    )
    this.#lastTimeNs = timeNs
    this.#lastSequence = sequence
    event.handler = ignore
    event.argument = null
    this.#spare.push(event)
    handler(argument as never)
  }
}

function ignore(): void {}
