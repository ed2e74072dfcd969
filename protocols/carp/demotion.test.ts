import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CarpVhid } from './machine.ts'
import { RecordedHost, type RecordedSettings } from './recorded-host.fixture.ts'

interface Setup {
  readonly recorded: RecordedHost
  readonly vhids: readonly CarpVhid[]
}

/** A host that is MASTER of the VHIDs 1, 2, 3, …, created in this order. */
function masters(count: number, settings: RecordedSettings = {}, advskew = 0): Setup {
  const recorded = new RecordedHost(settings)
  const vhids = Array.from({ length: count }, (_, index) => {
    const vhid = recorded.add(index + 1, advskew, `vhid ${index + 1}`)
    vhid.interfaceChanged(true)
    vhid.masterDownTimerFired()
    return vhid
  })
  recorded.runDeferred()
  recorded.taken()
  return { recorded, vhids }
}

function statesOf({ vhids }: Setup): string[] {
  return vhids.map(({ state }) => state)
}

describe('CARP effective skew', () => {
  it.each([
    [0, 0, 0],
    [100, 0, 100],
    [0, 240, 240],
    [100, 240, 240],
    [100, 139, 239],
    [0, 1440, 240],
    [254, 0, 240],
    [100, -60, 40],
    [100, -300, 0],
  ])('of advskew %i and demotion %i is %i', (advskew, demotion, effective) => {
    const recorded = new RecordedHost()
    const vhid = recorded.add(1, advskew)
    recorded.host.demote(demotion, 'sysctl')
    expect(vhid.effectiveSkew).toBe(effective)
    vhid.interfaceChanged(true)
    vhid.masterDownTimerFired()
    expect(recorded.taken()).toContain(`send skew ${effective}`)
  })
})

describe('CARP demotion', () => {
  it('adds up for the whole host and reports each change', () => {
    const { recorded } = masters(1)
    recorded.host.demote(240, 'interface down')
    recorded.host.demote(240, 'interface down')
    recorded.host.demote(-240, 'interface up')
    expect(recorded.host.demotion).toBe(240)
    expect(recorded.taken()).toEqual([
      'demoted by 240 to 240 (interface down)',
      'demoted by 240 to 480 (interface down)',
      'demoted by -240 to 240 (interface up)',
    ])
  })

  it.each([
    [240, 240, 1_937_500],
    [7, 7, 1_027_343],
    [0, 0, 1_000_000],
  ])(
    'by %i makes each MASTER advertise skew %i in a deferred task, newest VHID first',
    (by, skew, intervalUs) => {
      const { recorded, vhids } = masters(4)
      vhids[1]?.requestState('BACKUP')
      recorded.taken()
      recorded.host.demote(by, 'test')
      expect(recorded.taken()).toEqual([`demoted by ${by} to ${by} (test)`])
      recorded.runDeferred()
      expect(recorded.taken()).toEqual(
        [4, 3, 1].flatMap((vhid) => [
          `vhid ${vhid}: send skew ${skew}`,
          `vhid ${vhid}: advertise in ${intervalUs} µs`,
        ]),
      )
    },
  )

  it('shares the deferred task of an earlier demotion', () => {
    const { recorded } = masters(1)
    recorded.host.demote(10, 'test')
    recorded.host.demote(20, 'test')
    expect(recorded.deferredTasks).toBe(1)
    recorded.taken()
    recorded.runDeferred()
    expect(recorded.taken()).toEqual(['vhid 1: send skew 30', 'vhid 1: advertise in 1117187 µs'])
    recorded.host.demote(1, 'test')
    expect(recorded.deferredTasks).toBe(1)
  })

  it('advertises only the VHIDs that exist and are MASTER when the task runs', () => {
    const { recorded, vhids } = masters(3)
    recorded.host.demote(240, 'test')
    const [first, second] = vhids
    first?.advertisementReceived({ advbaseSeconds: 1, advskew: 100 })
    if (second !== undefined) recorded.host.remove(second)
    recorded.taken()
    recorded.runDeferred()
    expect(recorded.taken()).toEqual(['vhid 3: send skew 240', 'vhid 3: advertise in 1937500 µs'])
  })
})

