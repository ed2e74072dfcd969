import { describe, expect, it } from 'vitest'
import { flowOf, runPings, runScenario } from './run-scenario.fixture.ts'
import { uniformityPValue } from './uniformity.fixture.ts'

/** What facts and arithmetic demand of the reference failover, over many seeds. */

const REFERENCE_FLOWS = ['mgmt-ping', 'mgmt-linux-ping', 'ssh', 'download', 'voice', 'vpn']
const SEEDS = 200
/** pfsense2's master-down timer: 3 x 1 s + 100/256 s. */
const MASTER_DOWN_US = 3_390_625
/** An advertisement leaves one guest and is in the other within this time. */
const TRANSMISSION_MAX_US = 200
const ADVERT_INTERVAL_US = 1_000_000

const runs = Array.from({ length: SEEDS }, (_, index) =>
  runPings('power-off-return', `seed=${index + 1}`),
)
const outagesUs = runs.flatMap(({ metrics }) =>
  flowOf(metrics, 'mgmt-ping').outages.map(({ durationUs }) => durationUs),
)

describe('power-off-return, seeds 1 to 200, ideal timers', () => {
  it('loses exactly one Windows ping at the cut and none at the return', () => {
    for (const { metrics } of runs) {
      const { losses, lost } = flowOf(metrics, 'mgmt-ping')
      expect(lost).toBe(1)
      expect(losses[0]?.sentUs).toBeLessThan(30_000_000)
    }
  })

  it('has the new MASTER advertise 3.390625 s plus transmission after the old one did', () => {
    for (const { metrics } of runs) {
      const cut = metrics.failovers[0]
      expect(cut?.groups).toHaveLength(6)
      for (const { firstAdvertUs, lastAdvertUs } of cut?.groups ?? []) {
        const silenceUs = (firstAdvertUs ?? 0) - (lastAdvertUs ?? 0)
        expect(silenceUs).toBeGreaterThan(MASTER_DOWN_US)
        expect(silenceUs).toBeLessThanOrEqual(MASTER_DOWN_US + TRANSMISSION_MAX_US)
      }
    }
  })

  it('is down once, for a time spread uniformly between 2.390625 and 3.390625 s', () => {
    expect(outagesUs).toHaveLength(SEEDS)
    expect(Math.min(...outagesUs)).toBeGreaterThan(MASTER_DOWN_US - ADVERT_INTERVAL_US)
    expect(Math.max(...outagesUs)).toBeLessThanOrEqual(3_390_900)
    const p = uniformityPValue(outagesUs, MASTER_DOWN_US - ADVERT_INTERVAL_US, MASTER_DOWN_US)
    expect(p).toBeGreaterThan(0.01)
  })

  it('loses 2, 3 or 4 pings of a Linux host, in about 19, 74 and 8 %', () => {
    const counts = new Map<number, number>()
    for (const { metrics } of runs) {
      const { lost } = flowOf(metrics, 'mgmt-linux-ping')
      counts.set(lost, (counts.get(lost) ?? 0) + 1)
    }
    expect([...counts.keys()].sort()).toEqual([2, 3, 4])
    // Within three standard deviations of a binomial share.
    for (const [lost, share] of [
      [2, 0.186],
      [3, 0.738],
      [4, 0.076],
    ] as const) {
      const tolerance = 3 * Math.sqrt((share * (1 - share)) / SEEDS)
      expect(Math.abs((counts.get(lost) ?? 0) / SEEDS - share)).toBeLessThan(tolerance)
    }
  })

  it('explains every lost ping', () => {
    for (const { metrics } of runs) {
      for (const flow of metrics.flows) {
        expect(flow.losses).toHaveLength(flow.lost)
        for (const { cause, at, frameId } of flow.losses) {
          expect([cause, at]).not.toContain('')
          expect(frameId).toBeGreaterThan(0)
        }
      }
    }
  })

  it('explains every lost packet of every flow', () => {
    for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const { metrics } = runScenario('power-off-return', `seed=${seed}`)
      expect(metrics.flows.map(({ name }) => name)).toEqual(REFERENCE_FLOWS)
      for (const flow of metrics.flows) {
        expect(flow.losses).toHaveLength(flow.lost)
        for (const { cause, at } of flow.losses) expect([cause, at]).not.toContain('')
      }
    }
  })

  it('proves by its probes bounds that contain the true outage', () => {
    for (const { metrics } of runs) {
      for (const { outageBoundsUs, outages } of metrics.flows) {
        const [low, high] = outageBoundsUs
        expect(outages[0]?.durationUs).toBeGreaterThan(low)
        expect(outages[0]?.durationUs).toBeLessThan(high)
      }
    }
  })
})
