import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import type { MacAddress } from '../addresses.ts'
import type { NeighbourState } from './machine.ts'
import { FREEBSD, LINUX, RecordedNeighbour } from './recorded-neighbour.fixture.ts'

const OLD: MacAddress = 0x0050_5600_0001
const NEW: MacAddress = 0x0000_5e00_0101

const EVENTS = {
  used: ({ machine }: RecordedNeighbour) => machine.used(),
  answered: ({ machine }: RecordedNeighbour) => machine.answered(OLD),
  'answered by another': ({ machine }: RecordedNeighbour) => machine.answered(NEW),
  overheard: ({ machine }: RecordedNeighbour) => machine.overheard(OLD),
  'overheard another': ({ machine }: RecordedNeighbour) => machine.overheard(NEW),
  confirmed: ({ machine }: RecordedNeighbour) => machine.confirmed(),
  timer: ({ machine }: RecordedNeighbour) => machine.timerFired(),
}
type EventName = keyof typeof EVENTS

const ASK_ALL = ['ask all', 'timer in 1 s']
const ASK_OLD = ['ask OLD', 'timer in 1 s']
const KNOWS_OLD = 'resolved OLD'
const KNOWS_NEW = 'resolved NEW'

type Row = readonly [NeighbourState, EventName, NeighbourState, readonly string[]]

// Each row starts in a state that was just entered.
const LINUX_TABLE: readonly Row[] = [
  ['failed', 'used', 'incomplete', ASK_ALL],
  ['failed', 'answered', 'reachable', [KNOWS_OLD, 'timer in 30 s']],
  ['failed', 'answered by another', 'reachable', [KNOWS_NEW, 'timer in 30 s']],
  ['failed', 'overheard', 'stale', [KNOWS_OLD, 'cancel timer']],
  ['failed', 'overheard another', 'stale', [KNOWS_NEW, 'cancel timer']],
  ['failed', 'confirmed', 'failed', []],
  ['failed', 'timer', 'failed', []],

  ['incomplete', 'used', 'incomplete', []],
  ['incomplete', 'answered', 'reachable', [KNOWS_OLD, 'timer in 30 s']],
  ['incomplete', 'answered by another', 'reachable', [KNOWS_NEW, 'timer in 30 s']],
  ['incomplete', 'overheard', 'stale', [KNOWS_OLD, 'cancel timer']],
  ['incomplete', 'overheard another', 'stale', [KNOWS_NEW, 'cancel timer']],
  ['incomplete', 'confirmed', 'incomplete', []],
  ['incomplete', 'timer', 'incomplete', ASK_ALL],

  ['reachable', 'used', 'reachable', []],
  ['reachable', 'answered', 'reachable', []],
  ['reachable', 'answered by another', 'reachable', [KNOWS_NEW]],
  ['reachable', 'overheard', 'reachable', []],
  ['reachable', 'overheard another', 'stale', [KNOWS_NEW, 'cancel timer']],
  ['reachable', 'confirmed', 'reachable', []],
  ['reachable', 'timer', 'reachable', ['timer in 30 s']],

  ['stale', 'used', 'delay', ['timer in 5 s']],
  ['stale', 'answered', 'reachable', ['timer in 30 s']],
  ['stale', 'answered by another', 'reachable', [KNOWS_NEW, 'timer in 30 s']],
  ['stale', 'overheard', 'stale', []],
  ['stale', 'overheard another', 'stale', [KNOWS_NEW, 'cancel timer']],
  ['stale', 'confirmed', 'reachable', ['timer in 30 s']],
  ['stale', 'timer', 'stale', []],

  ['delay', 'used', 'delay', []],
  ['delay', 'answered', 'reachable', ['timer in 30 s']],
  ['delay', 'answered by another', 'reachable', [KNOWS_NEW, 'timer in 30 s']],
  ['delay', 'overheard', 'delay', []],
  ['delay', 'overheard another', 'stale', [KNOWS_NEW, 'cancel timer']],
  ['delay', 'confirmed', 'reachable', ['timer in 30 s']],
  ['delay', 'timer', 'probe', ASK_OLD],

  ['probe', 'used', 'probe', []],
  ['probe', 'answered', 'reachable', ['timer in 30 s']],
  ['probe', 'answered by another', 'reachable', [KNOWS_NEW, 'timer in 30 s']],
  ['probe', 'overheard', 'probe', []],
  ['probe', 'overheard another', 'stale', [KNOWS_NEW, 'cancel timer']],
  ['probe', 'confirmed', 'reachable', ['timer in 30 s']],
  ['probe', 'timer', 'probe', ASK_OLD],
]

