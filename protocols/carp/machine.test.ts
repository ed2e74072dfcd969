import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CarpState, type CarpVhid, carpIntervalUs } from './machine.ts'
import { RecordedHost } from './recorded-host.fixture.ts'

/** The events of the transition table, for advskew 100 on a host with preempt. */
const EVENTS = {
  'faster advertisement': ({ vhid }: Setup) => receive(vhid, 0),
  'equal advertisement': ({ vhid }: Setup) => receive(vhid, vhid.effectiveSkew),
  'slower advertisement': ({ vhid }: Setup) => vhid.advertisementReceived(SLOWER),
  'master-down timer': ({ vhid }: Setup) => vhid.masterDownTimerFired(),
  'advertisement timer': ({ vhid }: Setup) => vhid.advertisementTimerFired(),
  'link down': ({ vhid }: Setup) => vhid.interfaceChanged(false),
  'link up': ({ vhid }: Setup) => vhid.interfaceChanged(true),
  'allow=0': ({ recorded }: Setup) => recorded.host.setAllow(false),
  'address changed': ({ vhid }: Setup) => vhid.reconsider(),
  'state master': ({ vhid }: Setup) => vhid.requestState('MASTER'),
  'state backup': ({ vhid }: Setup) => vhid.requestState('BACKUP'),
  'new advskew': ({ vhid }: Setup) => {
    vhid.advskew = 7
  },
  'last address removed': ({ recorded, vhid }: Setup) => recorded.host.remove(vhid),
}
type EventName = keyof typeof EVENTS

const SLOWER = { advbaseSeconds: 2, advskew: 0 }
const TAKEOVER = ['send skew 100', 'gratuitous ARP', 'advertise in 1390625 µs']
const REARM = 'master down in 3390625 µs'
const DOWN = 'demoted by 240 to 240 (interface down)'
const UP = 'demoted by -240 to 0 (interface up)'
const UP_FROM_INIT = ['cancel timers', 'INIT -> BACKUP (initialization complete)', REARM, UP]
const RESTARTED = ['INIT -> BACKUP (initialization complete)', REARM]

// In INIT the link is down, so the demotion is already 240.
const TABLE: readonly [CarpState, EventName, CarpState, readonly string[]][] = [
  ['INIT', 'faster advertisement', 'INIT', []],
  ['INIT', 'equal advertisement', 'INIT', []],
  ['INIT', 'slower advertisement', 'INIT', []],
  ['INIT', 'master-down timer', 'INIT', []],
  ['INIT', 'advertisement timer', 'INIT', []],
  ['INIT', 'link down', 'INIT', ['cancel timers']],
  ['INIT', 'link up', 'BACKUP', UP_FROM_INIT],
  ['INIT', 'allow=0', 'INIT', ['cancel timers']],
  ['INIT', 'address changed', 'INIT', ['cancel timers']],
  ['INIT', 'state master', 'INIT', []],
  ['INIT', 'state backup', 'INIT', []],
  ['INIT', 'new advskew', 'INIT', []],
  [
    'INIT',
    'last address removed',
    'INIT',
    ['cancel timers', 'demoted by -240 to 0 (vhid removed)'],
  ],

  ['BACKUP', 'faster advertisement', 'BACKUP', [REARM]],
  ['BACKUP', 'equal advertisement', 'BACKUP', [REARM]],
  [
    'BACKUP',
    'slower advertisement',
    'MASTER',
    ['BACKUP -> MASTER (preempting a slower master)', ...TAKEOVER],
  ],
  ['BACKUP', 'master-down timer', 'MASTER', ['BACKUP -> MASTER (master timed out)', ...TAKEOVER]],
  ['BACKUP', 'advertisement timer', 'BACKUP', []],
  ['BACKUP', 'link down', 'INIT', ['cancel timers', lost('BACKUP'), DOWN]],
  ['BACKUP', 'link up', 'BACKUP', ['cancel timers', restarts('BACKUP'), ...RESTARTED]],
  ['BACKUP', 'allow=0', 'INIT', ['cancel timers', lost('BACKUP'), DOWN]],
  ['BACKUP', 'address changed', 'BACKUP', ['cancel timers', restarts('BACKUP'), ...RESTARTED]],
  [
    'BACKUP',
    'state master',
    'MASTER',
    ['BACKUP -> MASTER (user requested via ifconfig)', ...TAKEOVER],
  ],
  ['BACKUP', 'state backup', 'BACKUP', []],
  ['BACKUP', 'new advskew', 'BACKUP', []],
  ['BACKUP', 'last address removed', 'INIT', ['cancel timers', restarts('BACKUP')]],

  [
    'MASTER',
    'faster advertisement',
    'BACKUP',
    ['cancel timers', 'MASTER -> BACKUP (more frequent advertisement received)', REARM],
  ],
  [
    'MASTER',
    'equal advertisement',
    'BACKUP',
    ['cancel timers', 'MASTER -> BACKUP (more frequent advertisement received)', REARM],
  ],
  ['MASTER', 'slower advertisement', 'MASTER', []],
  ['MASTER', 'master-down timer', 'MASTER', []],
  ['MASTER', 'advertisement timer', 'MASTER', ['send skew 100', 'advertise in 1390625 µs']],
  ['MASTER', 'link down', 'INIT', ['cancel timers', lost('MASTER'), DOWN]],
  ['MASTER', 'link up', 'BACKUP', ['cancel timers', restarts('MASTER'), ...RESTARTED]],
  ['MASTER', 'allow=0', 'INIT', ['cancel timers', lost('MASTER'), DOWN]],
  ['MASTER', 'address changed', 'BACKUP', ['cancel timers', restarts('MASTER'), ...RESTARTED]],
  ['MASTER', 'state master', 'MASTER', []],
  [
    'MASTER',
    'state backup',
    'BACKUP',
    ['cancel timers', 'MASTER -> BACKUP (user requested via ifconfig)', REARM],
  ],
  ['MASTER', 'new advskew', 'MASTER', []],
  ['MASTER', 'last address removed', 'INIT', ['cancel timers', restarts('MASTER')]],
]

