import fc from 'fast-check'
import { entryBytesOf, PFSYNC_ACTION } from './actions.ts'
import { PF_ADDRESS_FAMILY, type PfAddress, type PfStateId } from './fields.ts'
import type { PfsyncBulkStatus, PfsyncClear, PfsyncReference, PfsyncTdb } from './messages.ts'
import { PF_PEER_NONE, type PfPeer } from './peer.ts'
import type { PfsyncEntries, PfsyncForeignRegion, PfsyncKind, PfsyncRegion } from './regions.ts'
import type { PfKey, PfState } from './state-1400.ts'
import type { PfsyncPacket } from './wire.ts'

/** Random packets with any value in each field. */

const uint8 = fc.integer({ min: 0, max: 0xff })
const uint16 = fc.integer({ min: 0, max: 0xffff })
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const int32 = fc.oneof(fc.constant(-1), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }))
const counter = fc.oneof(
  fc.integer({ min: 0, max: 2 ** 33 }),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
)
const counters = fc.tuple(counter, counter)
const stateIds: fc.Arbitrary<PfStateId> = fc.record({ high: uint32, low: uint32 })
const interfaceNames = fc.oneof(
  fc.constantFrom('', 'all', 'vmx0', 'vmx1.120'),
  fc.stringMatching(/^[ -~]{1,15}$/),
)

export const peers: fc.Arbitrary<PfPeer> = fc.record(
  {
    scrub: fc.record({ flags: uint16, ttl: uint8, timestampOffset: uint32 }),
    seqlo: uint32,
    seqhi: uint32,
    seqdiff: uint32,
    maxWindow: uint16,
    mss: uint16,
    state: uint8,
    wscale: uint8,
  },
  { requiredKeys: ['seqlo', 'seqhi', 'seqdiff', 'maxWindow', 'mss', 'state', 'wscale'] },
)

const ipv6 = fc.tuple(uint32, uint32, uint32, uint32)
const families = fc.oneof(fc.constantFrom(...Object.values(PF_ADDRESS_FAMILY)), uint8)

function addressesOf(family: number): fc.Arbitrary<PfAddress> {
  return family === PF_ADDRESS_FAMILY.ipv4 ? uint32 : ipv6
}

function keysOf(family: number): fc.Arbitrary<PfKey> {
  const address = addressesOf(family)
  return fc.record({
    addresses: fc.tuple(address, address),
    ports: fc.tuple(uint16, uint16),
  })
}

export const states: fc.Arbitrary<PfState> = families.chain((addressFamily) =>
  fc.record({
    id: stateIds,
    creatorId: uint32,
    interfaceName: interfaceNames,
    wire: keysOf(addressFamily),
    stack: keysOf(addressFamily),
    source: peers,
    destination: peers,
    rule: int32,
    anchor: int32,
    natRule: int32,
    ageSeconds: uint32,
    expireSeconds: uint32,
    packets: counters,
    bytes: counters,
    addressFamily: fc.constant(addressFamily),
    protocol: fc.oneof(fc.constantFrom(1, 6, 17, 58, 132), uint8),
    direction: fc.oneof(fc.constantFrom(1, 2), uint8),
    flags: uint16,
    log: uint8,
    timeout: fc.oneof(fc.integer({ min: 0, max: 24 }), uint8),
    syncFlags: uint8,
    updates: uint8,
    queueId: uint16,
    priorityQueueId: uint16,
    dummynet: uint16,
    reverseDummynet: uint16,
    routingTable: int32,
    minTtl: uint8,
    setTos: uint8,
    maxMss: uint16,
    setPriority: fc.tuple(uint8, uint8),
    route: uint8,
    routeAddress: addressesOf(addressFamily),
    routeInterfaceName: interfaceNames,
  }),
)

export const references: fc.Arbitrary<PfsyncReference> = fc.record({
  id: stateIds,
  creatorId: uint32,
})

