import { describe, expect, it } from 'vitest'
import { answeredPing, CAST, EVENTS, echo, lostPing, MAC, seen } from './explain.fixture.ts'
import { reignsOf } from './mastership.ts'
import { Names } from './names.ts'
import { pathOf } from './path.ts'
import type { Sighting } from './recorded-run.ts'

const CONTEXT = { cast: CAST, names: new Names(CAST), reigns: reignsOf(EVENTS) }

const TRUNK = { node: 'fw1', isUplink: false }

/** Each hop as `point in +µs`, with `copy` for one beside the way. */
function drawn(sightings: readonly Sighting[]): string[] {
  return pathOf(sightings, CONTEXT).map(({ point, direction, sinceUs, isCopy }) => {
    const since = sinceUs === undefined ? '' : ` +${sinceUs}`
    return `${point} ${direction.slice(0, -5)}${since}${isCopy ? ' copy' : ''}`
  })
}

describe('the way of a packet', () => {
  const sightings = answeredPing(10, 2_000_000)

  it('goes through whom it was for; other firewalls got copies', () => {
    expect(drawn(sightings.filter(({ packetId }) => packetId === 10))).toEqual([
      'pc out',
      'esx-uplink in +10',
      'fw1 in +10',
      'fw1 out +0',
      'fw2 in +0 copy',
      'srv in +10',
    ])
  })

  it('leads through an uplink only where it leaves or enters the ESXi host', () => {
    expect(drawn(sightings.filter(({ packetId }) => packetId === 11))).toEqual([
      'srv out',
      'esx-uplink out +5 copy',
      'fw1 in +10',
      'fw1 out +0',
      'esx-uplink out +10',
      'pc in +10',
    ])
  })

  it('does not lead through a card that has no interface in its VLAN', () => {
    const points = new Map([...CAST.points, ['fw1-trunk', { ...TRUNK, vlans: [110, 120] }]])
    const arrivals = [110, 210].map((vlanId) =>
      seen(10, 2_000_000, 'fw1-trunk', 'in', echo({ vlanId })),
    )
    const hops = pathOf(arrivals, { ...CONTEXT, cast: { ...CAST, points } })
    expect(hops.map(({ vlanId, isCopy }) => [vlanId, isCopy])).toEqual([
      [110, false],
      [210, true],
    ])
  })

  it('passes every uplink when nobody took it, and notes where it died', () => {
    const hops = pathOf(lostPing(10, 6_000_000), CONTEXT)
    expect(hops.map(({ isCopy }) => isCopy)).toEqual([false, false, true])
    expect(hops.map(({ deaths }) => deaths)).toEqual([[], [], ['fw2 LAN: virtualMacNotMaster']])
  })

  it('asks who was MASTER at that instant', () => {
    const at = (timeUs: number, point: string) => [
      seen(1, timeUs, 'pc', 'out', echo()),
      seen(1, timeUs, point, 'in', echo()),
    ]
    expect(drawn(at(9_000_000, 'fw2'))).toEqual(['pc out', 'fw2 in +0'])
    expect(drawn(at(9_000_000, 'fw1'))).toEqual(['pc out', 'fw1 in +0 copy'])
    expect(drawn(at(2_000_000, 'fw1'))).toEqual(['pc out', 'fw1 in +0'])
  })

  it('names Ethernet addresses', () => {
    const [first] = pathOf([seen(1, 0, 'pc', 'out', echo())], CONTEXT)
    expect([first?.from, first?.to]).toEqual(['pc', 'virtual MAC of VHID 5'])
    const names = new Names({
      ...CAST,
      cards: [
        ...CAST.cards,
        { node: 'fw1', name: 'vmx1', macAddress: MAC.fw1 + 0x100, esxiHost: 'esx' },
      ],
    })
    expect(names.nameOf(MAC.fw1)).toBe('fw1 vmx0')
    expect(names.nameOf(0xffff_ffff_ffff)).toBe('broadcast')
    expect(names.nameOf(0x0100_5e00_0012)).toBe('CARP group')
    expect(names.nameOf(0x0100_5e00_0001)).toBe('01:00:5e:00:00:01 (group)')
    expect(names.nameOf(0x0200_0000_0099)).toBe('02:00:00:00:00:99')
    expect(names.nameOf(0x0000_5e00_0100)).toBe('00:00:5e:00:01:00')
  })

  it('shows a frame too short to be one, and a point that is unknown', () => {
    expect(drawn([seen(1, 0, 'nowhere', 'in', new Uint8Array(5))])).toEqual(['nowhere in copy'])
  })
})