function lost(state: CarpState): string {
  return `${state} -> INIT (hardware interface down)`
}

function restarts(state: CarpState): string {
  return `${state} -> INIT (hardware interface up)`
}

interface Setup {
  readonly recorded: RecordedHost
  readonly vhid: CarpVhid
}

function receive(vhid: CarpVhid, advskew: number, advbaseSeconds = 1): void {
  vhid.advertisementReceived({ advbaseSeconds, advskew })
}

/** A VHID in a given state. */
function bring(state: CarpState, advskew = 100, preempt = true): Setup {
  const recorded = new RecordedHost({ preempt })
  const vhid = recorded.add(1, advskew)
  vhid.interfaceChanged(state !== 'INIT')
  if (state === 'MASTER') vhid.masterDownTimerFired()
  recorded.runDeferred()
  recorded.taken()
  expect(vhid.state).toBe(state)
  return { recorded, vhid }
}

describe('CARP state transitions', () => {
  it.each(TABLE)('in %s, %s: %s', (before, event, after, effects) => {
    const bench = bring(before)
    EVENTS[event](bench)
    expect(bench.vhid.state).toBe(after)
    expect(bench.recorded.taken()).toEqual(effects)
  })

  it('are all in the test table', () => {
    const cells = TABLE.map(([state, event]) => `${state}, ${event}`)
    const states: readonly CarpState[] = ['INIT', 'BACKUP', 'MASTER']
    const all = states.flatMap((state) => Object.keys(EVENTS).map((event) => `${state}, ${event}`))
    expect(cells.toSorted()).toEqual(all.toSorted())
  })
})

describe('CARP without preemption', () => {
  // A BACKUP waits 3.390625 s: three times its advbase, and its advskew.
  it.each([
    ['a faster', 1, 0, 'BACKUP'],
    ['an equal', 1, 100, 'BACKUP'],
    ['a slower', 1, 101, 'BACKUP'],
    ['a much slower', 3, 99, 'BACKUP'],
    ['the slowest accepted', 3, 100, 'BACKUP'],
    ['a too slow', 3, 101, 'MASTER'],
  ])(
    '%s master with advbase %i and advskew %i makes a BACKUP %s',
    (_, advbaseSeconds, advskew, after) => {
      const { recorded, vhid } = bring('BACKUP', 100, false)
      receive(vhid, advskew, advbaseSeconds)
      expect(vhid.state).toBe(after)
      expect(recorded.taken()).toEqual(
        after === 'BACKUP' ? [REARM] : ['BACKUP -> MASTER (master will time out)', ...TAKEOVER],
      )
    },
  )

  it('includes the demotion to decide whether a master will time out', () => {
    const { recorded, vhid } = bring('BACKUP', 100, false)
    recorded.host.demote(30, 'sysctl')
    receive(vhid, 130, 3)
    expect(vhid.state).toBe('BACKUP')
    receive(vhid, 131, 3)
    expect(vhid.state).toBe('MASTER')
  })

  it('a MASTER becomes BACKUP for a faster or an equal advertisement', () => {
    for (const advskew of [99, 100]) {
      const { vhid } = bring('MASTER', 100, false)
      receive(vhid, advskew)
      expect(vhid.state).toBe('BACKUP')
    }
  })
})

