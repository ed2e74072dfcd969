import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { flowOf, runScenario } from './run-scenario.fixture.ts'

/**
 * The outages in `metrics.json` come from walking the network, not from a probe. Here a real ping
 * every millisecond checks them: what it lost must begin and end within one interval of the truth.
 */

const INTERVAL_US = 1_000
/** A probe sent just before the path is whole gets through if it reaches the break after that. */
const TRANSIT_US = 100
const EDGE_US = INTERVAL_US + TRANSIT_US
const STOP_US = 21_000_000

/** A probe flow of 1 kHz in place of the Linux ping. */
const PROBE = [
  'flows.mgmt-linux-ping.interval=1ms',
  'flows.mgmt-linux-ping.start=8s',
  'flows.mgmt-linux-ping.stop=21s',
  'duration=22s',
]

function expectAgreement(scenario: string, ...overrides: readonly string[]): void {
  const { metrics } = runScenario(scenario, ...PROBE, ...overrides)
  const { outages, lossPeriods, sent } = flowOf(metrics, 'mgmt-linux-ping')
  expect(sent).toBeGreaterThan(12_900)
  // An outage shorter than the interval may fall between two probes.
  const long = outages.filter(({ durationUs }) => durationUs > INTERVAL_US)
  expect(lossPeriods.length).toBeGreaterThanOrEqual(long.length)
  for (const { downUs, upUs } of long) {
    const seen = lossPeriods.find(
      ({ startUs, endUs }) =>
        endUs >= downUs - INTERVAL_US && startUs <= (upUs ?? endUs) + INTERVAL_US,
    )
    // What was under way when the path broke is lost too: hence the interval on either side.
    expect(Math.abs((seen?.startUs ?? 0) - downUs)).toBeLessThanOrEqual(EDGE_US)
    expect(Math.abs((seen?.endUs ?? 0) - (upUs ?? STOP_US))).toBeLessThanOrEqual(EDGE_US)
    // As a duration, which is what is reported, they agree within one interval, and the journey of
    // those that were under way.
    const lostUs = (seen?.lost ?? 0) * INTERVAL_US
    const differenceUs = Math.abs(lostUs - ((upUs ?? STOP_US) - downUs))
    expect(differenceUs).toBeLessThanOrEqual(EDGE_US)
  }
  for (const { startUs, endUs } of lossPeriods) {
    const known = outages.some(
      ({ downUs, upUs }) =>
        endUs >= downUs - INTERVAL_US && startUs <= (upUs ?? Infinity) + INTERVAL_US,
    )
    expect(known).toBe(true)
  }
}

describe('the ground truth of an outage agrees with a probe every millisecond', () => {
  it.each([
    'power-off',
    'lan-link-down',
    'maintenance-mode',
    'vlanclient-disabled',
    'no-fault',
    'reboot',
    'disable-carp',
  ])('%s', (scenario) => {
    // What these two mend comes past this window.
    const isLate = scenario === 'maintenance-mode' || scenario === 'disable-carp'
    const faults = isLate ? ['faults.1.at=20s'] : []
    expectAgreement(scenario, ...faults)
  })

  it('whatever the seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), (seed) => {
        expectAgreement('power-off', `seed=${seed}`)
      }),
      { numRuns: 6 },
    )
  })

  it('with the disabled interface in the path', () => {
    // Where it sends what it has no way for back to the firewall, packets run in circles.
    const noCircles = 'topology.hosts.wan-router.routes=[]'
    expectAgreement('vlanclient-disabled', 'faults.0.interface=VLANSERVER', noCircles)
    expectAgreement('vlanclient-disabled', 'faults.0.interface=VLANMGMT', noCircles)
  })

  it('through outbound NAT, to the address of the node and to a VIP', () => {
    const out = 'flows.mgmt-linux-ping.to=203.0.113.10'
    const rule = '{ interface: WAN, source: 10.10.199.0/24, target: 10.10.210.253 }'
    const toVip = `topology.firewalls.*.filter.outboundNat={ mode: hybrid, rules: [${rule}] }`
    expectAgreement('power-off', out)
    expectAgreement('power-off', out, toVip)
  })

  it('when the uplink of the ESXi host is pulled and plugged in again', () => {
    expectAgreement(
      'no-fault',
      'faults=[{kind: link-down, node: esx1, nic: vmnic0, at: 10s}, {kind: link-up, node: esx1, nic: vmnic0, at: 12.3456s}]',
    )
  })
})
