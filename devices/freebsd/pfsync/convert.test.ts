import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PING_STATE } from '../../../protocols/pfsync/packets.fixture.ts'
import {
  PF_STATE_1400_BYTES,
  readState1400,
  writeState1400,
} from '../../../protocols/pfsync/state-1400.ts'
import type { StateRecord } from '../pf/state-record.ts'
import { fromWireState, toWireState } from './convert.ts'

const uint8 = fc.nat(0xff)
const uint16 = fc.nat(0xffff)
const uint32 = fc.nat(0xffff_ffff)
const names = fc.constantFrom('all', 'vmx0', 'vmx1.110')
const peers = fc.record({
  level: fc.nat(12),
  seqLow: uint32,
  seqHigh: uint32,
  seqDiff: uint32,
  maxWindow: uint16,
  mss: uint16,
  windowScale: uint8,
})

const records: fc.Arbitrary<StateRecord> = uint8.chain((protocol) => {
  const keys = fc.record({
    protocol: fc.constant(protocol),
    address0: uint32,
    port0: uint16,
    address1: uint32,
    port1: uint16,
  })
  const counts = fc.tuple(uint32, uint32)
  const route = fc.record({
    kind: fc.constantFrom('routeTo' as const, 'replyTo' as const),
    interface: names,
    gateway: uint32,
  })
  return fc.record({
    id: fc.record({ high: uint32, low: uint32 }),
    creatorId: uint32,
    interface: names,
    wire: keys,
    stack: keys,
    source: peers,
    destination: peers,
    direction: fc.constantFrom('in' as const, 'out' as const),
    route: fc.option(route, { nil: undefined }),
    rule: fc.integer({ min: -1, max: 1000 }),
    natRule: fc.integer({ min: -1, max: 1000 }),
    ageSeconds: uint32,
    expiresInSeconds: uint32,
    packets: counts,
    bytes: counts,
    // Neither no-sync nor the wish for an acknowledgement, which are the sender's own.
    flags: uint16.map((flags) => flags & ~0x18),
    timeout: fc.nat(24),
  })
})

it('a state is the same after its way through the bytes', () => {
  fc.assert(
    fc.property(records, (record) => {
      const bytes = new Uint8Array(PF_STATE_1400_BYTES)
      writeState1400(bytes, 0, toWireState(record))
      expect(fromWireState(readState1400(bytes, 0))).toEqual(record)
    }),
  )
})

it('no-sync and the wish for an acknowledgement are not taken over', () => {
  expect(fromWireState({ ...PING_STATE, flags: 0xffff })).toMatchObject({ flags: 0xffe7 })
})

it.each([
  ['of IPv6', { wire: { addresses: [[1, 2, 3, 4], 5] as const, ports: [0, 0] as const } }],
  [
    'translated to IPv6',
    { stack: { addresses: [5, [1, 2, 3, 4]] as const, ports: [0, 0] as const } },
  ],
  ['of no direction', { direction: 0 }],
])('a state %s is none for pf here', (_what, change) => {
  expect(fromWireState({ ...PING_STATE, ...change })).toBeUndefined()
})

it('dup-to, which pf here does not know, is no route', () => {
  expect(fromWireState({ ...PING_STATE, route: 3 })).toMatchObject({ route: undefined })
})