describe('demoted CARP VHID', () => {
  it.each([
    [149, 'BACKUP'],
    [150, 'BACKUP'],
    [151, 'MASTER'],
  ])('with skew 100 + 50 as MASTER receives skew %i and is %s', (advskew, after) => {
    const { recorded, vhid } = bring('MASTER')
    recorded.host.demote(50, 'sysctl')
    receive(vhid, advskew)
    expect(vhid.state).toBe(after)
  })

  it.each([
    [149, 'BACKUP'],
    [150, 'BACKUP'],
    [151, 'MASTER'],
  ])('with skew 100 + 50 as BACKUP receives skew %i and is %s', (advskew, after) => {
    const { recorded, vhid } = bring('BACKUP')
    recorded.host.demote(50, 'sysctl')
    receive(vhid, advskew)
    expect(vhid.state).toBe(after)
  })

  it('uses advskew without demotion for its master-down timer and its first interval', () => {
    const { recorded, vhid } = bring('BACKUP')
    recorded.host.demote(50, 'sysctl')
    recorded.taken()
    receive(vhid, 0)
    vhid.masterDownTimerFired()
    vhid.advertisementTimerFired()
    expect(recorded.taken()).toEqual([
      'master down in 3390625 µs',
      'BACKUP -> MASTER (master timed out)',
      'send skew 150',
      'gratuitous ARP',
      'advertise in 1390625 µs',
      'send skew 150',
      'advertise in 1585937 µs',
    ])
  })
})

describe('CARP election', () => {
  it('compares advbase before advskew', () => {
    const { vhid } = bring('MASTER', 0)
    receive(vhid, 0, 2)
    expect(vhid.state).toBe('MASTER')
    receive(vhid, 0, 1)
    expect(vhid.state).toBe('BACKUP')
  })

  it('uses a new advskew and advbase from the next event on', () => {
    const { recorded, vhid } = bring('MASTER')
    vhid.advskew = 20
    receive(vhid, 30)
    expect(recorded.taken()).toEqual([])
    vhid.advbaseSeconds = 2
    vhid.advertisementTimerFired()
    expect(recorded.taken()).toEqual(['send skew 20', 'advertise in 2078125 µs'])
  })
})

describe('carpIntervalUs', () => {
  // The kernel truncates the fraction of a microsecond.
  it.each([
    ['an advertisement, skew 0', 1, 0, 1_000_000],
    ['an advertisement, skew 1', 1, 1, 1_003_906],
    ['an advertisement, skew 100', 1, 100, 1_390_625],
    ['an advertisement, skew 240', 1, 240, 1_937_500],
    ['a master down, skew 0', 3, 0, 3_000_000],
    ['a master down, skew 100', 3, 100, 3_390_625],
    ['a master down, skew 254', 3, 254, 3_992_187],
    ['the longest advertisement', 255, 254, 255_992_187],
  ])('for %s, %i s and advskew %i, is %i µs', (_, seconds, advskew, intervalUs) => {
    expect(carpIntervalUs(seconds, advskew)).toBe(intervalUs)
  })

  it('is an integer that grows with each 1/256 s', () => {
    const bases = fc.integer({ min: 1, max: 255 })
    fc.assert(
      fc.property(bases, fc.integer({ min: 0, max: 254 }), (seconds, advskew) => {
        const us = carpIntervalUs(seconds, advskew)
        expect(Number.isInteger(us)).toBe(true)
        expect(us).toBeLessThan(carpIntervalUs(seconds, advskew + 1))
        expect(us).toBeLessThan(carpIntervalUs(seconds + 1, 0))
      }),
    )
  })
})
