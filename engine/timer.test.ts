import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Scheduler, type Timer } from './scheduler.ts'

function setUp(): { scheduler: Scheduler; timer: Timer; firedNs: number[] } {
  const scheduler = new Scheduler()
  const firedNs: number[] = []
  const timer = scheduler.timer(() => firedNs.push(scheduler.nowNs))
  return { scheduler, timer, firedNs }
}

describe('Timer', () => {
  it('does nothing until it is armed', () => {
    const { scheduler, timer, firedNs } = setUp()
    expect(timer.dueNs).toBeUndefined()
    scheduler.runUntil(100)
    expect(firedNs).toEqual([])
  })

  it('fires once, at its due time', () => {
    const { scheduler, timer, firedNs } = setUp()
    scheduler.runUntil(5)
    timer.arm(10)
    expect(timer.dueNs).toBe(15)
    scheduler.runUntil(14)
    expect(firedNs).toEqual([])
    scheduler.runUntil(100)
    expect(firedNs).toEqual([15])
    expect(timer.dueNs).toBeUndefined()
  })

  it.each([
    ['later', 30],
    ['earlier', 4],
    ['the same', 10],
  ])('re-armed for a time that is %s, fires only then', (_, timeNs) => {
    const { scheduler, timer, firedNs } = setUp()
    timer.armAt(10)
    timer.armAt(timeNs)
    expect(timer.dueNs).toBe(timeNs)
    scheduler.runUntilIdle()
    expect(firedNs).toEqual([timeNs])
  })

  it('does not fire after cancel, and can be armed again', () => {
    const { scheduler, timer, firedNs } = setUp()
    timer.armAt(10)
    timer.cancel()
    expect(timer.dueNs).toBeUndefined()
    scheduler.runUntil(20)
    timer.cancel()
    timer.armAt(30)
    scheduler.runUntilIdle()
    expect(firedNs).toEqual([30])
  })

  it('can be cancelled by an earlier event of the same time', () => {
    const { scheduler, timer, firedNs } = setUp()
    scheduler.postAt(10, () => timer.cancel(), null)
    timer.armAt(10)
    scheduler.runUntilIdle()
    expect(firedNs).toEqual([])
  })

  it('re-armed for the same time fires after the other events of that time', () => {
    const scheduler = new Scheduler()
    const diary: string[] = []
    const timer = scheduler.timer(() => diary.push('timer'))
    timer.armAt(10)
    scheduler.postAt(10, () => diary.push('event'), null)
    timer.armAt(10)
    scheduler.runUntilIdle()
    expect(diary).toEqual(['event', 'timer'])
  })

  it('is not armed while it fires, so its handler can arm it', () => {
    const scheduler = new Scheduler()
    const diary: (number | undefined)[] = []
    const timer: Timer = scheduler.timer(() => {
      diary.push(timer.dueNs, scheduler.nowNs)
      if (scheduler.nowNs < 3) timer.arm(1)
    })
    timer.arm(1)
    scheduler.runUntilIdle()
    expect(diary).toEqual([undefined, 1, undefined, 2, undefined, 3])
  })

  it('behaves like one stored due time for any sequence of arm, cancel and wait', () => {
    const actions = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant('arm' as const), ns: fc.integer({ min: 0, max: 12 }) }),
        fc.record({ do: fc.constant('wait' as const), ns: fc.integer({ min: 0, max: 12 }) }),
        fc.constant({ do: 'cancel' as const, ns: 0 }),
      ),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(actions, (steps) => {
        const { scheduler, timer, firedNs } = setUp()
        const expectedNs: number[] = []
        let dueNs: number | undefined
        for (const step of steps) {
          if (step.do === 'arm') {
            timer.arm(step.ns)
            dueNs = scheduler.nowNs + step.ns
          } else if (step.do === 'cancel') {
            timer.cancel()
            dueNs = undefined
          } else {
            scheduler.runUntil(scheduler.nowNs + step.ns)
            if (dueNs !== undefined && dueNs <= scheduler.nowNs) {
              expectedNs.push(dueNs)
              dueNs = undefined
            }
          }
          expect(timer.dueNs).toBe(dueNs)
          expect(firedNs).toEqual(expectedNs)
        }
      }),
      { numRuns: 300 },
    )
  })
})
