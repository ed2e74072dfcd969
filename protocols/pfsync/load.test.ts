import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PFSYNC_ACTION, type PfsyncActionName } from './actions.ts'
import { PFSYNC_EMPTY_LOAD_BYTES, PfsyncLoad } from './load.ts'

const IPV6_MORE_THAN_IPV4_BYTES = 20

function fill(load: PfsyncLoad, kind: PfsyncActionName): number {
  while (load.add(kind));
  return load.countOf(kind)
}

describe('PfsyncLoad', () => {
  it('has 64 bytes when empty', () => {
    const load = new PfsyncLoad()
    expect(load.bytes).toBe(64)
    expect(load.isEmpty).toBe(true)
    expect(load.roomBytes).toBe(1436)
  })

  // The number of entries that fit, and the length of the IPv4 packet.
  it.each<[PfsyncActionName, number, number]>([
    ['insert1400', 5, 1433],
    ['update1400', 5, 1433],
    ['insert1500', 3, 1128],
    ['update1500', 3, 1128],
    ['updateCompressed', 17, 1476],
    ['deleteCompressed', 119, 1476],
    ['updateRequest', 119, 1476],
    ['insertAck', 119, 1476],
  ])(
    'of %s is full with %i entries, which make an IPv4 packet of %i bytes',
    (kind, count, ipBytes) => {
      const load = new PfsyncLoad()
      expect(fill(load, kind)).toBe(count)
      expect(load.bytes - IPV6_MORE_THAN_IPV4_BYTES).toBe(ipBytes)
      expect(load.hasRoomFor(kind)).toBe(false)
      expect(load.countOf(kind)).toBe(count)
    },
  )

  it('without room for a state can have room for smaller entries', () => {
    const load = new PfsyncLoad()
    fill(load, 'insert1400')
    expect(load.roomBytes).toBe(47)
    // A subheader and three references of 12 bytes make 40 bytes.
    expect(fill(load, 'deleteCompressed')).toBe(3)
    expect(load.roomBytes).toBe(7)
  })

  it('accepts an entry that fits exactly and refuses one byte more', () => {
    const [exact, tight] = [new PfsyncLoad(64 + 4 + 12), new PfsyncLoad(64 + 4 + 11)]
    expect(exact.add('updateRequest')).toBe(true)
    expect(exact.roomBytes).toBe(0)
    expect(tight.add('updateRequest')).toBe(false)
    expect(tight.isEmpty).toBe(true)
  })

  it.each<[PfsyncActionName, number]>([
    ['bulkStatus', 2 * (4 + 12)],
    ['clear', 2 * (4 + 20)],
    ['updateRequest', 4 + 2 * 12],
  ])('of two %s adds %i bytes', (kind, bytes) => {
    const load = new PfsyncLoad()
    load.add(kind)
    load.add(kind)
    expect(load.bytes - PFSYNC_EMPTY_LOAD_BYTES).toBe(bytes)
  })

  it('is empty after all entries were removed in any order', () => {
    const kinds = fc.constantFrom(...(Object.keys(PFSYNC_ACTION) as PfsyncActionName[]))
    fc.assert(
      fc.property(
        fc.array(kinds, { maxLength: 40 }),
        fc.infiniteStream(fc.nat()),
        (wanted, order) => {
          const load = new PfsyncLoad()
          const held = wanted.filter((kind) => load.add(kind))
          expect(load.bytes).toBeLessThanOrEqual(1500)
          while (held.length > 0) {
            const [kind] = held.splice((order.next().value ?? 0) % held.length, 1)
            expect(kind !== undefined && load.remove(kind)).toBe(true)
          }
          expect(load.isEmpty).toBe(true)
        },
      ),
    )
  })

  it('removes only entries that it has', () => {
    const load = new PfsyncLoad()
    load.add('insert1400')
    expect(load.remove('update1400')).toBe(false)
    load.clear()
    expect(load.remove('insert1400')).toBe(false)
    expect(load.isEmpty).toBe(true)
  })
})
