import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draw, measure, probeOf, RTT_NS, seconds, send } from './flow.fixture.ts'
import { FlowLog } from './flow-log.ts'
import { lossesOf } from './flow-metrics.ts'
import { OutageLog } from './outage-log.ts'

const FLOODED = {
  timeNs: 0,
  cause: 'notForUs',
  at: 'server eth0',
  frameId: 7,
  sighting: -1,
} as const
const CUT = { timeNs: 0, cause: 'linkDown', at: 'pc eth0', frameId: 7, sighting: -1 } as const

describe('the count of a flow', () => {
  it('of probes answered and lost', () => {
    expect(measure(draw('++-+'))).toMatchObject({
      name: 'ping',
      kind: 'linux-ping',
      sent: 4,
      received: 3,
      lost: 1,
      lossRatio: 0.25,
      duplicates: 0,
      reordered: 0,
    })
  })

  it('leaves out what is still under way', () => {
    expect(measure(draw('+-?'))).toMatchObject({ sent: 2, received: 1, lost: 1, lossRatio: 0.5 })
  })

  it('of nothing is nothing', () => {
    expect(measure(draw(''))).toMatchObject({ sent: 0, received: 0, lost: 0, lossRatio: 0 })
    expect(measure(draw(''))).toMatchObject({ rttUs: null, lossPeriods: [], losses: [] })
  })

  it('takes an answer that came after all for an answer', () => {
    const log = draw('+-+')
    log.received(2, seconds(2.6), seconds(0.6))
    expect(measure(log)).toMatchObject({ received: 3, lost: 0 })
  })

  it('counts every extra reply as a duplicate, and as nothing else', () => {
    const log = draw('++-')
    log.duplicate(1)
    log.duplicate(1)
    log.duplicate(2)
    expect(measure(log)).toMatchObject({ sent: 3, received: 2, duplicates: 3, reordered: 0 })
  })

  it('is conserved, and the same however it is told', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('+', '-', '?'), maxLength: 60 }), (picture) => {
        const flow = measure(draw(picture))
        expect(flow.sent).toBe(flow.received + flow.lost)
        expect(flow.received).toBe(picture.replaceAll(/[^+]/g, '').length)
        expect(flow.lost).toBe(picture.replaceAll(/[^-]/g, '').length)
        expect(flow.losses).toHaveLength(flow.lost)
        expect(flow.lossPeriods.reduce((total, { lost }) => total + lost, 0)).toBe(flow.lost)
        for (const { startUs, endUs } of flow.lossPeriods) {
          const inside = flow.losses.filter(({ sentUs }) => sentUs >= startUs && sentUs <= endUs)
          expect(inside.length).toBeGreaterThan(0)
        }
        const [low, high] = flow.outageBoundsUs
        expect(low).toBeLessThanOrEqual(high)
      }),
    )
  })
})

describe('a probe that died', () => {
  it('is lost even if its client never gives up', () => {
    const log = draw('+?+')
    probeOf(log, 2).death = CUT
    expect(measure(log)).toMatchObject({ sent: 3, lost: 1 })
  })

  it('is not lost when another copy of it was answered', () => {
    const log = draw('+++')
    probeOf(log, 2).death = CUT
    expect(measure(log)).toMatchObject({ sent: 3, lost: 0, losses: [] })
  })

  it.each([CUT, FLOODED])(
    'is lost once no other copy can be answered any more ($cause)',
    (death) => {
      const log = draw('++?')
      probeOf(log, 3).death = death
      // The client had its other answers after 100 µs; this one may take twice as long.
      expect(lossesOf(log, seconds(3) + 2 * RTT_NS)).toEqual([])
      expect(lossesOf(log, seconds(3) + 2 * RTT_NS + 1)).toEqual([probeOf(log, 3)])
      expect(measure(log, seconds(3) + RTT_NS)).toMatchObject({ sent: 2, lost: 0 })
    },
  )
})

