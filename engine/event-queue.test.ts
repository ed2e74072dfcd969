import fc from 'fast-check'
import TinyQueue from 'tinyqueue'
import { describe, expect, it } from 'vitest'
import { EventQueue } from './event-queue.ts'
import { RandomStream } from './random.ts'
import { TIME_MAX_NS } from './time.ts'

/**
 * The reference queue: an array that is sorted after each push. `Array.prototype.sort` is stable,
 * so simultaneous events keep the order in which they were pushed.
 */
class SortedArrayOracle {
  #events: { timeNs: number; run: () => void }[] = []

  get size(): number {
    return this.#events.length
  }

  get nextTimeNs(): number {
    return this.#events[0]?.timeNs ?? Number.POSITIVE_INFINITY
  }

  push<Argument>(
    timeNs: number,
    handler: (argument: Argument, stamp: number) => void,
    argument: Argument,
    stamp = 0,
  ): void {
    this.#events.push({ timeNs, run: () => handler(argument, stamp) })
    this.#events.sort((a, b) => a.timeNs - b.timeNs)
  }

  runNext(): void {
    this.#events.shift()?.run()
  }
}

type AnyQueue = Pick<EventQueue, 'size' | 'nextTimeNs' | 'push' | 'runNext'>

// Delays are short, so that many events have the same time.
const delays = fc.integer({ min: 0, max: 4 })
const pushOrPop = fc.oneof(
  fc.record({ op: fc.constant('push' as const), delayNs: delays }),
  fc.constant({ op: 'pop' as const }),
)

describe('EventQueue order', () => {
  it('equals the order of a sorted array for any sequence of pushes and pops', () => {
    fc.assert(
      fc.property(fc.array(pushOrPop, { maxLength: 200 }), (operations) => {
        const drive = (queue: AnyQueue): unknown[] => {
          const seen: unknown[] = []
          let nowNs = 0
          for (const [id, operation] of operations.entries()) {
            if (operation.op === 'push') {
              queue.push(nowNs + operation.delayNs, (what) => seen.push(what), id)
            } else if (queue.size > 0) {
              nowNs = queue.nextTimeNs
              queue.runNext()
            }
            seen.push([queue.size, queue.nextTimeNs])
          }
          while (queue.size > 0) queue.runNext()
          return seen
        }
        expect(drive(new EventQueue())).toEqual(drive(new SortedArrayOracle()))
      }),
      { numRuns: 300 },
    )
  })

  it('equals the order of a sorted array when events push new events', () => {
    const childDelays = fc.array(fc.array(delays, { maxLength: 3 }), {
      minLength: 1,
      maxLength: 60,
    })
    fc.assert(
      fc.property(childDelays, (childDelaysOf) => {
        const drive = (queue: AnyQueue): string[] => {
          const seen: string[] = []
          let nextId = 0
          const happen = ({ id, timeNs }: { id: number; timeNs: number }): void => {
            seen.push(`${id} at ${timeNs}`)
            for (const delayNs of childDelaysOf[id] ?? []) pushChild(timeNs + delayNs)
          }
          const pushChild = (timeNs: number): void =>
            queue.push(timeNs, happen, { id: nextId++, timeNs })
          pushChild(0)
          while (queue.size > 0) queue.runNext()
          return seen
        }
        expect(drive(new EventQueue())).toEqual(drive(new SortedArrayOracle()))
      }),
      { numRuns: 300 },
    )
  })

  it('equals that of tinyqueue with thousands of events pending', () => {
    const draws = new RandomStream('event-queue')
    const queue = new EventQueue()
    const oracle = new TinyQueue<{ timeNs: number; id: number }>(
      [],
      (a, b) => a.timeNs - b.timeNs || a.id - b.id,
    )
    let nextId = 0
    const push = (nowNs: number): void => {
      const [id, timeNs] = [nextId++, nowNs + draws.integer(0, 1_000)]
      oracle.push({ timeNs, id })
      queue.push(timeNs, happen, id)
    }
    const happen = (id: number): void => {
      const expected = oracle.pop()
      expect(id).toBe(expected?.id)
      // One in three is the last of its line, and one in three makes two others.
      for (let count = draws.integer(0, 3); count > 0; count--) push(expected?.timeNs ?? 0)
    }
    for (let count = 0; count < 5_000; count++) push(0)
    for (let count = 0; count < 20_000 && queue.size > 0; count++) queue.runNext()
  })

  it('is first in, first out for simultaneous events, also for those an event pushes', () => {
    const queue = new EventQueue()
    const seen: string[] = []
    const note = (what: string): void => {
      seen.push(what)
    }
    queue.push(7, note, 'second instant')
    queue.push(5, note, 'a')
    queue.push(
      5,
      (what: string) => {
        note(what)
        queue.push(5, note, 'd, posted by b')
      },
      'b',
    )
    queue.push(5, note, 'c')
    while (queue.size > 0) queue.runNext()
    expect(seen).toEqual(['a', 'b', 'c', 'd, posted by b', 'second instant'])
  })
})

describe('EventQueue', () => {
  it('has the next time Infinity while it is empty', () => {
    const queue = new EventQueue()
    expect([queue.size, queue.nextTimeNs]).toEqual([0, Number.POSITIVE_INFINITY])
    queue.push(3, () => {}, null)
    expect([queue.size, queue.nextTimeNs]).toEqual([1, 3])
    queue.runNext()
    expect([queue.size, queue.nextTimeNs]).toEqual([0, Number.POSITIVE_INFINITY])
  })

  it('calls each handler with its own argument although entries are recycled', () => {
    const queue = new EventQueue()
    const seen: unknown[] = []
    const see = (argument: unknown): void => {
      seen.push(argument)
    }
    for (let round = 0; round < 3; round++) {
      queue.push(round, see, { round })
      queue.push(round, see, round)
      queue.runNext()
      queue.runNext()
    }
    expect(seen).toEqual([{ round: 0 }, 0, { round: 1 }, 1, { round: 2 }, 2])
  })

  it('removes an event before running it, even when the handler throws', () => {
    const queue = new EventQueue()
    const sizes: number[] = []
    queue.push(
      1,
      () => {
        sizes.push(queue.size)
        throw new Error('boom')
      },
      null,
    )
    queue.push(2, () => sizes.push(queue.size), null)
    expect(() => queue.runNext()).toThrow('boom')
    queue.runNext()
    expect(sizes).toEqual([1, 0])
  })

  it('refuses an event in the past', () => {
    const queue = new EventQueue()
    queue.push(10, () => {}, null)
    queue.push(9, () => {}, null)
    queue.runNext()
    expect(() => queue.push(8, () => {}, null)).toThrow('in the past')
    expect(() => queue.push(9, () => {}, null)).not.toThrow()
  })

  it.each([0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, TIME_MAX_NS + 1])(
    'refuses the time %d',
    (timeNs) => {
      const queue = new EventQueue()
      expect(() => queue.push(timeNs, () => {}, null)).toThrow('is no instant')
      expect(queue.size).toBe(0)
    },
  )

  it('throws when runNext is called on an empty queue', () => {
    expect(() => new EventQueue().runNext()).toThrow('an empty queue has no next event')
  })
})