const FREEBSD_TABLE: readonly Row[] = [
  ['failed', 'used', 'incomplete', ASK_ALL],
  ['failed', 'overheard', 'reachable', [KNOWS_OLD, 'timer in 1200 s']],
  ['incomplete', 'answered', 'reachable', [KNOWS_OLD, 'timer in 1200 s']],
  ['incomplete', 'overheard', 'reachable', [KNOWS_OLD, 'timer in 1200 s']],
  ['incomplete', 'timer', 'incomplete', ASK_ALL],
  ['reachable', 'used', 'reachable', []],
  ['reachable', 'overheard', 'reachable', []],
  ['reachable', 'overheard another', 'reachable', [KNOWS_NEW]],
]

/** A neighbour entry in a given state, with the address OLD if the state has one. */
function bring(state: NeighbourState, timing = LINUX): RecordedNeighbour {
  const recorded = new RecordedNeighbour(timing, { OLD, NEW })
  const { machine } = recorded
  if (state === 'incomplete') machine.used()
  else if (state === 'stale' || state === 'delay' || state === 'probe') machine.overheard(OLD)
  else if (state === 'reachable') machine.answered(OLD)
  if (state === 'delay' || state === 'probe') machine.used()
  if (state === 'probe') machine.timerFired()
  expect(machine.state).toBe(state)
  recorded.taken()
  return recorded
}

describe('ARP neighbour entry of Linux or Windows', () => {
  it.each(LINUX_TABLE)('%s, %s: %s', (before, event, after, effects) => {
    const recorded = bring(before)
    EVENTS[event](recorded)
    expect(recorded.machine.state).toBe(after)
    expect(recorded.taken()).toEqual(effects)
  })

  it('has a table row for each state and event', () => {
    const states = new Set(LINUX_TABLE.map(([state]) => state))
    const all = [...states].flatMap((state) => Object.keys(EVENTS).map((name) => [state, name]))
    expect(LINUX_TABLE.map(([state, name]) => [state, name])).toEqual(all)
    expect(states.size).toBe(6)
  })

  it('fails after three requests without a reply, one per second', () => {
    const recorded = new RecordedNeighbour(LINUX, { OLD })
    recorded.machine.used()
    recorded.runUntil(60 * SECOND_NS)
    expect(recorded.diary).toEqual(['0 ask all', '1 ask all', '2 ask all', '3 failed'])
    // The next packet starts again at once.
    recorded.machine.used()
    expect(recorded.machine.state).toBe('incomplete')
  })

  it('becomes stale, and is probed by unicast 5 s after its next use', () => {
    const recorded = new RecordedNeighbour(LINUX, { OLD })
    recorded.machine.answered(OLD)
    recorded.runUntil(40 * SECOND_NS)
    expect(recorded.machine.state).toBe('stale')
    recorded.machine.used()
    recorded.runUntil(90 * SECOND_NS)
    expect(recorded.diary).toEqual([
      '0 resolved OLD',
      '45 ask OLD',
      '46 ask OLD',
      '47 ask OLD',
      '48 failed',
    ])
    expect(recorded.machine.mac).toBeUndefined()
  })

  it('keeps its address while it is stale, delay or probe', () => {
    for (const state of ['stale', 'delay', 'probe'] as const) {
      expect(bring(state).machine.mac).toBe(OLD)
    }
  })

  it('stays reachable for 30 s after the last confirmation, without a new timer each time', () => {
    const recorded = new RecordedNeighbour(LINUX, { OLD })
    recorded.machine.answered(OLD)
    for (let second = 1; second <= 50; second++) {
      recorded.runUntil(second * SECOND_NS)
      recorded.machine.confirmed()
    }
    expect(recorded.timersArmed).toBe(2)
    recorded.runUntil(80 * SECOND_NS - 1)
    expect(recorded.machine.state).toBe('reachable')
    recorded.runUntil(80 * SECOND_NS)
    expect(recorded.machine.state).toBe('stale')
  })
})

