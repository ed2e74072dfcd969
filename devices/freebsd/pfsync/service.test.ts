import { describe, expect, it } from 'vitest'
import { PING_STATE } from '../../../protocols/pfsync/packets.fixture.ts'
import type { PfsyncRegion } from '../../../protocols/pfsync/regions.ts'
import type { PfState as WireState } from '../../../protocols/pfsync/state-1400.ts'
import { PFSYNC_GROUP } from '../../../protocols/pfsync/wire.ts'
import { type FrameText, frameOf, type NodePlan, pfsyncOnCable } from './pfsync.fixture.ts'

const insert = (change: Partial<WireState>): PfsyncRegion => ({
  kind: 'insert1400',
  entries: [{ ...PING_STATE, ...change }],
})

const withVersion = (version: number) => (bytes: Uint8Array) => bytes.with(0, version)

describe('a packet that comes in', () => {
  const hearing = (text: FrameText, plan: NodePlan = {}, by: 'SYNC' | 'LAN' = 'SYNC') => {
    const { lab, node, hear } = pfsyncOnCable({ ...plan, creatorId: 7 })
    for (const name of ['SYNC', 'LAN']) node.host.findInterface(name)?.joinGroup(PFSYNC_GROUP)
    hear(frameOf({ regions: [insert({})], ...text }), by)
    const { counters } = node.service
    return { drops: lab.takeDrops(), accepted: node.table().length === 1, counters }
  }

  it('is accepted when all is well', () => {
    const { drops, accepted, counters } = hearing({})
    expect({ drops, accepted }).toEqual({ drops: [], accepted: true })
    expect(counters).toMatchObject({ received: 2 })
    expect(counters.receivedEntries.get('insert1400')).toBe(1)
  })

  /** In the order of the checks: each breach is told in spite of all that come after it. */
  const breaches: readonly (readonly [string, string, FrameText, 'SYNC' | 'LAN'])[] = [
    ['pfsyncWrongInterface at fw1 LAN', 'wrongInterface', {}, 'LAN'],
    ['pfsyncBadTtl at fw1 SYNC', 'badTtl', { ttl: 254 }, 'SYNC'],
    [
      'pfsyncBadLength at fw1 SYNC',
      'shortHeader',
      { spoil: (bytes) => bytes.subarray(0, 19) },
      'SYNC',
    ],
    ['pfsyncBadVersion at fw1 SYNC', 'badVersion', { spoil: withVersion(6) }, 'SYNC'],
    [
      'pfsyncBadLength at fw1 SYNC',
      'badLength',
      { spoil: (bytes) => bytes.subarray(0, -1) },
      'SYNC',
    ],
  ]

  it.each(breaches)(
    'is refused for the first of its faults: %s, %s',
    (cause, counter, text, by) => {
      const at = breaches.findIndex(([, each]) => each === counter)
      const alone = hearing(text, {}, by)
      const later = breaches.slice(at + 1).map(([, , faults]) => faults)
      const others = hearing(Object.assign({}, ...later.toReversed(), text), {}, by)
      for (const { drops, accepted, counters } of [alone, others]) {
        expect({ drops, accepted }).toEqual({ drops: [cause], accepted: false })
        expect(counters).toMatchObject({ [counter]: 1 })
      }
    },
  )

  it('is refused before pfsync has its interface', () => {
    const { drops, accepted } = hearing({}, { isConfigured: false })
    expect({ drops, accepted }).toEqual({
      drops: ['pfsyncNotRunning at fw1 SYNC'],
      accepted: false,
    })
  })

  it.each([
    ['of an unknown action', 17, 'badAction'],
    ['with the layout of FreeBSD 15, which 14 does not know', 15, 'badAction'],
    ['with an action that nobody takes', 6, 'badAction'],
    ['with more entries than there are', 7, 'badLength'],
  ])('counts up to a region %s', (_what, action, counter) => {
    const foreign: PfsyncRegion = {
      kind: 'foreign',
      action,
      count: counter === 'badLength' ? 400 : 1,
      body: new Uint8Array(360),
    }
    const regions = [insert({}), foreign, insert({ id: { high: 0, low: 5 } })]
    const { drops, accepted, counters } = hearing({ regions })
    expect({ drops, accepted }).toEqual({ drops: ['pfsyncMalformed at fw1 SYNC'], accepted: true })
    expect(counters).toMatchObject({ [counter]: 1 })
  })

  it('is read on behind a region in the layout of FreeBSD 13', () => {
    const old: PfsyncRegion = { kind: 'foreign', action: 1, count: 1, body: new Uint8Array(242) }
    expect(hearing({ regions: [old, insert({})] })).toMatchObject({ drops: [], accepted: true })
  })
})
