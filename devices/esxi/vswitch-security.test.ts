import { describe, expect, it } from 'vitest'
import { toHex } from '../../protocols/bytes.ts'
import { arp, ethernet } from '../frames.fixture.ts'
import { mac } from '../laboratory.fixture.ts'
import { type SecurityPolicy, VGT_VLAN_ID } from './port-group.ts'
import { ALL_ACCEPT, guestMac, STANDARD_DEFAULT, vSwitchWith } from './vswitch.fixture.ts'

const OUTSIDE = '02:00:00:00:00:0a'
const STRANGER = '02:00:00:00:00:ff'
const CARP_GROUP = '01:00:5e:00:00:12'
const VIRTUAL = '00:00:5e:00:01:01'
const A = guestMac(0x0a)
const B = guestMac(0x0b)
const SPY = guestMac(0x0e)
const ALL_REJECT: SecurityPolicy = {
  promiscuousMode: 'reject',
  macChanges: 'reject',
  forgedTransmits: 'reject',
}

describe('promiscuousMode', () => {
  const spied = (security: SecurityPolicy, promiscuous: boolean, vlanId = 10) =>
    vSwitchWith({
      guests: {
        a: { mac: 0x0a, vlanId: 10 },
        b: { mac: 0x0b, vlanId: 10 },
        spy: { mac: 0x0e, vlanId, security, promiscuous },
      },
      uplinks: ['vmnic0'],
    })

  it.each([
    ['accept', true, true],
    ['accept', false, false],
    ['reject', true, false],
    ['reject', false, false],
  ] as const)('%s with a guest that asked: %s shows everything: %s', (policy, asked, sees) => {
    const { reach } = spied({ ...ALL_ACCEPT, promiscuousMode: policy }, asked)
    const spy = sees ? ['spy'] : []
    expect(reach('a', { to: B, from: A })).toEqual(['b', ...spy])
    expect(reach('a', { to: STRANGER, from: A })).toEqual([...spy, 'vmnic0'])
    expect(reach('vmnic0', { to: A, from: OUTSIDE, vlanId: 10 })).toEqual(['a', ...spy])
    expect(reach('vmnic0', { to: STRANGER, from: OUTSIDE, vlanId: 10 })).toEqual(spy)
    expect(reach('a', { to: CARP_GROUP, from: A })).toEqual([...spy, 'vmnic0'])
    expect(reach('vmnic0', { to: CARP_GROUP, from: OUTSIDE, vlanId: 10 })).toEqual(spy)
  })

  it('gives one copy of what the guest would get anyway, and none of what it sent', () => {
    const { reach } = spied(ALL_ACCEPT, true)
    expect(reach('a', { to: SPY, from: A })).toEqual(['spy'])
    expect(reach('a', { to: 'broadcast', from: A })).toEqual(['b', 'spy', 'vmnic0'])
    expect(reach('spy', { to: B, from: SPY })).toEqual(['b'])
    expect(reach('spy', { to: STRANGER, from: SPY })).toEqual(['vmnic0'])
  })

  it('shows nothing of another VLAN', () => {
    const { reach } = spied(ALL_ACCEPT, true, 20)
    expect(reach('a', { to: B, from: A })).toEqual(['b'])
    expect(reach('vmnic0', { to: STRANGER, from: OUTSIDE, vlanId: 10 })).toEqual([])
  })

  it('shows every VLAN with its tag to a guest that tags itself', () => {
    const { sendBytes } = spied(ALL_ACCEPT, true, VGT_VLAN_ID)
    const frame = { to: B, from: A }
    expect(sendBytes('a', ethernet(frame))).toEqual({
      b: [toHex(ethernet(frame))],
      spy: [toHex(ethernet({ ...frame, vlanId: 10 }))],
    })
  })

  it('ends with the last of those who asked', () => {
    const { end, reach } = spied(ALL_ACCEPT, true)
    const { nic } = end('spy')
    nic.requestPromiscuous()
    nic.releasePromiscuous()
    expect(reach('a', { to: B, from: A })).toEqual(['b', 'spy'])
    nic.releasePromiscuous()
    expect(reach('a', { to: B, from: A })).toEqual(['b'])
  })
})

describe('macChanges', () => {
  const changing = (macChanges: 'accept' | 'reject') =>
    vSwitchWith({
      guests: {
        a: { mac: 0x0a },
        b: { mac: 0x0b, joined: [CARP_GROUP], security: { ...STANDARD_DEFAULT, macChanges } },
      },
      uplinks: ['vmnic0'],
    })

  it('accept delivers to the new address', () => {
    const { end, reach } = changing('accept')
    end('b').nic.effectiveMac = mac(STRANGER)
    expect(reach('a', { to: STRANGER, from: A })).toEqual(['b'])
  })

  it('reject blocks all that comes in, until the guest is back at its first address', () => {
    const { lab, end, reach } = changing('reject')
    end('b').nic.effectiveMac = mac(STRANGER)
    expect(reach('a', { to: STRANGER, from: A })).toEqual([])
    expect(reach('vmnic0', { to: STRANGER, from: OUTSIDE })).toEqual([])
    expect(lab.takeDrops()).toEqual(Array(2).fill('macChangeBlocked at vSwitch0 PG0/b'))
    expect(reach('a', { to: 'broadcast', from: A })).toEqual(['vmnic0'])
    expect(reach('a', { to: CARP_GROUP, from: A })).toEqual(['vmnic0'])
    end('b').nic.effectiveMac = end('b').nic.initialMac
    expect(reach('a', { to: B, from: A })).toEqual(['b'])
    expect(reach('a', { to: 'broadcast', from: A })).toEqual(['b', 'vmnic0'])
  })

  it('reject does nothing to a guest that keeps its address, whatever it sends from', () => {
    const { reach } = changing('reject')
    expect(reach('b', { to: A, from: VIRTUAL })).toEqual(['a'])
    expect(reach('a', { to: B, from: A })).toEqual(['b'])
  })
})