describe('ARP entry of FreeBSD', () => {
  it.each(FREEBSD_TABLE)('%s, %s: %s', (before, event, after, effects) => {
    const recorded = bring(before, FREEBSD)
    EVENTS[event](recorded)
    expect(recorded.machine.state).toBe(after)
    expect(recorded.taken()).toEqual(effects)
  })

  it('is removed after 20 minutes and requested again', () => {
    const recorded = new RecordedNeighbour(FREEBSD, { OLD })
    recorded.machine.answered(OLD)
    recorded.runUntil(1200 * SECOND_NS - 1)
    expect(recorded.machine.mac).toBe(OLD)
    recorded.runUntil(1200 * SECOND_NS)
    expect([recorded.machine.state, recorded.machine.mac]).toEqual(['failed', undefined])
    expect(recorded.machine.outlook).toBe('ask')
    recorded.machine.used()
    expect(recorded.diary).toEqual(['0 resolved OLD', '1200 ask all'])
  })

  it('sends no request after the last one, nor during the hold time after the failure', () => {
    const recorded = new RecordedNeighbour(FREEBSD, { OLD })
    recorded.machine.used()
    recorded.runUntil(4 * SECOND_NS - 1)
    expect(recorded.machine.outlook).toBe('ask')
    recorded.runUntil(4 * SECOND_NS)
    expect(recorded.machine.outlook).toBe('asked')
    recorded.runUntil(25 * SECOND_NS - 1)
    expect(recorded.machine.outlook).toBe('unresolved')
    recorded.machine.used()
    expect(recorded.machine.state).toBe('failed')
    recorded.runUntil(25 * SECOND_NS)
    expect(recorded.machine.outlook).toBe('ask')
    recorded.machine.used()
    expect(recorded.diary.slice(5)).toEqual(['5 failed', '24.999999999 failed', '25 ask all'])
  })
})

describe('ARP neighbour entry after any sequence of events', () => {
  const steps = fc.array(
    fc.record({
      what: fc.constantFrom<EventName | 'wait'>(
        'used',
        'answered',
        'answered by another',
        'overheard',
        'overheard another',
        'confirmed',
        'wait',
        'wait',
      ),
      seconds: fc.integer({ min: 0, max: 40 }),
    }),
    { maxLength: 60 },
  )

  it.each([
    ['Linux', LINUX],
    ['FreeBSD', FREEBSD],
  ])('%s has an address and an armed timer exactly in the states that need them', (_, timing) => {
    fc.assert(
      fc.property(steps, (events) => {
        const recorded = new RecordedNeighbour(timing, { OLD, NEW })
        const { machine } = recorded
        for (const { what, seconds } of events) {
          if (what === 'wait') recorded.runUntil(recorded.nowNs + seconds * SECOND_NS)
          else EVENTS[what](recorded)
          const { state } = machine
          const known = state !== 'failed' && state !== 'incomplete'
          expect([state, machine.mac !== undefined]).toEqual([state, known])
          const waits = state !== 'failed' && state !== 'stale'
          expect([state, recorded.timerIsArmed]).toEqual([state, waits])
          if (timing.unicastProbes === 0) expect(state).not.toMatch(/stale|delay|probe/)
        }
        // Without more events its timer ends.
        recorded.runUntil(recorded.nowNs + 3600 * SECOND_NS)
        expect(recorded.timerIsArmed).toBe(false)
      }),
    )
  })
})