describe('CARP on an interface', () => {
  it('enters INIT when the link goes down, and the other VHIDs advertise 240', () => {
    const bench = masters(3)
    bench.vhids[1]?.interfaceChanged(false)
    expect(statesOf(bench)).toEqual(['MASTER', 'INIT', 'MASTER'])
    bench.recorded.runDeferred()
    expect(bench.recorded.taken()).toEqual([
      'vhid 2: cancel timers',
      'vhid 2: MASTER -> INIT (hardware interface down)',
      'demoted by 240 to 240 (interface down)',
      'vhid 3: send skew 240',
      'vhid 3: advertise in 1937500 µs',
      'vhid 1: send skew 240',
      'vhid 1: advertise in 1937500 µs',
    ])
  })

  it('demotes once for repeated link down events', () => {
    const { recorded, vhids } = masters(2)
    const [vhid] = vhids
    for (const up of [false, false, true, true, false]) vhid?.interfaceChanged(up)
    expect(recorded.host.demotion).toBe(240)
    vhid?.interfaceChanged(true)
    expect(recorded.host.demotion).toBe(0)
  })

  it('becomes BACKUP when the link returns, and sends nothing', () => {
    const bench = masters(1)
    bench.vhids[0]?.interfaceChanged(false)
    bench.recorded.taken()
    bench.vhids[0]?.interfaceChanged(true)
    bench.recorded.runDeferred()
    expect(bench.recorded.taken()).toEqual([
      'vhid 1: cancel timers',
      'vhid 1: INIT -> BACKUP (initialization complete)',
      'vhid 1: master down in 3000000 µs',
      'demoted by -240 to 0 (interface up)',
    ])
  })

  it('demotes by ifdown_demotion_factor; with 0 the other VHIDs still advertise', () => {
    const bench = masters(2, { interfaceDownDemotion: 0 })
    bench.vhids[0]?.interfaceChanged(false)
    bench.recorded.runDeferred()
    expect(bench.recorded.taken().slice(2)).toEqual([
      'demoted by 0 to 0 (interface down)',
      'vhid 2: send skew 0',
      'vhid 2: advertise in 1000000 µs',
    ])
  })
})

describe('net.inet.carp.allow', () => {
  it('set to 1 at boot starts all VHIDs, newest first, and removes 240 for each', () => {
    const recorded = new RecordedHost({ allow: false })
    const vhids = [1, 2, 3].map((vhid) => {
      const machine = recorded.add(vhid, 0, `vhid ${vhid}`)
      machine.interfaceChanged(true)
      return machine
    })
    recorded.runDeferred()
    expect(recorded.taken()).toEqual([
      'vhid 1: cancel timers',
      'demoted by 240 to 240 (interface down)',
      'vhid 2: cancel timers',
      'demoted by 240 to 480 (interface down)',
      'vhid 3: cancel timers',
      'demoted by 240 to 720 (interface down)',
    ])
    recorded.host.setAllow(true)
    recorded.runDeferred()
    expect(recorded.taken()).toEqual(
      [3, 2, 1].flatMap((vhid) => [
        `vhid ${vhid}: cancel timers`,
        `vhid ${vhid}: INIT -> BACKUP (initialization complete)`,
        `vhid ${vhid}: master down in 3000000 µs`,
        `demoted by -240 to ${240 * (vhid - 1)} (interface up)`,
      ]),
    )
    expect(statesOf({ recorded, vhids })).toEqual(['BACKUP', 'BACKUP', 'BACKUP'])
  })

  it('set to 0 puts all VHIDs in INIT and sends nothing', () => {
    const bench = masters(3)
    bench.recorded.host.setAllow(false)
    bench.recorded.runDeferred()
    expect(statesOf(bench)).toEqual(['INIT', 'INIT', 'INIT'])
    expect(bench.recorded.host.demotion).toBe(720)
    expect(bench.recorded.taken().filter((line) => line.includes('send'))).toEqual([])
  })

  it('set to its current value does nothing', () => {
    const bench = masters(1)
    bench.recorded.host.setAllow(true)
    expect(bench.recorded.taken()).toEqual([])
    expect(statesOf(bench)).toEqual(['MASTER'])
  })

  it('set to 1 leaves a VHID in INIT, demoted, while its link is down', () => {
    const bench = masters(2)
    bench.vhids[0]?.interfaceChanged(false)
    bench.recorded.host.setAllow(false)
    expect(bench.recorded.host.demotion).toBe(480)
    bench.recorded.host.setAllow(true)
    expect(statesOf(bench)).toEqual(['INIT', 'BACKUP'])
    expect(bench.recorded.host.demotion).toBe(240)
  })
})

