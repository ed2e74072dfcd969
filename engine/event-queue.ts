import { assert } from './assert.ts'
import { assertInstant, type Nanoseconds } from './time.ts'

/**
 * The function that an event calls, with the argument and the stamp given to `push`. A stamp is a
 * number by which a handler knows an event that is outdated.
 */
export type EventHandler<Argument> = (argument: Argument, stamp: number) => void

const FIRST_CAPACITY = 64
/** Children of a node of the heap: four lie in one cache line, and the heap is half as deep. */
const ARITY = 4

/**
 * A priority queue of events, ordered by (time, sequence number): a heap of numbers in typed
 * arrays. An event lives in a slot; the heap moves only its time, sequence number and slot, so that
 * nothing is allocated for an event, and nothing is left to the garbage collector.
 *
 * The root of an event that runs stays empty until the handler pushes the first new one, which
 * takes its place: most handlers do, and it saves moving the last entry to the top and down again.
 */
export class EventQueue {
  // The heap, by place.
  #times = new Float64Array(FIRST_CAPACITY)
  #sequences = new Float64Array(FIRST_CAPACITY)
  #slots = new Int32Array(FIRST_CAPACITY)
  /** Places in use, the empty root too. */
  #places = 0
  #rootIsEmpty = false
  // The events, by slot.
  #handlers: EventHandler<never>[] = []
  #arguments: unknown[] = []
  #stamps: number[] = []
  #freeSlots: number[] = []
  #nextSequence = 0
  #lastTimeNs: Nanoseconds = 0
  #lastSequence = -1

  get size(): number {
    return this.#rootIsEmpty ? this.#places - 1 : this.#places
  }

  /** The time of the next event; Infinity when the queue is empty. */
  get nextTimeNs(): Nanoseconds {
    if (this.#rootIsEmpty) this.#fillRoot()
    return this.#places === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number)
  }

  /** Adds an event. `timeNs` must not be before the last event that ran. */
  push<Argument>(
    timeNs: Nanoseconds,
    handler: EventHandler<Argument>,
    argument: Argument,
    stamp = 0,
  ): void {
    assertInstant(timeNs)
    assert(timeNs >= this.#lastTimeNs, 'an event cannot be scheduled in the past')
    const slot = this.#freeSlots.pop() ?? this.#handlers.length
    this.#handlers[slot] = handler as EventHandler<never>
    this.#arguments[slot] = argument
    this.#stamps[slot] = stamp
    const sequence = this.#nextSequence++
    if (this.#rootIsEmpty) {
      this.#rootIsEmpty = false
      this.#sink(timeNs, sequence, slot)
    } else {
      if (this.#places === this.#times.length) this.#grow()
      this.#rise(this.#places++, timeNs, sequence, slot)
    }
  }

  /** Removes the next event and runs it. The queue must not be empty. */
  runNext(): void {
    if (this.#rootIsEmpty) this.#fillRoot()
    assert(this.#places > 0, 'an empty queue has no next event')
    const timeNs = this.#times[0] as number
    const sequence = this.#sequences[0] as number
    assert(
      timeNs > this.#lastTimeNs || (timeNs === this.#lastTimeNs && sequence > this.#lastSequence),
      'events run by (time, sequence number)',
    )
    this.#lastTimeNs = timeNs
    this.#lastSequence = sequence
    const slot = this.#slots[0] as number
    const handler = this.#handlers[slot] as EventHandler<never>
    const argument = this.#arguments[slot]
    this.#handlers[slot] = ignore
    this.#arguments[slot] = undefined
    this.#freeSlots.push(slot)
    this.#rootIsEmpty = true
    handler(argument as never, this.#stamps[slot] as number)
  }

  /** Moves the last entry to the empty root, and down from there. */
  #fillRoot(): void {
    this.#rootIsEmpty = false
    const last = --this.#places
    if (last === 0) return
    const sequence = this.#sequences[last] as number
    this.#sink(this.#times[last] as number, sequence, this.#slots[last] as number)
  }

  /** Puts an entry at `place` or above, below the first that is earlier. */
  #rise(from: number, timeNs: number, sequence: number, slot: number): void {
    const times = this.#times
    const sequences = this.#sequences
    const slots = this.#slots
    let place = from
    while (place > 0) {
      const parent = ((place - 1) / ARITY) | 0
      // A new entry has the highest sequence number: it stays behind those of its time.
      if ((times[parent] as number) <= timeNs) break
      times[place] = times[parent] as number
      sequences[place] = sequences[parent] as number
      slots[place] = slots[parent] as number
      place = parent
    }
    times[place] = timeNs
    sequences[place] = sequence
    slots[place] = slot
  }

  /** Puts an entry at the root or below, above all that are later. */
  #sink(timeNs: number, sequence: number, slot: number): void {
    const times = this.#times
    const sequences = this.#sequences
    const slots = this.#slots
    const end = this.#places
    let place = 0
    for (;;) {
      const first = place * ARITY + 1
      if (first >= end) break
      const last = Math.min(first + ARITY, end)
      let least = first
      let leastTimeNs = times[first] as number
      for (let child = first + 1; child < last; child++) {
        const childTimeNs = times[child] as number
        if (childTimeNs > leastTimeNs) continue
        if (childTimeNs === leastTimeNs && isLater(sequences, child, least)) continue
        least = child
        leastTimeNs = childTimeNs
      }
      if (leastTimeNs > timeNs) break
      if (leastTimeNs === timeNs && (sequences[least] as number) > sequence) break
      times[place] = leastTimeNs
      sequences[place] = sequences[least] as number
      slots[place] = slots[least] as number
      place = least
    }
    times[place] = timeNs
    sequences[place] = sequence
    slots[place] = slot
  }

  #grow(): void {
    const capacity = 2 * this.#times.length
    this.#times = enlarged(this.#times, new Float64Array(capacity))
    this.#sequences = enlarged(this.#sequences, new Float64Array(capacity))
    this.#slots = enlarged(this.#slots, new Int32Array(capacity))
  }
}

function isLater(sequences: Float64Array, one: number, other: number): boolean {
  return (sequences[one] as number) > (sequences[other] as number)
}

function enlarged<Numbers extends Float64Array | Int32Array>(old: Numbers, made: Numbers): Numbers {
  made.set(old)
  return made
}

function ignore(): void {}
