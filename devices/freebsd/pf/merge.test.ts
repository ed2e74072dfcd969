import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Bench } from './bench.fixture.ts'
import { applyUpdate, mergeUpdate } from './merge.ts'
import { type Peer, type PfState, type StateKey, silentPeer } from './state.ts'
import { TIMEOUT } from './timeouts.ts'

const TCP: StateKey = { protocol: 6, address0: 1, port0: 1, address1: 2, port1: 2 }
const UDP: StateKey = { ...TCP, protocol: 17 }

function peer(level: number, seqLow = 0): Peer {
  return { ...silentPeer(), level, seqLow }
}

/** Our side, theirs, and whether ours was ahead: level, and where the data is. */
type Row = readonly [own: readonly number[], theirs: readonly number[], stale: boolean]

const TCP_SOURCE: readonly Row[] = [
  [[4, 100], [4, 100], false],
  [[4, 100], [4, 101], false],
  [[4, 101], [4, 100], true],
  [[4, 100], [2, 999], true],
  [[2, 999], [4, 100], false],
  [[9, 100], [4, 999], true],
  // Over the edge of the circle, 5 is after the largest number.
  [[4, 5], [4, 2 ** 32 - 1], true],
  [[4, 2 ** 32 - 1], [4, 5], false],
  // A SYN proxy (11, 12) that hands over goes back in level.
  [[12, 0], [4, 100], false],
  [[12, 0], [11, 100], true],
]

const TCP_DESTINATION: readonly Row[] = [
  [[4, 100], [4, 100], false],
  [[4, 101], [4, 100], true],
  [[4, 100], [2, 999], true],
  // Unlike the other side, it is stale also when it is behind in level but ahead in data.
  [[2, 999], [4, 100], true],
  [[0, 999], [4, 100], false],
  [[0, 0], [0, 0], false],
]

const FLOW: readonly Row[] = [
  [[1, 0], [1, 0], false],
  [[1, 0], [2, 0], false],
  [[2, 0], [1, 0], true],
]

describe('the source of a TCP state', () => {
  it.each(TCP_SOURCE)('%j against %j: ours is ahead: %s', (own, theirs, stale) => {
    const merge = mergeUpdate(
      { wire: TCP, source: at(own), destination: peer(0) },
      { source: at(theirs), destination: peer(0) },
    )
    expect(merge.source).toEqual(at(stale ? own : theirs))
    expect(merge.staleSides).toBe(stale ? 1 : 0)
  })
})

describe('the destination of a TCP state', () => {
  it.each(TCP_DESTINATION)('%j against %j: ours is ahead: %s', (own, theirs, stale) => {
    const merge = mergeUpdate(
      { wire: TCP, source: peer(9, 5), destination: at(own) },
      { source: peer(0), destination: at(theirs) },
    )
    // The source is stale here, so that this side alone decides what is kept of it.
    expect(merge.staleSides).toBe(stale ? 2 : 1)
    expect(merge.destination).toEqual(at(stale ? own : theirs))
    expect(merge.refreshed).toBe(!stale)
  })

  it('is overwritten even when it alone was ahead', () => {
    const merge = mergeUpdate(
      { wire: TCP, source: peer(4, 10), destination: peer(4, 500) },
      { source: peer(4, 20), destination: peer(4, 400) },
    )
    expect(merge).toEqual({
      source: peer(4, 20),
      destination: peer(4, 400),
      staleSides: 1,
      refreshed: true,
    })
  })
})

describe('a side of any other state', () => {
  it.each(FLOW)('%j against %j: ours is ahead: %s', (own, theirs, stale) => {
    const merge = mergeUpdate(
      { wire: UDP, source: at(own), destination: at(own) },
      { source: at(theirs), destination: at(theirs) },
    )
    expect(merge.source).toEqual(at(stale ? own : theirs))
    expect(merge.destination).toEqual(at(stale ? own : theirs))
    expect(merge.staleSides).toBe(stale ? 2 : 0)
  })
})

function at([level = 0, seqLow = 0]: readonly number[]): Peer {
  return peer(level, seqLow)
}

describe('an update', () => {
  const ofBench = (): { bench: Bench; state: PfState } => {
    const bench = new Bench(['pass all'])
    const { state } = bench.see('in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:80 S', { seq: 100 })
    return { bench, state: state as PfState }
  }

  it('counts as a hit, with the timeout of the peer', () => {
    const { state } = ofBench()
    const update = {
      source: peer(4, 200),
      destination: peer(4, 300),
      timeout: TIMEOUT.tcpEstablished,
    }
    expect(applyUpdate(state, update, 30).staleSides).toBe(0)
    expect(state).toMatchObject({
      ...update,
      hitSecond: 30,
      peerSecond: 30,
    })
    expect(state.source).not.toBe(update.source)
  })

  it('that is stale on both sides leaves all but the time of the peer', () => {
    const { state } = ofBench()
    applyUpdate(state, { source: peer(9, 1), destination: peer(9, 1), timeout: 5 }, 10)
    const before = structuredClone(state)
    const { staleSides } = applyUpdate(
      state,
      { source: peer(4, 1), destination: peer(4, 1), timeout: TIMEOUT.tcpEstablished },
      20,
    )
    expect(staleSides).toBe(2)
    expect(state).toEqual({ ...before, peerSecond: 20 })
  })

  it('of what we have told changes nothing', () => {
    const side = fc.record({
      level: fc.constantFrom(0, 2, 4, 7, 9, 10),
      seqLow: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    })
    fc.assert(
      fc.property(side, side, fc.boolean(), (source, destination, isTcp) => {
        const own = {
          wire: isTcp ? TCP : UDP,
          source: peer(source.level, source.seqLow),
          destination: peer(destination.level, destination.seqLow),
        }
        const merge = mergeUpdate(own, structuredClone(own))
        expect(merge).toEqual({
          source: own.source,
          destination: own.destination,
          staleSides: 0,
          refreshed: true,
        })
      }),
    )
  })
})
