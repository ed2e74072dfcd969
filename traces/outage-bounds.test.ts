import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Nanoseconds } from '../engine/time.ts'
import { draw, measure, RTT_NS, seconds, send } from './flow.fixture.ts'
import { FlowLog } from './flow-log.ts'
import type { FlowMetrics } from './flow-metrics.ts'
import { OutageLog } from './outage-log.ts'

/** What the probe alone proves of the longest outage: facts on ping, section 3. */

const boundsOf = (picture: string, endS?: number) => {
  const end = endS === undefined ? undefined : seconds(endS)
  return measure(draw(picture), end).outageBoundsUs.map((us) => us / 1_000_000)
}

describe('the bounds of the longest outage, for a probe every second', () => {
  it('are c - b and e - a around a run of losses', () => {
    expect(boundsOf('+-+')).toEqual([0, 2])
    expect(boundsOf('+---+')).toEqual([2, 4])
    expect(boundsOf('++----++')).toEqual([3, 5])
  })

  it('are the silence between two probes when none is lost', () => {
    expect(boundsOf('+++')).toEqual([0, 1])
  })

  it('are those of the longest run', () => {
    expect(boundsOf('+-+---+--+')).toEqual([2, 4])
    expect(boundsOf('+---+-+')).toEqual([2, 4])
  })

  it('begin with the first probe when that is lost', () => {
    expect(boundsOf('---++')).toEqual([2, 3])
  })

  it('reach to the end when the last is lost', () => {
    expect(boundsOf('+--', 3.9)).toEqual([1, 2.9])
  })

  it('are the whole time when all are lost', () => {
    expect(boundsOf('---', 3.5)).toEqual([2, 2.5])
  })

  it('allow for an outage after the last probe', () => {
    expect(boundsOf('++', 9)).toEqual([0, 7])
    expect(boundsOf('++??', 9)).toEqual([0, 7])
  })

  it('are the whole time when nothing was sent', () => {
    expect(boundsOf('', 9)).toEqual([0, 9])
  })

  it('wait for a probe that waited on its way', () => {
    const log = draw('+-')
    // Sent at 3 s, but held up for 0.7 s, as by an ARP request that nobody answered at first.
    send(log, seconds(3), seconds(0.7) + RTT_NS)
    send(log, seconds(4), RTT_NS)
    expect(measure(log).outageBoundsUs).toEqual([0, 2_700_000])
  })

  it('do not mind an uneven round trip', () => {
    const log = draw('+-')
    send(log, seconds(3), RTT_NS + 999_999)
    expect(measure(log).outageBoundsUs).toEqual([0, 2_000_000])
  })
})

// --- Probers against an outage that is known -----------------------------------------------------

interface Trial {
  readonly downUs: number
  readonly durationUs: number
  /** Until the request crosses what fails, and until its reply crosses it back. */
  readonly thereUs: number
  readonly backUs: number
}

type Cadence = (sentUs: number, lost: boolean) => number

const WINDOWS: Cadence = (sentUs, lost) => sentUs + (lost ? 5_000_000 : 1_000_000)

/** Sends as the prober does, up to 60 s, through a network that is down for once. */
function probe(startUs: number, trial: Trial, nextUs: Cadence): FlowMetrics {
  const { downUs, durationUs, thereUs, backUs } = trial
  const upUs = downUs + durationUs
  const isDown = (us: number) => us >= downUs && us < upUs
  const log = new FlowLog('ping', 'ping')
  let sentUs = startUs
  while (sentUs < 60_000_000) {
    const lost = isDown(sentUs + thereUs) || isDown(sentUs + backUs)
    send(log, sentUs * 1000, lost ? undefined : 2_000_000)
    if (lost) log.failed(log.probes.length, sentUs * 1000, 'timeout')
    sentUs = nextUs(sentUs, lost)
  }
  const truth = new OutageLog('ping', () => {})
  truth.observe(0, downUs * 1000)
  if (upUs < sentUs) truth.observe(1, upUs * 1000)
  return measure(log, sentUs * 1000, truth)
}

