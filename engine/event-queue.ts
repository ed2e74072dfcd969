import TinyQueue from 'tinyqueue'
import { assert } from './assert.ts'
import { assertInstant, type Nanoseconds } from './time.ts'

/** What happens when an event's time has come: one shared function, applied to its argument. */
export type EventHandler<Argument> = (argument: Argument) => void

interface QueuedEvent {
  timeNs: Nanoseconds
  sequence: number
  handler: EventHandler<never>
  argument: unknown
}

/** The order law: earlier first; of simultaneous events, the one scheduled first. */
function compareEvents(a: QueuedEvent, b: QueuedEvent): number {
  return a.timeNs - b.timeNs || a.sequence - b.sequence
}

/**
 * Events in (time, sequence number) order. Queue entries are recycled: a steady run allocates
 * nothing here, which matters because a frame costs at least one event per link it crosses.
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

  /** The time of the next event; Infinity when there is none. */
  get nextTimeNs(): Nanoseconds {
    return this.#heap.peek()?.timeNs ?? Number.POSITIVE_INFINITY
  }

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

  /** Takes the next event off the queue and runs it. The queue must not be empty. */
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
