import { EventQueue } from '../engine/event-queue.ts'
import { RandomStream } from '../engine/random.ts'
import type { Work } from './measure.ts'

/**
 * The hold model, the usual measure of event queues: with N events pending, take the next one and
 * schedule another. Nine delays in ten are those of a network, 0.5 to 18 µs, the tenth is a timer
 * of a second.
 */
export function holdModel(pending: number, holds: number): Work {
  const draws = new RandomStream('bench/hold')
  const delaysNs = Array.from({ length: 4096 }, (_, index) =>
    index % 10 === 0 ? draws.integer(500_000_000, 1_500_000_000) : draws.integer(500, 18_000),
  )
  return {
    name: `event queue, ${pending} pending`,
    unit: 'events/s',
    run() {
      const queue = new EventQueue()
      let next = 0
      let nowNs = 0
      const handler = (dueNs: number): void => {
        nowNs = dueNs
        push()
      }
      const push = (): void => {
        const dueNs = nowNs + (delaysNs[next++ & 4095] as number)
        queue.push(dueNs, handler, dueNs)
      }
      for (let index = 0; index < pending; index++) push()
      for (let index = 0; index < holds; index++) queue.runNext()
      return holds
    },
  }
}
