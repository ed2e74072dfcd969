import { describe, expect, it } from 'vitest'
import { flowOf, runPings } from '../tests/run-scenario.fixture.ts'

function pingThrough(...faults: string[]) {
  const dense = ['flows.*.interval=10ms', 'duration=40s']
  const { metrics } = runPings('no-fault', ...dense, `faults=[${faults.join()}]`)
  return flowOf(metrics, 'mgmt-linux-ping')
}

const at = (time: string, loss: number, direction = 'both') =>
  `{ kind: link-loss, node: mgmt-linux, nic: eth0, loss: ${loss}, direction: ${direction}, at: ${time} }`

describe('a cable that loses frames by chance', () => {
  it('loses requests and replies in proportion, each with the cause impaired', () => {
    const { lost, losses, impairments, outages } = pingThrough(at('10s', 0.1), at('30s', 0))
    // 2,000 probes, each lost with 1 - 0.9²: 380, within four standard deviations.
    expect(Math.abs(lost - 380)).toBeLessThan(4 * Math.sqrt(2000 * 0.19 * 0.81))
    expect(new Set(losses.map(({ cause }) => cause))).toEqual(new Set(['impaired']))
    expect(outages).toEqual([])
    expect(impairments).toEqual([
      { fromUs: 10_000_000, untilUs: 30_000_000, lossProbability: 0.19 },
    ])
  })

  it.each([
    ['transmit', 'mgmt-linux eth0'],
    ['receive', 'sw1 Gi1/0/3'],
  ])('loses what the NIC has to %s', (direction, place) => {
    const { losses, impairments } = pingThrough(at('10s', 0.1, direction))
    expect(new Set(losses.map((loss) => loss.at))).toEqual(new Set([place]))
    expect(impairments).toEqual([{ fromUs: 10_000_000, untilUs: 39_900_000, lossProbability: 0.1 }])
  })

  it('is an outage when it loses all', () => {
    const { outages, impairments } = pingThrough(at('10s', 1), at('12s', 0))
    expect(outages).toEqual([{ downUs: 10_000_000, upUs: 12_000_000, durationUs: 2_000_000 }])
    expect(impairments).toBeUndefined()
  })
})
