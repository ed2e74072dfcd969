import { describe, expect, it } from 'vitest'
import { PING_STATE } from '../../../protocols/pfsync/packets.fixture.ts'
import { PF_PEER_NONE } from '../../../protocols/pfsync/peer.ts'
import type { PfsyncRegion } from '../../../protocols/pfsync/regions.ts'
import type { PfState as WireState } from '../../../protocols/pfsync/state-1400.ts'
import { packet } from '../pf/packets.fixture.ts'
import { frameOf, pfsyncOnCable, pfsyncPair } from './pfsync.fixture.ts'

const UDP = 'in vmx1 udp 10.0.1.5:1000 > 1.1.1.1:53'
const REFERENCE = { id: PING_STATE.id, creatorId: PING_STATE.creatorId }
const UPDATE = {
  ...REFERENCE,
  source: PF_PEER_NONE,
  destination: PF_PEER_NONE,
  timeout: PING_STATE.timeout,
}

const insert = (...changes: Partial<WireState>[]): PfsyncRegion => ({
  kind: 'insert1400',
  entries: changes.map((change) => ({ ...PING_STATE, ...change })),
})

describe('an insertion', () => {
  it('makes the state, with the rule if the rules are the same', () => {
    const { lab, node, hear } = pfsyncOnCable({ creatorId: 7, rules: ['block', 'pass'] })
    hear(frameOf({ regions: [insert({ rule: 1 })] }))
    const id = { high: 0, low: 1 }
    const wire = { ...PING_STATE.wire, ports: [99, 8] as const }
    const other = insert({ rule: 1, id, wire, stack: wire })
    hear(frameOf({ regions: [other], rulesetChecksum: new Uint8Array(16) }))
    const anchored = { ...PING_STATE.wire, ports: [98, 8] as const }
    const inAnchor = {
      rule: 1,
      anchor: 2,
      id: { high: 0, low: 2 },
      wire: anchored,
      stack: anchored,
    }
    hear(frameOf({ regions: [insert(inAnchor)] }))
    const rules = node.table().map((state) => [state.id.low, state.rule.number])
    expect(rules).toEqual([
      [1, -1],
      [2, -1],
      [PING_STATE.id.low, 1],
    ])
    lab.runForSeconds(3)
    // What came from the peer is not told to it.
    expect(node.takeSaid()).toEqual([])
  })

  it('is skipped without a word for an interface that is not here', () => {
    const { lab, fw1, fw2 } = pfsyncPair({ statePolicy: 'if-bound' }, { missing: ['vmx1'] })
    fw1.see(UDP)
    lab.runForSeconds(2)
    expect(fw2.table()).toEqual([])
    expect(fw2.service.counters).toMatchObject({ badState: 0, badValue: 0, collisions: 0 })
    // Each update is then answered by a request, and that by the whole state, in vain.
    fw1.see(UDP)
    fw1.takeSaid()
    lab.runForSeconds(2)
    expect(fw2.takeSaid().map((line) => line.slice(6))).toEqual(['request uncompressed 1'])
    expect(fw1.takeSaid().map((line) => line.slice(6))).toEqual(['update compressed 1', 'update 1'])
  })

  it.each([
    ['timeout', { timeout: 25 }],
    ['level', { source: { ...PF_PEER_NONE, state: 13 } }],
    ['direction', { direction: 3 }],
    ['family', { addressFamily: 3 }],
  ])('with a bad value is passed over, and the next one is not: %s', (_field, change) => {
    const { node, hearRegions } = pfsyncOnCable({ creatorId: 7 })
    hearRegions(insert(change, {}))
    expect(node.table()).toHaveLength(1)
    expect(node.service.counters).toMatchObject({ badValue: 1 })
  })

  it('that collides is counted, and one without a creator is not', () => {
    const { node, hearRegions } = pfsyncOnCable({ creatorId: 7 })
    hearRegions(insert({}, {}, { id: { high: 0, low: 9 } }, { creatorId: 0 }))
    expect(node.table()).toHaveLength(1)
    expect(node.service.counters).toMatchObject({ collisions: 2, badState: 0 })
  })

  it('ends its region where there is no room, but not the packet', () => {
    const { node, hearRegions } = pfsyncOnCable({ creatorId: 7, limit: 1 })
    node.see(UDP)
    const [own] = node.table()
    if (own === undefined) throw new Error('not made')
    const gone: PfsyncRegion = { kind: 'deleteCompressed', entries: [own] }
    hearRegions(insert({}, { id: { high: 0, low: 9 } }), gone)
    expect(node.table()).toEqual([])
    expect(node.service.counters).toMatchObject({ collisions: 0, badState: 0 })
  })

  it('that asks for it is acknowledged at once', () => {
    const { node, hearRegions } = pfsyncOnCable({ creatorId: 7 })
    hearRegions(insert({ flags: 0x11 }))
    expect(node.takeRegions()).toEqual([{ kind: 'insertAck', entries: [REFERENCE] }])
    expect(node.table()[0]?.flags).toBe(0x01)
  })
})