describe('forgedTransmits', () => {
  const sending = (forgedTransmits: 'accept' | 'reject') =>
    vSwitchWith({
      guests: {
        a: { mac: 0x0a, security: { ...STANDARD_DEFAULT, forgedTransmits } },
        b: { mac: 0x0b },
      },
      uplinks: ['vmnic0'],
    })

  it('accept looks at no source', () => {
    const { reach } = sending('accept')
    expect(reach('a', { to: B, from: STRANGER })).toEqual(['b'])
  })

  it('reject drops what comes from another address, at the port of the sender', () => {
    const { lab, reach } = sending('reject')
    expect(reach('a', { to: B, from: STRANGER })).toEqual([])
    expect(lab.takeDrops()).toEqual(['forgedTransmit at vSwitch0 PG0/a'])
    expect(reach('a', { to: B, from: A })).toEqual(['b'])
    expect(reach('b', { to: A, from: STRANGER })).toEqual(['a'])
    expect(reach('vmnic0', { to: A, from: STRANGER })).toEqual(['a'])
  })

  it('reject goes by the address that the guest uses now', () => {
    const { end, reach } = sending('reject')
    end('a').nic.effectiveMac = mac(STRANGER)
    expect(reach('a', { to: B, from: STRANGER })).toEqual(['b'])
    expect(reach('a', { to: B, from: A })).toEqual([])
  })

  it('reject sees the Ethernet header only, not what an ARP packet says', () => {
    const { sendBytes } = sending('reject')
    const announced = arp(
      { senderMac: VIRTUAL, senderIp: '10.0.0.254', targetIp: '10.0.0.254' },
      { from: A },
    )
    expect(Object.keys(sendBytes('a', announced))).toEqual(['b', 'vmnic0'])
  })
})

/** What becomes of the frames of CARP: the table of facts/esxi.md, section 2. */
describe('CARP under a security policy', () => {
  const everything = {
    advertisement: ['fw2', 'vmnic0'],
    gratuitousArp: ['fw2', 'pc', 'vmnic0'],
    toVipFromOutside: ['fw1', 'fw2'],
    toVipFromGuest: ['fw1', 'fw2', 'vmnic0'],
    answer: ['fw2', 'pc'],
  }
  const unheardVip = { toVipFromOutside: [], toVipFromGuest: ['vmnic0'], answer: ['pc'] }

  it.each([
    ['all accept', ALL_ACCEPT, everything],
    ['macChanges reject', { ...ALL_ACCEPT, macChanges: 'reject' }, everything],
    [
      'forgedTransmits reject: both MASTER',
      { ...ALL_ACCEPT, forgedTransmits: 'reject' },
      { ...everything, advertisement: [] },
    ],
    [
      'promiscuousMode reject, the default of a vSwitch: elected, but the VIP is dead',
      STANDARD_DEFAULT,
      { ...everything, ...unheardVip },
    ],
    [
      'all reject, the default of a distributed switch: both at once',
      ALL_REJECT,
      { ...everything, ...unheardVip, advertisement: [] },
    ],
  ] satisfies [string, SecurityPolicy, typeof everything][])('%s', (_name, security, expected) => {
    const firewall = { security, promiscuous: true, joined: [CARP_GROUP] }
    const { lab, reach, sendBytes } = vSwitchWith({
      guests: { fw1: { mac: 1, ...firewall }, fw2: { mac: 2, ...firewall }, pc: { mac: 0x0a } },
      uplinks: ['vmnic0'],
    })
    const announced = arp(
      { senderMac: VIRTUAL, senderIp: '10.0.0.254', targetIp: '10.0.0.254' },
      { from: guestMac(1) },
    )
    expect({
      advertisement: reach('fw1', { to: CARP_GROUP, from: VIRTUAL }),
      gratuitousArp: Object.keys(sendBytes('fw1', announced)),
      toVipFromOutside: reach('vmnic0', { to: VIRTUAL, from: OUTSIDE }),
      toVipFromGuest: reach('pc', { to: VIRTUAL, from: A }),
      answer: reach('fw1', { to: A, from: guestMac(1) }),
    }).toEqual(expected)
    expect(lab.drops).toEqual([
      ...(expected.advertisement.length > 0 ? [] : ['forgedTransmit at vSwitch0 PG0/fw1']),
      ...(expected.toVipFromOutside.length > 0 ? [] : ['unknownUnicast at vSwitch0']),
    ])
  })
})
