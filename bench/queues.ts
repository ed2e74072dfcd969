import FlatQueue from 'flatqueue'
import { MinQueue } from 'heapify'
import TinyQueue from 'tinyqueue'
import { EventQueue } from '../engine/event-queue.ts'
import { RandomStream } from '../engine/random.ts'
import { Scheduler } from '../engine/scheduler.ts'
import { type Contestant, inProcess } from './measure.ts'

/**
 * The hold model, the usual measure of event queues: with N events pending, take the next one and
 * schedule another, after an exponential delay with a mean of a second.
 */

const DELAYS = 4096
const MEAN_NS = 1e9
/** Later than any hold model here gets. */
const END_NS = 1e15

const draws = new RandomStream('bench/hold')
const delaysNs = Array.from(
  { length: DELAYS },
  () => 1 + Math.floor(-MEAN_NS * Math.log((draws.integer(0, 1e9 - 1) + 1) / 1e9)),
)

function delayNs(index: number): number {
  return delaysNs[index & (DELAYS - 1)] as number
}

/** The queue of this program, without its clock. */
export function ownQueue(pending: number, holds: number): Contestant {
  return inProcess('bascule, queue', () => {
    const queue = new EventQueue()
    let next = 0
    const handler = (dueNs: number): void => push(dueNs)
    const push = (nowNs: number): void => {
      const dueNs = nowNs + delayNs(next++)
      queue.push(dueNs, handler, dueNs)
    }
    for (let index = 0; index < pending; index++) push(0)
    return {
      run() {
        for (let index = 0; index < holds; index++) queue.runNext()
        return { units: holds }
      },
    }
  })
}

/** The engine of this program: queue, clock and limits. */
export function ownEngine(pending: number, holds: number): Contestant {
  return inProcess('bascule', () => {
    const scheduler = new Scheduler()
    scheduler.eventLimit = holds
    let next = 0
    const handler = (argument: number): void =>
      scheduler.post(delayNs(next++), handler, argument + 1)
    for (let index = 0; index < pending; index++) scheduler.post(delayNs(next++), handler, index)
    return {
      run() {
        scheduler.runUntil(END_NS)
        return { units: scheduler.eventsRun, work: { events: scheduler.eventsRun } }
      },
    }
  })
}

/** What the three libraries have in common: the time of the earliest event is taken and given. */
interface TimeQueue {
  push(id: number, timeNs: number): void
  popTimeNs(): number
}

function holdOn(name: string, pending: number, holds: number, make: () => TimeQueue): Contestant {
  return inProcess(name, () => {
    const queue = make()
    let next = 0
    for (let index = 0; index < pending; index++) queue.push(index, delayNs(next++))
    return {
      run() {
        for (let index = 0; index < holds; index++) {
          const nowNs = queue.popTimeNs()
          queue.push(index & 0xffff, nowNs + delayNs(next++))
        }
        return { units: holds, work: { events: holds } }
      },
    }
  })
}

interface Entry {
  timeNs: number
  sequence: number
  id: number
}

/** The libraries alone, without calling a handler; only tinyqueue is asked to keep ties in order. */
export function libraryQueues(pending: number, holds: number): readonly Contestant[] {
  return [
    holdOn('tinyqueue', pending, holds, () => {
      const heap = new TinyQueue<Entry>(
        [],
        (a, b) => a.timeNs - b.timeNs || a.sequence - b.sequence,
      )
      let sequence = 0
      return {
        push: (id, timeNs) => heap.push({ timeNs, sequence: sequence++, id }),
        popTimeNs: () => heap.pop()?.timeNs ?? 0,
      }
    }),
    holdOn('flatqueue', pending, holds, () => {
      const heap = new FlatQueue<number>()
      return {
        push: (id, timeNs) => heap.push(id, timeNs),
        popTimeNs() {
          const timeNs = heap.peekValue() ?? 0
          heap.pop()
          return timeNs
        },
      }
    }),
    holdOn('heapify', pending, holds, () => {
      // Its types know only 32 bits; the constructor takes any typed array.
      const times = Float64Array as unknown as Uint32ArrayConstructor
      const heap = new MinQueue(pending + 1, [], [], Uint32Array, times)
      return {
        push: (id, timeNs) => heap.push(id, timeNs),
        popTimeNs() {
          const timeNs = heap.peekPriority()
          heap.pop()
          return timeNs
        },
      }
    }),
  ]
}