describe('CarpHost.remove', () => {
  it('removes the demotion of the VHID, as in "temporarily disable CARP" of pfSense', () => {
    const bench = masters(3)
    bench.recorded.host.setAllow(false)
    bench.recorded.taken()
    for (const vhid of bench.vhids) bench.recorded.host.remove(vhid)
    bench.recorded.runDeferred()
    expect(bench.recorded.taken().filter((line) => line.startsWith('demoted'))).toEqual([
      'demoted by -240 to 480 (vhid removed)',
      'demoted by -240 to 240 (vhid removed)',
      'demoted by -240 to 0 (vhid removed)',
    ])
    expect(bench.recorded.host.vhids).toEqual([])
  })

  it('puts a MASTER in INIT without demotion, and later events have no effect', () => {
    const bench = masters(2)
    const [removed] = bench.vhids
    if (removed !== undefined) bench.recorded.host.remove(removed)
    removed?.masterDownTimerFired()
    removed?.advertisementTimerFired()
    removed?.advertisementReceived({ advbaseSeconds: 9, advskew: 0 })
    bench.recorded.runDeferred()
    expect(bench.recorded.taken()).toEqual([
      'vhid 1: cancel timers',
      'vhid 1: MASTER -> INIT (hardware interface up)',
    ])
    expect(statesOf(bench)).toEqual(['INIT', 'MASTER'])
  })
})

describe('CARP persistent maintenance mode', () => {
  it('sets advskew 254, advertises 240, and waits 3.992187 s as BACKUP', () => {
    const { recorded, vhids } = masters(1)
    const [vhid] = vhids
    if (vhid !== undefined) vhid.advskew = 254
    expect(recorded.taken()).toEqual([])
    vhid?.advertisementTimerFired()
    vhid?.advertisementReceived({ advbaseSeconds: 1, advskew: 100 })
    expect(recorded.taken()).toEqual([
      'vhid 1: send skew 240',
      'vhid 1: advertise in 1937500 µs',
      'vhid 1: cancel timers',
      'vhid 1: MASTER -> BACKUP (more frequent advertisement received)',
      'vhid 1: master down in 3992187 µs',
    ])
  })
})

describe('CARP host after any sequence of events', () => {
  const skews = fc.integer({ min: 0, max: 254 })
  const step = fc.record({
    vhid: fc.nat({ max: 3 }),
    what: fc.constantFrom('down', 'up', 'receive', 'time out', 'tick', 'allow', 'forbid', 'remove'),
    advskew: skews,
  })

  it('has a demotion of 240 per VHID in INIT, and only a MASTER transmits', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.boolean(), (steps, preempt) => {
        const recorded = new RecordedHost({ preempt })
        const vhids = [0, 1, 2, 3].map((name) => recorded.add(name, 60 * name, `vhid ${name}`))
        for (const vhid of vhids) vhid.interfaceChanged(true)
        recorded.taken()
        for (const { vhid: index, what, advskew } of steps) {
          const vhid = vhids[index] as CarpVhid
          if (!recorded.host.vhids.includes(vhid)) continue
          const before = vhid.state
          if (what === 'down' || what === 'up') vhid.interfaceChanged(what === 'up')
          else if (what === 'receive') vhid.advertisementReceived({ advbaseSeconds: 1, advskew })
          else if (what === 'time out') vhid.masterDownTimerFired()
          else if (what === 'tick') vhid.advertisementTimerFired()
          else if (what === 'remove') recorded.host.remove(vhid)
          else recorded.host.setAllow(what === 'allow')
          const sends =
            what === 'tick' ? before === 'MASTER' : before !== 'MASTER' && vhid.state === 'MASTER'
          const lines = recorded.taken()
          expect(lines.some((line) => line.includes('send'))).toBe(sends)
          const inInit = recorded.host.vhids.filter(({ state }) => state === 'INIT')
          expect(recorded.host.demotion).toBe(240 * inInit.length)
          recorded.runDeferred()
          const masters = recorded.host.vhids.filter(({ state }) => state === 'MASTER')
          const senders = masters.map(({ vhid: number }) => `vhid ${number}`)
          for (const line of recorded.taken()) expect(senders).toContain(line.split(':')[0])
        }
      }),
      { numRuns: 300 },
    )
  })
})
