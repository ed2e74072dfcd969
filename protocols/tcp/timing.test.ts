import { describe, expect, it } from 'vitest'
import { Scheduler } from '../../engine/scheduler.ts'
import { MILLISECOND_NS, SECOND_NS } from '../../engine/time.ts'
import { Deadline } from './deadline.ts'
import { Progress } from './progress.ts'
import { RoundTrip } from './round-trip.ts'
import { TimestampClock } from './timestamp-clock.ts'

describe('TCP Deadline', () => {
  function setUp(): { scheduler: Scheduler; deadline: Deadline; fired: number[] } {
    const scheduler = new Scheduler()
    const fired: number[] = []
    const deadline = new Deadline(scheduler, () => fired.push(scheduler.nowNs))
    return { scheduler, deadline, fired }
  }

  it('fires once, at its due time', () => {
    const { scheduler, deadline, fired } = setUp()
    deadline.set(10)
    expect(deadline.isSet).toBe(true)
    scheduler.runUntilIdle()
    expect(fired).toEqual([10])
    expect(deadline.isSet).toBe(false)
  })

  it('can be moved later without a new event each time', () => {
    const { scheduler, deadline, fired } = setUp()
    for (let count = 0; count < 50; count++) {
      deadline.set(1000)
      scheduler.runUntil(scheduler.nowNs + 10)
    }
    expect(scheduler.eventsRun).toBe(0)
    scheduler.runUntilIdle()
    expect(fired).toEqual([1490])
    expect(scheduler.eventsRun).toBe(2)
  })

  it('can be moved earlier', () => {
    const { scheduler, deadline, fired } = setUp()
    deadline.set(1000)
    deadline.set(10)
    scheduler.runUntilIdle()
    expect(fired).toEqual([10])
  })

  it('can be cleared and set again', () => {
    const { scheduler, deadline, fired } = setUp()
    deadline.set(10)
    deadline.clear()
    expect(deadline.isSet).toBe(false)
    scheduler.runUntil(20)
    deadline.set(10)
    deadline.clear()
    deadline.set(20)
    scheduler.runUntilIdle()
    expect(fired).toEqual([40])
  })
})

describe('TCP Progress', () => {
  it('gives the longest time between two acknowledgements, or since the last', () => {
    const progress = new Progress()
    expect(progress.longestStallNs(5)).toBe(0)
    progress.begin(10)
    progress.begin(12)
    progress.made(15, false)
    expect(progress.longestStallNs(16)).toBe(5)
    progress.made(30, false)
    progress.made(32, true)
    expect(progress.longestStallNs(100)).toBe(15)
    progress.begin(100)
    expect(progress.longestStallNs(116)).toBe(16)
  })
})

describe('TCP RoundTrip', () => {
  it('measures one segment at a time', () => {
    const roundTrip = new RoundTrip()
    roundTrip.sent(200, 10)
    roundTrip.sent(300, 20)
    expect(roundTrip.acknowledged(199, 30)).toBeUndefined()
    expect(roundTrip.acknowledged(300, 40)).toBe(30)
    expect(roundTrip.acknowledged(400, 50)).toBeUndefined()
  })

  it('does not measure a retransmitted segment (Karn)', () => {
    const roundTrip = new RoundTrip()
    roundTrip.sent(200, 10)
    roundTrip.void()
    expect(roundTrip.acknowledged(200, 40)).toBeUndefined()
  })
})

describe('TCP TimestampClock', () => {
  it('counts milliseconds from its origin and wraps', () => {
    const clock = new TimestampClock(0xffff_ff00)
    expect(clock.stamp(0)).toEqual({ value: 0xffff_ff00, echo: 0 })
    expect(clock.stamp(MILLISECOND_NS - 1).value).toBe(0xffff_ff00)
    expect(clock.stamp(SECOND_NS).value).toBe(744)
    expect(clock.stamp(104 * 86_400 * SECOND_NS)).toMatchObject({ value: 395_665_152 })
  })

  it('measures round trips in whole ticks, at least one', () => {
    const clock = new TimestampClock(0xffff_ffff)
    expect(clock.roundTripNs(SECOND_NS, 899)).toBe(100 * MILLISECOND_NS)
    expect(clock.roundTripNs(SECOND_NS, 999)).toBe(MILLISECOND_NS)
  })

  it('echoes the first unacknowledged segment, and detects old timestamps', () => {
    const clock = new TimestampClock(0)
    clock.open({ value: 0xffff_fff0, echo: 0 })
    clock.took({ value: 0xffff_fff5, echo: 0 }, 1000, 1000)
    expect(clock.stamp(0).echo).toBe(0xffff_fff5)
    clock.took({ value: 3, echo: 0 }, 1001, 1000)
    expect(clock.stamp(0).echo).toBe(0xffff_fff5)
    clock.took({ value: 3, echo: 0 }, 900, 1000)
    expect(clock.stamp(0).echo).toBe(3)
    expect(clock.isOld({ value: 2, echo: 0 })).toBe(true)
    expect(clock.isOld({ value: 0xffff_fff9, echo: 0 })).toBe(true)
    expect(clock.isOld({ value: 3, echo: 0 })).toBe(false)
  })
})