const starts = fc.integer({ min: 1_000_000, max: 1_999_999 })

const trialsBetween = (min: number, max: number) =>
  fc
    .record({
      downUs: fc.integer({ min, max }),
      durationUs: fc.integer({ min: 1, max: 13_000_000 }),
      crossingsUs: fc.tuple(fc.nat(2_000), fc.nat(2_000)),
    })
    .map(({ crossingsUs, ...rest }): Trial => {
      return { ...rest, thereUs: Math.min(...crossingsUs), backUs: Math.max(...crossingsUs) }
    })

describe('the true outage lies between the bounds', () => {
  const anywhere = trialsBetween(2_000_000, 59_900_000)
  const paces = fc.integer({ min: 10_000, max: 2_000_000 }).map((intervalUs): Cadence => {
    return (sentUs) => sentUs + intervalUs
  })

  it.each([
    ['a ping that keeps its pace', paces],
    ['a Windows ping, which slows down to 5 s while it loses', fc.constant(WINDOWS)],
  ])('of %s', (_, cadences) => {
    fc.assert(
      fc.property(starts, anywhere, cadences, (startUs, trial, cadence) => {
        const { outageBoundsUs, outages, lossPeriods } = probe(startUs, trial, cadence)
        const [low, high] = outageBoundsUs
        const durationUs = outages[0]?.durationUs ?? 0
        // A lost probe proves an outage at one of its two crossings, not at its sending.
        expect(low).toBeLessThan(durationUs + trial.backUs - trial.thereUs)
        // Without a good probe before it, an outage may be as old as the client.
        const noneBefore = lossPeriods[0]?.startUs === startUs
        expect(durationUs).toBeLessThan(high + (noneBefore ? trial.thereUs + 1 : 0))
      }),
    )
  })
})

describe('the bounds follow from the number of losses', () => {
  const within = trialsBetween(5_000_000, 40_000_000)

  it('for a ping of period tau: (n - 1) tau and (n + 1) tau', () => {
    const taus = fc.integer({ min: 10_000, max: 2_000_000 })
    fc.assert(
      fc.property(starts, within, taus, (startUs, trial, tau) => {
        const { lost, outageBoundsUs } = probe(startUs, trial, (sentUs) => sentUs + tau)
        expect(outageBoundsUs).toEqual([Math.max(0, lost - 1) * tau, (lost + 1) * tau])
      }),
    )
  })

  it('for a Windows ping: (k - 1) 5 s and 1 s + k 5 s', () => {
    fc.assert(
      fc.property(starts, within, (startUs, trial) => {
        const { lost, outageBoundsUs } = probe(startUs, trial, WINDOWS)
        const low = Math.max(0, lost - 1) * 5_000_000
        expect(outageBoundsUs).toEqual([low, 1_000_000 + lost * 5_000_000])
      }),
    )
  })

  it('so that one lost Windows ping is an outage of 0 to 6 s', () => {
    const trial = { downUs: 12_935_346, durationUs: 2_455_304, thereUs: 40, backUs: 80 }
    const { lost, outageBoundsUs } = probe(1_568_089, trial, WINDOWS)
    expect([lost, ...outageBoundsUs]).toEqual([1, 0, 6_000_000])
  })
})

it('bounds are differences of the instants that the losses are told with', () => {
  const log = new FlowLog('ping', 'ping')
  const at = (sentNs: Nanoseconds, lost: boolean) => {
    send(log, sentNs, lost ? undefined : RTT_NS)
    if (lost) log.failed(log.probes.length, sentNs, 'timeout')
  }
  at(500, false)
  at(1_999, true)
  at(3_000, true)
  at(4_400, false)
  const { lossPeriods, outageBoundsUs } = measure(log, 4_400)
  expect(lossPeriods).toEqual([{ startUs: 1, endUs: 3, lost: 2 }])
  expect(outageBoundsUs).toEqual([2, 4])
})
