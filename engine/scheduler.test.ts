import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Scheduler } from './scheduler.ts'
import { SECOND_NS, TIME_MAX_NS } from './time.ts'

/** A scheduler and a diary: each event writes down its name and the time on the clock. */
function setUp(): { scheduler: Scheduler; diary: string[]; note: (what: string) => void } {
  const scheduler = new Scheduler()
  const diary: string[] = []
  const note = (what: string): void => {
    diary.push(`${what} at ${scheduler.nowNs}`)
  }
  return { scheduler, diary, note }
}

describe('the clock', () => {
  it('stands at 0 before anything has happened', () => {
    expect(new Scheduler().nowNs).toBe(0)
  })

  it('shows each event its own time', () => {
    const { scheduler, diary, note } = setUp()
    scheduler.post(20, note, 'b')
    scheduler.postAt(10, note, 'a')
    scheduler.post(30, note, 'c')
    scheduler.runUntilIdle()
    expect(diary).toEqual(['a at 10', 'b at 20', 'c at 30'])
    expect(scheduler.eventsRun).toBe(3)
  })

  it('counts a delay from the event that asks for it', () => {
    const { scheduler, diary, note } = setUp()
    scheduler.post(10, () => scheduler.post(5, note, 'child'), null)
    scheduler.runUntilIdle()
    expect(diary).toEqual(['child at 15'])
  })
})

describe('posting', () => {
  it('with no delay comes after all that is already due, and before what is not', () => {
    const { scheduler, diary, note } = setUp()
    scheduler.post(
      5,
      () => {
        note('first')
        scheduler.post(0, note, 'no delay')
        scheduler.post(1, note, 'one later')
      },
      null,
    )
    scheduler.post(5, note, 'second')
    scheduler.post(6, note, 'due at 6')
    scheduler.runUntilIdle()
    expect(diary).toEqual([
      'first at 5',
      'second at 5',
      'no delay at 5',
      'due at 6 at 6',
      'one later at 6',
    ])
  })

  it('reaches into the past neither from an event nor after the clock was set', () => {
    const { scheduler } = setUp()
    const tryAll = (): void => {
      expect(() => scheduler.post(-1, () => {}, null)).toThrow('in the past')
      expect(() => scheduler.postAt(scheduler.nowNs - 1, () => {}, null)).toThrow('in the past')
      expect(() => scheduler.timer(() => {}).arm(-1)).toThrow('in the past')
      expect(() => scheduler.timer(() => {}).armAt(scheduler.nowNs - 1)).toThrow('in the past')
    }
    scheduler.post(50, tryAll, null)
    scheduler.runUntil(60)
    expect(scheduler.eventsRun).toBe(1)
    // No event has run since 50: the queue alone would take what is for 55.
    expect(() => scheduler.postAt(55, () => {}, null)).toThrow('in the past')
    tryAll()
    scheduler.runUntilIdle()
    expect([scheduler.nowNs, scheduler.eventsRun]).toEqual([60, 1])
  })

  it.each([0.1, Number.NaN, Number.POSITIVE_INFINITY])('takes no delay of %d ns', (delayNs) => {
    const { scheduler } = setUp()
    expect(() => scheduler.post(delayNs, () => {}, null)).toThrow('internal fault')
    expect(() => scheduler.timer(() => {}).arm(delayNs)).toThrow('internal fault')
  })
})

describe('running until an instant', () => {
  it('runs what is due at that instant, leaves what is later, and sets the clock', () => {
    const { scheduler, diary, note } = setUp()
    for (const timeNs of [9, 10, 11]) scheduler.postAt(timeNs, note, 'event')
    scheduler.runUntil(10)
    expect(diary).toEqual(['event at 9', 'event at 10'])
    expect(scheduler.nowNs).toBe(10)
    scheduler.runUntil(20)
    expect(diary).toEqual(['event at 9', 'event at 10', 'event at 11'])
    expect(scheduler.nowNs).toBe(20)
  })

  it('also runs what its own events bring until then', () => {
    const { scheduler, diary, note } = setUp()
    const again = (): void => {
      note('tick')
      scheduler.post(4, again, null)
    }
    scheduler.post(0, again, null)
    scheduler.runUntil(8)
    expect(diary).toEqual(['tick at 0', 'tick at 4', 'tick at 8'])
  })

  it('stands still when it is told the time it is', () => {
    const { scheduler, diary, note } = setUp()
    scheduler.runUntil(5)
    scheduler.post(0, note, 'now')
    scheduler.runUntil(5)
    expect(diary).toEqual(['now at 5'])
  })

  it('never goes back, and stops only at instants', () => {
    const { scheduler } = setUp()
    scheduler.runUntil(SECOND_NS)
    expect(() => scheduler.runUntil(SECOND_NS - 1)).toThrow('time does not run backwards')
    for (const none of [SECOND_NS + 0.5, Number.NaN, Number.POSITIVE_INFINITY, TIME_MAX_NS + 1]) {
      expect(() => scheduler.runUntil(none)).toThrow('is no instant')
    }
    expect(scheduler.nowNs).toBe(SECOND_NS)
  })

  it('comes to the same however a run is cut into pieces', () => {
    const times = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 40 })
    fc.assert(
      fc.property(times, times, (eventTimes, stops) => {
        const drive = (pauses: readonly number[]): string[] => {
          const { scheduler, diary, note } = setUp()
          for (const [id, timeNs] of eventTimes.entries()) {
            scheduler.postAt(timeNs, note, `event ${id}`)
            scheduler.postAt(timeNs, () => scheduler.post(id % 3, note, `echo ${id}`), null)
          }
          for (const pause of pauses) scheduler.runUntil(pause)
          scheduler.runUntil(50)
          return diary
        }
        expect(drive(stops.toSorted((a, b) => a - b))).toEqual(drive([]))
      }),
    )
  })
})

describe('running until idle', () => {
  it('stops the clock at the last event', () => {
    const { scheduler, note } = setUp()
    scheduler.post(7, note, 'last')
    scheduler.post(3, note, 'first')
    scheduler.runUntilIdle()
    expect(scheduler.nowNs).toBe(7)
  })

  it('does nothing when nothing is left to happen', () => {
    const { scheduler } = setUp()
    scheduler.runUntil(5)
    scheduler.runUntilIdle()
    expect([scheduler.nowNs, scheduler.eventsRun]).toEqual([5, 0])
  })
})

describe('the hook after each event', () => {
  it('is called once per event, after it, at its time', () => {
    const { scheduler, diary, note } = setUp()
    scheduler.afterEvent = () => note('seen')
    scheduler.post(1, note, 'a')
    scheduler.post(1, note, 'b')
    scheduler.post(2, note, 'c')
    scheduler.runUntil(9)
    expect(diary).toEqual(['a at 1', 'seen at 1', 'b at 1', 'seen at 1', 'c at 2', 'seen at 2'])
  })

  it('can be hung up by an event, and be taken down by itself', () => {
    const { scheduler, diary, note } = setUp()
    const seeOnce = (): void => {
      note('seen')
      scheduler.afterEvent = undefined
    }
    const hangUp = (): void => {
      scheduler.afterEvent = seeOnce
    }
    scheduler.post(1, hangUp, null)
    scheduler.post(2, note, 'a')
    scheduler.runUntilIdle()
    expect(diary).toEqual(['seen at 1', 'a at 2'])
  })
})
