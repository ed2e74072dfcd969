import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Scheduler } from './scheduler.ts'
import { SECOND_NS, TIME_MAX_NS } from './time.ts'

/** A scheduler, and a diary in which `note` writes a name and the current time. */
function setUp(): { scheduler: Scheduler; diary: string[]; note: (what: string) => void } {
  const scheduler = new Scheduler()
  const diary: string[] = []
  const note = (what: string): void => {
    diary.push(`${what} at ${scheduler.nowNs}`)
  }
  return { scheduler, diary, note }
}

describe('Scheduler clock', () => {
  it('starts at 0', () => {
    expect(new Scheduler().nowNs).toBe(0)
  })

  it('shows the time of the event that runs', () => {
    const { scheduler, diary, note } = setUp()
    scheduler.post(20, note, 'b')
    scheduler.postAt(10, note, 'a')
    scheduler.post(30, note, 'c')
    scheduler.runUntilIdle()
    expect(diary).toEqual(['a at 10', 'b at 20', 'c at 30'])
    expect(scheduler.eventsRun).toBe(3)
  })

  it('counts a delay from the event that posts', () => {
    const { scheduler, diary, note } = setUp()
    scheduler.post(10, () => scheduler.post(5, note, 'child'), null)
    scheduler.runUntilIdle()
    expect(diary).toEqual(['child at 15'])
  })
})

describe('Scheduler.post', () => {
  it('with no delay runs after the events due now and before later ones', () => {
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

  it('refuses a time in the past, in an event and after runUntil', () => {
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
    // No event has run since 50: the queue alone would accept 55.
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

describe('Scheduler.runUntil', () => {
  it('runs the events up to that time, leaves later ones, and sets the clock', () => {
    const { scheduler, diary, note } = setUp()
    for (const timeNs of [9, 10, 11]) scheduler.postAt(timeNs, note, 'event')
    scheduler.runUntil(10)
    expect(diary).toEqual(['event at 9', 'event at 10'])
    expect(scheduler.nowNs).toBe(10)
    scheduler.runUntil(20)
    expect(diary).toEqual(['event at 9', 'event at 10', 'event at 11'])
    expect(scheduler.nowNs).toBe(20)
  })

  it('also runs the events that its events post', () => {
    const { scheduler, diary, note } = setUp()
    const again = (): void => {
      note('tick')
      scheduler.post(4, again, null)
    }
    scheduler.post(0, again, null)
    scheduler.runUntil(8)
    expect(diary).toEqual(['tick at 0', 'tick at 4', 'tick at 8'])
  })

  it('accepts the current time and runs what is due now', () => {
    const { scheduler, diary, note } = setUp()
    scheduler.runUntil(5)
    scheduler.post(0, note, 'now')
    scheduler.runUntil(5)
    expect(diary).toEqual(['now at 5'])
  })

  it('refuses an earlier time and a number that is not a valid time', () => {
    const { scheduler } = setUp()
    scheduler.runUntil(SECOND_NS)
    expect(() => scheduler.runUntil(SECOND_NS - 1)).toThrow('time does not run backwards')
    for (const none of [SECOND_NS + 0.5, Number.NaN, Number.POSITIVE_INFINITY, TIME_MAX_NS + 1]) {
      expect(() => scheduler.runUntil(none)).toThrow('is no instant')
    }
    expect(scheduler.nowNs).toBe(SECOND_NS)
  })

  it('gives the same result in one call or in several', () => {
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

describe('Scheduler.runUntilIdle', () => {
  it('leaves the clock at the last event', () => {
    const { scheduler, note } = setUp()
    scheduler.post(7, note, 'last')
    scheduler.post(3, note, 'first')
    scheduler.runUntilIdle()
    expect(scheduler.nowNs).toBe(7)
  })

  it('does nothing when the queue is empty', () => {
    const { scheduler } = setUp()
    scheduler.runUntil(5)
    scheduler.runUntilIdle()
    expect([scheduler.nowNs, scheduler.eventsRun]).toEqual([5, 0])
  })
})

describe('Scheduler.afterEvent', () => {
  it('is called once after each event, at the time of the event', () => {
    const { scheduler, diary, note } = setUp()
    scheduler.afterEvent = () => note('seen')
    scheduler.post(1, note, 'a')
    scheduler.post(1, note, 'b')
    scheduler.post(2, note, 'c')
    scheduler.runUntil(9)
    expect(diary).toEqual(['a at 1', 'seen at 1', 'b at 1', 'seen at 1', 'c at 2', 'seen at 2'])
  })

  it('can be set by an event and removed by itself', () => {
    const { scheduler, diary, note } = setUp()
    const seeOnce = (): void => {
      note('seen')
      scheduler.afterEvent = undefined
    }
    const setHook = (): void => {
      scheduler.afterEvent = seeOnce
    }
    scheduler.post(1, setHook, null)
    scheduler.post(2, note, 'a')
    scheduler.runUntilIdle()
    expect(diary).toEqual(['seen at 1', 'a at 2'])
  })
})
