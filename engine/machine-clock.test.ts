import { describe, expect, it } from 'vitest'
import { MachineClock } from './machine-clock.ts'
import { Scheduler } from './scheduler.ts'

function machine() {
  const scheduler = new Scheduler()
  const clock = new MachineClock(scheduler)
  const firedNs: number[] = []
  const timer = scheduler.timer(() => firedNs.push(scheduler.nowNs), clock)
  const stopFor = (fromNs: number, lastsNs: number) => {
    scheduler.runUntil(fromNs)
    clock.stop()
    scheduler.runUntil(fromNs + lastsNs)
    clock.goOn()
  }
  return { scheduler, clock, timer, firedNs, stopFor }
}

describe('a timer of a machine that stands still', () => {
  it.each([
    ['comes due meanwhile', 100, 40, 500],
    ['comes due afterwards', 1_000, 40, 500],
    ['is due at the very instant of the stop', 40, 40, 500],
  ])('has as long to go afterwards as before: %s', (_when, delayNs, fromNs, lastsNs) => {
    const { scheduler, timer, firedNs, stopFor } = machine()
    timer.arm(delayNs + (delayNs === fromNs ? 1 : 0))
    stopFor(fromNs, lastsNs)
    stopFor(fromNs + lastsNs, 7)
    scheduler.runUntilIdle()
    expect(firedNs).toEqual([delayNs + (delayNs === fromNs ? 1 : 0) + lastsNs + 7])
  })

  it('fires as armed when it was armed after the stop', () => {
    const { scheduler, timer, firedNs, stopFor } = machine()
    stopFor(40, 500)
    timer.arm(10)
    scheduler.runUntilIdle()
    expect(firedNs).toEqual([550])
  })

  it('is forgotten when the machine is reset or the timer cancelled', () => {
    for (const end of ['reset', 'cancel'] as const) {
      const { scheduler, clock, timer, firedNs } = machine()
      timer.arm(10)
      clock.stop()
      scheduler.runUntil(100)
      if (end === 'cancel') timer.cancel()
      else clock.reset()
      clock.goOn()
      scheduler.runUntilIdle()
      expect(firedNs).toEqual([])
    }
  })
})
