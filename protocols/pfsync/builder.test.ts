import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PfsyncBuilder, type PfsyncSentKind } from './builder.fixture.ts'
import { entriesOf, PING_STATE } from './packets.fixture.ts'
import { PF_PEER_NONE } from './peer.ts'
import type { PfsyncEntries } from './regions.ts'
import { pfsyncLength } from './wire.ts'

const CHECKSUM = new Uint8Array(16).fill(7)
const IPV4_HEADER_BYTES = 20
const MTU_BYTES = 1500

const REFERENCE = { id: PING_STATE.id, creatorId: PING_STATE.creatorId }
const ENTRIES: { readonly [K in PfsyncSentKind]: PfsyncEntries[K] } = {
  insert1400: PING_STATE,
  insertAck: REFERENCE,
  update1400: PING_STATE,
  updateCompressed: {
    ...REFERENCE,
    source: PF_PEER_NONE,
    destination: PF_PEER_NONE,
    timeout: 10,
  },
  deleteCompressed: REFERENCE,
  updateRequest: REFERENCE,
  bulkStatus: { creatorId: 1, sinceRequestSeconds: 0, status: 1 },
  clear: { interfaceName: '', creatorId: 1 },
}
/** In the order in which FreeBSD sends them. */
const KINDS = Object.keys(ENTRIES) as PfsyncSentKind[]

describe('PfsyncBuilder', () => {
  it('is empty at first', () => {
    const builder = new PfsyncBuilder()
    expect(builder.isEmpty).toBe(true)
    expect(builder.take(CHECKSUM)).toEqual({ rulesetChecksum: CHECKSUM, regions: [] })
  })

  it('orders the regions for any order of the entries', () => {
    const builder = new PfsyncBuilder()
    for (const kind of KINDS.toReversed()) {
      if (kind !== 'bulkStatus') builder.add(kind, ENTRIES[kind])
    }
    const { regions } = builder.take(CHECKSUM)
    expect(regions.map(({ kind }) => kind)).toEqual(KINDS.filter((kind) => kind !== 'bulkStatus'))
  })

  it('puts the entries of a kind into one region, in the order they were added', () => {
    const builder = new PfsyncBuilder()
    const other = { id: { high: 1, low: 2 }, creatorId: 3 }
    builder.add('deleteCompressed', other)
    builder.add('updateRequest', REFERENCE)
    builder.add('deleteCompressed', REFERENCE)
    expect(builder.take(CHECKSUM).regions).toEqual([
      { kind: 'deleteCompressed', entries: [other, REFERENCE] },
      { kind: 'updateRequest', entries: [REFERENCE] },
    ])
  })

  it('makes a region for each bulk status and each clear', () => {
    const builder = new PfsyncBuilder()
    const end = { creatorId: 1, sinceRequestSeconds: 2, status: 2 }
    builder.add('bulkStatus', ENTRIES.bulkStatus)
    builder.add('clear', ENTRIES.clear)
    builder.add('bulkStatus', end)
    expect(builder.take(CHECKSUM).regions).toEqual([
      { kind: 'bulkStatus', entries: [ENTRIES.bulkStatus] },
      { kind: 'clear', entries: [ENTRIES.clear] },
      { kind: 'bulkStatus', entries: [end] },
    ])
  })

  it.each<[PfsyncSentKind, number, number]>([
    ['insert1400', 5, 1433],
    ['update1400', 5, 1433],
    ['updateCompressed', 17, 1476],
    ['deleteCompressed', 119, 1476],
  ])('accepts %s until %i entries make an IPv4 packet of %i bytes', (kind, count, ipBytes) => {
    const builder = new PfsyncBuilder()
    for (let index = 0; index < count; index++) {
      expect(builder.hasRoomFor(kind)).toBe(true)
      expect(builder.add(kind, ENTRIES[kind])).toBe(true)
    }
    expect(builder.hasRoomFor(kind)).toBe(false)
    expect(builder.add(kind, ENTRIES[kind])).toBe(false)
    const packet = builder.take(CHECKSUM)
    expect(IPV4_HEADER_BYTES + pfsyncLength(packet)).toBe(ipBytes)
  })

  it('starts a new packet after take', () => {
    const builder = new PfsyncBuilder()
    builder.add('insert1400', PING_STATE)
    const first = builder.take(CHECKSUM)
    expect(builder.isEmpty).toBe(true)
    builder.add('insertAck', REFERENCE)
    expect(first.regions).toEqual([{ kind: 'insert1400', entries: [PING_STATE] }])
    expect(builder.take(CHECKSUM).regions).toEqual([{ kind: 'insertAck', entries: [REFERENCE] }])
  })

  it('never exceeds the MTU and loses no entry', () => {
    const additions = fc.array(
      fc.oneof(
        ...KINDS.map((kind) =>
          (entriesOf[kind] as fc.Arbitrary<PfsyncEntries[PfsyncSentKind]>).map(
            (entry) => [kind, entry] as const,
          ),
        ),
      ),
      { maxLength: 40, size: 'max' },
    )
    fc.assert(
      fc.property(additions, (wanted) => {
        const builder = new PfsyncBuilder()
        const held = wanted.filter(([kind, entry]) => builder.add(kind, entry))
        const packet = builder.take(CHECKSUM)
        expect(IPV4_HEADER_BYTES + pfsyncLength(packet)).toBeLessThanOrEqual(MTU_BYTES - 20)
        const sent = packet.regions.flatMap((region) =>
          region.kind === 'foreign' ? [] : region.entries.map((entry) => [region.kind, entry]),
        )
        expect(sent).toHaveLength(held.length)
        for (const one of held) expect(sent).toContainEqual(one)
      }),
      { numRuns: 50 },
    )
  })
})