describe('a loss', () => {
  it('names the frame, the place and the cause', () => {
    const log = draw('+-')
    probeOf(log, 2).death = {
      timeNs: seconds(2.0001),
      cause: 'virtualMacNotMaster',
      at: 'pfsense2 VLANMGMT',
      frameId: 4242,
      sighting: 99,
    }
    expect(measure(log).losses).toEqual([
      {
        probe: 2,
        sentUs: 2_000_000,
        cause: 'virtualMacNotMaster',
        at: 'pfsense2 VLANMGMT',
        frameId: 4242,
      },
    ])
  })

  it('of a packet that still waits somewhere is in flight', () => {
    expect(measure(draw('-')).losses).toEqual([
      { probe: 1, sentUs: 1_000_000, cause: 'inFlight', at: '', frameId: 101 },
    ])
  })

  it('of a packet that was never made is a failed transmission', () => {
    const log = new FlowLog('ping', 'windows-ping')
    log.sending(1)
    log.sent(1, seconds(1), 0)
    log.failed(1, seconds(1), 'transmitFailed')
    expect(measure(log).losses).toEqual([
      { probe: 1, sentUs: 1_000_000, cause: 'transmitFailed', at: '', frameId: 0 },
    ])
  })
})

describe('loss periods', () => {
  const periodsOf = (picture: string) =>
    measure(draw(picture)).lossPeriods.map(
      ({ startUs, endUs, lost }) => `${lost}: ${startUs / 1e6}-${endUs / 1e6}`,
    )

  it('are runs of consecutive losses, from the first lost sending to the last', () => {
    expect(periodsOf('+--+-++---')).toEqual(['2: 2-3', '1: 5-5', '3: 8-10'])
    expect(periodsOf('--')).toEqual(['2: 1-2'])
    expect(periodsOf('+++')).toEqual([])
  })

  it('are not broken by a probe under way', () => {
    expect(periodsOf('+-?-+')).toEqual(['2: 2-4'])
  })
})

describe('reordering (RFC 4737)', () => {
  const reorderedIn = (...arrivals: readonly number[]) => {
    const log = draw('?'.repeat(Math.max(...arrivals)))
    for (const probe of arrivals) log.received(probe, seconds(100), RTT_NS)
    return measure(log).reordered
  }

  it('counts each arrival behind one sent later', () => {
    expect(reorderedIn(1, 2, 3, 4)).toBe(0)
    expect(reorderedIn(1, 3, 2, 4)).toBe(1)
    expect(reorderedIn(2, 3, 1)).toBe(1)
    expect(reorderedIn(3, 2, 1)).toBe(2)
    expect(reorderedIn(1, 5, 2, 3, 6, 4)).toBe(3)
  })

  it('does not take a gap for reordering', () => {
    expect(reorderedIn(1, 3, 7)).toBe(0)
  })
})

describe('round-trip times', () => {
  it('are those of the answered, in whole microseconds', () => {
    const log = new FlowLog('ping', 'linux-ping')
    for (const rttNs of [104_999, 106_000, 105_001]) send(log, seconds(1), rttNs)
    send(log, seconds(2), undefined)
    expect(measure(log).rttUs).toMatchObject({ min: 104, p50: 105, max: 106, mean: 105, stddev: 1 })
  })

  it('are null without an answer', () => {
    expect(measure(draw('--')).rttUs).toBeNull()
  })
})

describe('the ground truth', () => {
  const truth = (): OutageLog => {
    const log = new OutageLog('ping', () => {})
    log.observe(0, seconds(2))
    log.observe(1, seconds(4.5))
    log.observe(0, seconds(6))
    return log
  }

  it('is given with its durations, up to the end of the run for an outage that lasts', () => {
    expect(measure(draw('++'), seconds(9), truth()).outages).toEqual([
      { downUs: 2_000_000, upUs: 4_500_000, durationUs: 2_500_000 },
      { downUs: 6_000_000, upUs: null, durationUs: 3_000_000 },
    ])
  })

  it('ends with the client, when it ended before the run', () => {
    const log = truth()
    log.ended(seconds(7))
    const flow = measure(draw('++-'), seconds(60), log)
    expect(flow.outages.at(-1)).toEqual({ downUs: 6_000_000, upUs: null, durationUs: 1_000_000 })
    expect(flow.outageBoundsUs).toEqual([0, 5_000_000])
  })

  it('has durations that are the difference of the instants beside them', () => {
    const log = new OutageLog('ping', () => {})
    log.observe(0, 1_999)
    log.observe(1, 4_000)
    expect(measure(draw(''), 0, log).outages).toEqual([{ downUs: 1, upUs: 4, durationUs: 3 }])
  })
})