describe('an update', () => {
  it('in full makes the state that is unknown', () => {
    const { node, hearRegions } = pfsyncOnCable({ creatorId: 7 })
    hearRegions({ kind: 'update1400', entries: [PING_STATE, { ...PING_STATE, creatorId: 0 }] })
    expect(node.table()).toHaveLength(1)
    expect(node.service.counters).toMatchObject({ badState: 1 })
  })

  it('of an unknown state is answered by a request, once in a packet', () => {
    const { node, hearRegions } = pfsyncOnCable({ creatorId: 7 })
    const other = { ...UPDATE, creatorId: 8 }
    hearRegions({ kind: 'updateCompressed', entries: [UPDATE, UPDATE, other] })
    expect(node.takeRegions()).toEqual([
      { kind: 'updateRequest', entries: [REFERENCE, { ...REFERENCE, creatorId: 8 }] },
    ])
  })

  it('of many unknown states is answered in as many packets as it takes', () => {
    const { node, hearRegions } = pfsyncOnCable({ creatorId: 7 })
    const updates = Array.from({ length: 125 }, (_, low) => ({ ...UPDATE, id: { high: 1, low } }))
    for (let at = 0; at < 125; at += 17) {
      node.sent.length = 0
      hearRegions({ kind: 'updateCompressed', entries: updates.slice(at, at + 17) })
      expect(node.takeRegions()).toMatchObject([{ kind: 'updateRequest' }])
    }
  })

  it('refreshes a state and sets its timeout', () => {
    const { lab, node, hearRegions } = pfsyncOnCable({ creatorId: 7 })
    hearRegions(insert({}))
    lab.runForSeconds(5)
    hearRegions({ kind: 'updateCompressed', entries: [{ ...UPDATE, timeout: 9 }] })
    const [state] = node.table()
    const second = node.states.secondAt(lab.nowNs)
    expect(state).toMatchObject({ hitSecond: second, peerSecond: second, timeout: 9 })
  })

  it('that is behind is answered at once, by what is true', () => {
    const { lab, node, hearRegions } = pfsyncOnCable({ creatorId: 7 })
    node.see(packet('in vmx1 tcp 10.0.1.5:1000 > 1.1.1.1:80 S', { seq: 5000 }))
    lab.runForSeconds(2)
    node.takeSaid()
    const [own] = node.table()
    if (own === undefined) throw new Error('not made')
    const { id, creatorId } = own
    const behind = { ...PF_PEER_NONE, state: 2, seqlo: 4000 }
    const ahead = { ...PF_PEER_NONE, state: 2, seqlo: 9000 }
    const entry = { ...UPDATE, id, creatorId, source: behind, destination: ahead, timeout: 1 }
    hearRegions({ kind: 'updateCompressed', entries: [entry] })
    expect(node.takeRegions()).toMatchObject([
      { kind: 'updateCompressed', entries: [{ source: { seqlo: 5000 }, destination: ahead }] },
    ])
    expect(node.service.counters).toMatchObject({ stale: 1 })
  })

  it.each([
    ['timeout', { timeout: 25 }],
    ['source', { source: { ...PF_PEER_NONE, state: 13 } }],
    ['destination', { destination: { ...PF_PEER_NONE, state: 13 } }],
  ])('with a bad value is passed over: %s', (_field, change) => {
    const { node, hearRegions } = pfsyncOnCable({ creatorId: 7 })
    hearRegions({ kind: 'updateCompressed', entries: [{ ...UPDATE, ...change }] })
    hearRegions({ kind: 'update1400', entries: [{ ...PING_STATE, ...change }] })
    expect(node.takeRegions()).toEqual([])
    expect(node.table()).toEqual([])
    expect(node.service.counters).toMatchObject({ badValue: 2 })
  })
})

describe('a request', () => {
  it('is answered at once by the whole state, in place of an update that waits', () => {
    const { lab, node, hearRegions } = pfsyncOnCable()
    node.see(UDP)
    lab.runForSeconds(1.5)
    node.see(UDP)
    node.takeSaid()
    const [own] = node.table()
    if (own === undefined) throw new Error('not made')
    hearRegions({ kind: 'updateRequest', entries: [own, REFERENCE] })
    lab.runForSeconds(2)
    expect(node.takeSaid()).toEqual(['4.500 update 1'])
    expect(node.service.counters).toMatchObject({ badState: 1 })
  })
})

describe('a deletion', () => {
  it('ends the state without an echo, and an unknown one is counted', () => {
    const { lab, node, hearRegions } = pfsyncOnCable({ creatorId: 7 })
    hearRegions(insert({}))
    hearRegions({ kind: 'deleteCompressed', entries: [REFERENCE, REFERENCE] })
    expect(node.table()).toEqual([])
    lab.runForSeconds(3)
    expect(node.takeSaid()).toEqual([])
    expect(node.service.counters).toMatchObject({ badState: 1 })
  })

  it.each([
    ['of all', '', 1],
    ['of an interface that is here, which narrows nothing down', 'vmx5', 1],
    ['of all interfaces', 'all', 1],
    ['of an interface that is not here', 'em0', 2],
  ])("of a creator's states is done: %s", (_what, interfaceName, left) => {
    const { node, hearRegions } = pfsyncOnCable({ creatorId: 7 })
    node.see(UDP)
    hearRegions(insert({}))
    const entry = { interfaceName, creatorId: PING_STATE.creatorId }
    hearRegions({ kind: 'clear', entries: [entry] })
    expect(node.table()).toHaveLength(left)
  })
})

it('hears nothing of what it says itself', () => {
  const { lab, fw1, fw2 } = pfsyncPair()
  fw1.see(UDP)
  lab.runForSeconds(2)
  expect(fw1.service.counters).toMatchObject({ received: fw2.service.counters.sent })
})
