import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runScenario } from './run-scenario.fixture.ts'

/** A run ends with the conservation law checked (`ScenarioRun.finish` throws otherwise). */

const node = fc.constantFrom('pfsense1', 'pfsense2')

/** Something breaks, and is mended after a while, if the run lasts that long. */
const mishaps = fc
  .record({
    node,
    kinds: fc.constantFrom(
      ['power-off', 'power-on'],
      ['link-down', 'link-up'],
      ['interface-disable', 'interface-enable'],
      ['maintenance-enter', 'maintenance-leave'],
      ['halt', 'power-on'],
      ['carp-disable', 'carp-enable'],
      ['reboot'],
      ['interface-apply'],
    ),
    nic: fc.constantFrom('vmx0', 'vmx1', 'vmx2'),
    interface: fc.constantFrom('WAN', 'VLANSERVER', 'VLANMGMT', 'VLANCLIENT'),
    atMs: fc.integer({ min: 1_001, max: 6_000 }),
    lastsMs: fc.integer({ min: 0, max: 9_000 }),
  })
  .map(({ kinds, atMs, lastsMs, nic, interface: on, ...rest }) =>
    kinds.map((kind, index) => ({
      kind,
      ...rest,
      ...(kind.startsWith('link') ? { nic } : {}),
      ...(kind.startsWith('interface') ? { interface: on } : {}),
      at: `${atMs + index * (1 + lastsMs)}ms`,
    })),
  )

describe('frames are conserved', () => {
  it('whatever breaks, and whenever', () => {
    fc.assert(
      fc.property(
        fc.array(mishaps, { maxLength: 3 }),
        fc.integer({ min: 0, max: 1_000_000 }),
        (broken, seed) => {
          const { metrics } = runScenario(
            'no-fault',
            'duration=16s',
            'topology.firewalls.*.bootDuration=2s',
            'topology.firewalls.*.shutdownDuration=500ms',
            'flows.*.start=1s',
            'flows.mgmt-linux-ping.interval=20ms',
            `seed=${seed}`,
            `faults=${JSON.stringify(broken.flat())}`,
          )
          const { sent, delivered, inFlight, dropped } = metrics.frames
          const sum = Object.values(dropped).reduce((total, count) => total + count, 0)
          expect(sent).toBe(delivered + sum + inFlight)
          for (const flow of metrics.flows) {
            expect(flow.sent).toBe(flow.received + flow.lost)
            for (const { cause } of flow.losses) expect(cause).not.toBe('')
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