const bulkStatuses: fc.Arbitrary<PfsyncBulkStatus> = fc.record({
  creatorId: uint32,
  sinceRequestSeconds: uint32,
  status: fc.oneof(fc.constantFrom(1, 2), uint8),
})

export const clears: fc.Arbitrary<PfsyncClear> = fc.record({
  interfaceName: interfaceNames,
  creatorId: uint32,
})

const tdbs: fc.Arbitrary<PfsyncTdb> = fc.record({
  spi: uint32,
  destination: fc.uint8Array({ minLength: 28, maxLength: 28 }),
  replay: uint32,
  currentBytes: counter,
  protocol: uint8,
  updates: uint8,
})

export const entriesOf: { readonly [K in PfsyncKind]: fc.Arbitrary<PfsyncEntries[K]> } = {
  clear: clears,
  insertAck: references,
  updateCompressed: references.chain((reference) =>
    fc.record({
      id: fc.constant(reference.id),
      creatorId: fc.constant(reference.creatorId),
      source: peers,
      destination: peers,
      timeout: uint8,
    }),
  ),
  updateRequest: references,
  deleteCompressed: references,
  bulkStatus: bulkStatuses,
  tdb: tdbs,
  insert1400: states,
  update1400: states,
}

const foreignRegions: fc.Arbitrary<PfsyncForeignRegion> = fc
  .tuple(
    fc.constantFrom(
      PFSYNC_ACTION.insert1301,
      PFSYNC_ACTION.update1301,
      PFSYNC_ACTION.insert1500,
      PFSYNC_ACTION.update1500,
    ),
    fc.integer({ min: 0, max: 2 }),
  )
  .chain(([action, count]) => {
    const length = count * (entryBytesOf(action) ?? 0)
    return fc.record({
      kind: fc.constant('foreign' as const),
      action: fc.constant(action),
      count: fc.constant(count),
      body: fc.uint8Array({ minLength: length, maxLength: length }),
    })
  })

const ownRegions: fc.Arbitrary<PfsyncRegion> = fc.oneof(
  ...(Object.keys(entriesOf) as PfsyncKind[]).map((kind) =>
    fc
      .array(entriesOf[kind] as fc.Arbitrary<PfsyncEntries[PfsyncKind]>, { maxLength: 3 })
      .map((entries) => ({ kind, entries }) as PfsyncRegion),
  ),
)

export const checksums = fc.uint8Array({ minLength: 16, maxLength: 16 })

/** Packets with regions of any kind in any order. */
export const packets: fc.Arbitrary<PfsyncPacket> = fc.record({
  rulesetChecksum: checksums,
  regions: fc.array(fc.oneof({ weight: 4, arbitrary: ownRegions }, foreignRegions), {
    maxLength: 5,
  }),
})

/** The state of vector W2: a ping from 10.10.210.20 to 1.1.1.1. */
export const PING_STATE: PfState = {
  id: { high: 0, low: 0x67a0_b1c2 },
  creatorId: 0x1a2b_3c4d,
  interfaceName: 'vmx1',
  wire: { addresses: [0x0a0a_d214, 0x0101_0101], ports: [0x1234, 8] },
  stack: { addresses: [0x0a0a_d214, 0x0101_0101], ports: [0x1234, 8] },
  source: PF_PEER_NONE,
  destination: PF_PEER_NONE,
  rule: 77,
  anchor: -1,
  natRule: -1,
  ageSeconds: 1,
  expireSeconds: 9,
  packets: [1, 1],
  bytes: [84, 84],
  addressFamily: PF_ADDRESS_FAMILY.ipv4,
  protocol: 1,
  direction: 1,
  flags: 0,
  log: 0,
  timeout: 10,
  syncFlags: 0,
  updates: 0,
  queueId: 0,
  priorityQueueId: 0,
  dummynet: 0,
  reverseDummynet: 0,
  routingTable: -1,
  minTtl: 0,
  setTos: 0,
  maxMss: 0,
  setPriority: [0, 0],
  route: 0,
  routeAddress: 0,
  routeInterfaceName: '',
}
