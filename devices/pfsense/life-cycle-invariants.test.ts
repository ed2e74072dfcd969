import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cluster } from '../cluster.fixture.ts'
import type { TimingPreset } from '../freebsd/callout.ts'
import type { PfSense } from './pfsense.ts'

/** Whatever administrators do to a pair, it is whole again once all is repaired and quiet. */

const INTERFACES = ['WAN', 'SERVER', 'MGMT'] as const
const VHIDS = { WAN: 1, SERVER: 2, MGMT: 5 }

const action = fc.record({
  node: fc.constantFrom('fw1' as const, 'fw2' as const),
  what: fc.constantFrom(
    'reboot',
    'halt',
    'powerOff',
    'powerOn',
    'disableCarp',
    'enableCarp',
    'enterMaintenance',
    'leaveMaintenance',
    'disableInterface',
    'enableInterface',
    'applyInterface',
    'applyVirtualIp',
    'unplug',
    'plugIn',
  ),
  on: fc.constantFrom(...INTERFACES),
  afterMs: fc.integer({ min: 0, max: 6_000 }),
})

type Action = typeof action extends fc.Arbitrary<infer Value> ? Value : never

function act(firewall: PfSense, { what, on }: Pick<Action, 'what' | 'on'>): void {
  const { host } = firewall
  const port = host.nics[on === 'WAN' ? 0 : 1]?.port
  switch (what) {
    case 'powerOff':
    case 'powerOn':
      host[what]()
      break
    case 'unplug':
    case 'plugIn':
      port?.setPlugged(what === 'plugIn')
      break
    case 'applyVirtualIp':
      firewall.applyVirtualIp(on, VHIDS[on])
      break
    case 'disableInterface':
    case 'enableInterface':
    case 'applyInterface':
      firewall[what](on)
      break
    default:
      firewall[what]()
  }
}

/** All that was broken is mended, in an order that an administrator might choose. */
function repair(cluster: Cluster): void {
  for (const firewall of [cluster.fw1, cluster.fw2]) {
    for (const on of INTERFACES) act(firewall, { what: 'plugIn', on })
    firewall.leaveMaintenance()
  }
  cluster.runForSeconds(8)
  for (const { host } of [cluster.fw1, cluster.fw2]) host.powerOn()
  cluster.runForSeconds(2)
  for (const firewall of [cluster.fw1, cluster.fw2]) {
    firewall.enableCarp()
    for (const on of INTERFACES) firewall.enableInterface(on)
    // Disabled while an interface was: a VIP that is applied puts CARP and itself back.
    for (const on of INTERFACES) firewall.applyVirtualIp(on, VHIDS[on])
  }
  cluster.runForSeconds(12)
}

/** Where the demotion of a node stands, as it told last. */
function demotionOf(story: readonly string[], node: string): string | undefined {
  const last = story.findLast((line) => line.includes(` ${node} carp: demoted by `))
  return / to (-?\d+) /.exec(last ?? '')?.[1]
}

describe('a pair that administrators play with', () => {
  it('ends with one MASTER for each VHID, no demotion and no frame forgotten', () => {
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 12 }),
        fc.constantFrom<TimingPreset[]>('ideal', 'bare', 'vm'),
        fc.integer({ min: 1, max: 1000 }),
        (actions, timing, seed) => {
          const cluster = new Cluster({ timing, seed })
          cluster.start('fw1', 'fw2')
          cluster.runForSeconds(5)
          for (const each of actions) {
            act(cluster[each.node], each)
            cluster.lab.runFor(each.afterMs * 1_000_000)
            // At no time is a demotion below zero, or more than all VHIDs can bring.
            for (const node of ['fw1', 'fw2']) {
              const demotion = Number(demotionOf(cluster.story, node))
              expect(demotion).toBeGreaterThanOrEqual(0)
              expect(demotion).toBeLessThanOrEqual(720)
            }
          }
          repair(cluster)
          expect(cluster.statuses('fw1')).toEqual(['MASTER', 'MASTER', 'MASTER'])
          expect(cluster.statuses('fw2')).toEqual(['BACKUP', 'BACKUP', 'BACKUP'])
          expect(demotionOf(cluster.story, 'fw1')).toBe('0')
          expect(demotionOf(cluster.story, 'fw2')).toBe('0')
          cluster.lab.world.assertFramesConserved()
        },
      ),
      { numRuns: 150 },
    )
  })
})
