import { describe, expect, it } from 'vitest'
import { formatMac } from '../../../protocols/addresses.ts'
import { fromHex, toHex } from '../../../protocols/bytes.ts'
import { dissect } from '../../frames.fixture.ts'
import { ip, mac } from '../../laboratory.fixture.ts'
import { advertisement, advertisementIn, virtualIp } from './advertisement.fixture.ts'
import { carpOnCable, FIREWALL_MAC, VIRTUAL_MAC, withoutReports } from './service.fixture.ts'

/** Vectors V1 and V3 of facts/carp-pfsync.md A13. */
const V1 = toHex(
  fromHex(`01 00 5e 00 00 12 00 00 5e 00 01 01 08 00 45 e0
    00 38 00 00 40 00 ff 70 bd 5d 0a 0a d2 fb e0 00
    00 12 21 01 00 07 00 01 0b 22 01 23 45 67 89 ab
    cd ef 71 ae bc 18 bb 5b 15 53 c1 e3 56 11 4e 69
    73 80 c7 9c 95 bd`),
)
const V3 = toHex(
  fromHex(`ff ff ff ff ff ff 00 0c 29 aa 00 01 08 06 00 01
    08 00 06 04 00 01 00 00 5e 00 01 01 0a 0a d2 fd
    00 00 00 00 00 00 0a 0a d2 fd`),
)

describe('the advertisement of a new master', () => {
  it('is vector V1, byte for byte, and the gratuitous ARP that follows is V3', () => {
    const { peer, hear } = carpOnCable()
    peer('vmx0').takeReceived()
    // One below the counter of V1; skew 240, so that it is preempted on the spot.
    hear(advertisement({ advskew: 240, counterHigh: 0x01234567, counterLow: 0x89abcdee }))
    expect(withoutReports(peer('vmx0').takeReceived())).toEqual([V1, V3])
  })

  it('is but for counter, digest and checksum the same when no peer was ever heard', () => {
    const { lab, peer } = carpOnCable()
    lab.runForSeconds(3.1)
    const [sent = '', announced] = withoutReports(peer('vmx0').takeReceived())
    expect(announced).toBe(V3)
    const uncovered = (hex: string) => hex.slice(0, 2 * 40)
    expect(uncovered(sent)).toBe(uncovered(V1))
    expect(sent).toHaveLength(2 * 70)
    expect(advertisementIn(sent)).toMatchObject({ vhid: 1, advskew: 0, advbaseSeconds: 1 })
  })

  it('carries the tag of a VLAN, and still the virtual MAC as its source', () => {
    const { lab, peer } = carpOnCable({
      host: {
        interfaces: [{ name: 'WAN', nic: 'vmx0', vlanId: 210, address: '10.10.210.251/24' }],
      },
    })
    lab.runForSeconds(3.1)
    const [sent = '', announced = ''] = withoutReports(peer('vmx0').takeReceived())
    expect(dissect(sent).ethernet).toMatchObject({
      source: mac(VIRTUAL_MAC),
      destination: mac('01:00:5e:00:00:12'),
      tag: { vlanId: 210, priority: 0 },
    })
    expect(dissect(announced).ethernet).toMatchObject({
      source: mac(FIREWALL_MAC),
      tag: { vlanId: 210 },
    })
  })

  it('comes from the own address, never from a virtual one, and from 0.0.0.0 for want of one', () => {
    const { lab, peer } = carpOnCable({
      host: { interfaces: [{ name: 'WAN', nic: 'vmx0' }] },
    })
    lab.runForSeconds(3.1)
    const [sent = ''] = withoutReports(peer('vmx0').takeReceived())
    expect(dissect(sent).ipv4?.source).toBe(0)
  })
})

describe('the pace of advertisements', () => {
  it.each([
    [1, 0, 3, 1],
    [1, 100, 3.390625, 1.390625],
    [1, 254, 3.992187, 1.9375],
    [2, 1, 6.003906, 2.003906],
  ])('advbase %i, skew %i: alone, the first after %f s', (advbaseSeconds, advskew, down, ad) => {
    const { lab, takeSent } = carpOnCable({ virtualIps: [virtualIp({ advbaseSeconds, advskew })] })
    lab.runForSeconds(15)
    const wireSeconds = 752e-9
    const times = takeSent().map(({ atSeconds }) => atSeconds - wireSeconds)
    expect(times[0]).toBeCloseTo(down, 9)
    // The interval right after a takeover is of the configured skew, all others of the sent one.
    const first = advbaseSeconds + Math.floor((advskew * 1e6) / 256) / 1e6
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeCloseTo(first, 9)
    expect((times[2] ?? 0) - (times[1] ?? 0)).toBeCloseTo(ad, 9)
    expect((times[3] ?? 0) - (times[2] ?? 0)).toBeCloseTo(ad, 9)
  })

  it('caps the skew on the wire at 240', () => {
    const { lab, takeSent } = carpOnCable({ virtualIps: [virtualIp({ advskew: 254 })] })
    lab.runForSeconds(4.1)
    expect(takeSent()).toMatchObject([{ advskew: 240 }])
  })

  it('changes with the skew at the next advertisement, for which nothing is sent', () => {
    const { lab, carp, takeSent } = carpOnCable()
    lab.runForSeconds(3.5)
    expect(takeSent()).toHaveLength(1)
    carp.setAdvskew(1, 'WAN', 254)
    lab.runForSeconds(0.49)
    expect(takeSent()).toEqual([])
    lab.runForSeconds(0.02)
    expect(takeSent()).toMatchObject([{ advskew: 240 }])
    lab.runForSeconds(1.92)
    expect(takeSent()).toEqual([])
  })

  it('is nothing at all for a BACKUP that hears its master', () => {
    const { lab, hear, carp, takeSent } = carpOnCable({ virtualIps: [virtualIp({ advskew: 100 })] })
    for (let second = 0; second < 20; second++) {
      hear(advertisement({ advskew: 0, counterLow: second }))
      lab.runForSeconds(1)
    }
    expect(carp.stateOf('WAN', 1)).toBe('BACKUP')
    expect(takeSent()).toEqual([])
  })
})

describe('an advertisement on a cable', () => {
  it('leaves by the NIC of its interface, with the MAC of its VHID', () => {
    const { lab, takeSent, peer } = carpOnCable({
      virtualIps: [virtualIp(), virtualIp({ interface: 'LAN', vhid: 7, vip: '10.0.0.254/24' })],
      host: {
        nics: { vmx0: FIREWALL_MAC, vmx1: '00:0c:29:aa:00:02' },
        interfaces: [
          { name: 'WAN', nic: 'vmx0', address: '10.10.210.251/24' },
          { name: 'LAN', nic: 'vmx1', address: '10.0.0.251/24' },
        ],
      },
    })
    lab.runForSeconds(3.1)
    const [sent = ''] = withoutReports([...peer('vmx1').received.map(({ hex }) => hex)])
    expect(formatMac(dissect(sent).ethernet.source)).toBe('00:00:5e:00:01:07')
    expect(dissect(sent).ipv4?.source).toBe(ip('10.0.0.251'))
    expect(takeSent('vmx1')).toMatchObject([{ vhid: 7 }])
    expect(takeSent('vmx0')).toMatchObject([{ vhid: 1 }])
  })
})
