import { describe, expect, it } from 'vitest'
import { toHex } from '../../protocols/bytes.ts'
import { ethernet } from '../frames.fixture.ts'
import { mac } from '../laboratory.fixture.ts'
import { FORWARDING_NS, guestMac, vSwitchWith } from './vswitch.fixture.ts'

const OUTSIDE = '02:00:00:00:00:0a'
const STRANGER = '02:00:00:00:00:ff'
const CARP_GROUP = '01:00:5e:00:00:12'
const OTHER_GROUP = '01:00:5e:00:00:fb'
const A = guestMac(0x0a)
const B = guestMac(0x0b)

const guests = { a: { mac: 0x0a }, b: { mac: 0x0b }, c: { mac: 0x0c } }
const uplinks = ['vmnic0'] as const

describe('a unicast from a guest', () => {
  it('goes to the guest that has the address, and does not leave the host', () => {
    const { sendBytes } = vSwitchWith({ guests, uplinks })
    const frame = ethernet({ to: B, from: A })
    expect(sendBytes('a', frame)).toEqual({ b: [toHex(frame)] })
  })

  it('takes the serialization, twice, and the forwarding between', () => {
    const { lab, end } = vSwitchWith({ guests, uplinks })
    end('a').send(ethernet({ to: B, from: A }))
    lab.settle()
    expect(end('b').received).toMatchObject([{ timeNs: 2 * (60 + 24) * 8 + FORWARDING_NS }])
  })

  it('goes to the uplink and to no other guest when nobody has the address', () => {
    const { sendBytes } = vSwitchWith({ guests, uplinks })
    const frame = ethernet({ to: STRANGER, from: A })
    expect(sendBytes('a', frame)).toEqual({ vmnic0: [toHex(frame)] })
  })

  it('is lost when nobody has the address and no uplink has a link', () => {
    const { lab, end, reach } = vSwitchWith({ guests, uplinks })
    end('vmnic0').port.setPlugged(false)
    expect(reach('a', { to: STRANGER, from: A })).toEqual([])
    expect(lab.drops).toEqual(['noUplink at vSwitch0'])
  })

  it('is lost when nobody has the address and the vSwitch is internal', () => {
    const { lab, reach } = vSwitchWith({ guests })
    expect(reach('a', { to: STRANGER, from: A })).toEqual([])
    expect(lab.drops).toEqual(['unknownUnicast at vSwitch0'])
  })

  it('is not sent back to a guest that speaks to itself', () => {
    const { lab, reach } = vSwitchWith({ guests, uplinks })
    expect(reach('a', { to: A, from: A })).toEqual([])
    expect(lab.drops).toEqual(['samePort at vSwitch0 PG0/a'])
  })
})

describe('a unicast from the physical network', () => {
  it('goes to the guest that has the address', () => {
    const { reach } = vSwitchWith({ guests, uplinks })
    expect(reach('vmnic0', { to: B, from: OUTSIDE })).toEqual(['b'])
  })

  it('is dropped, not flooded, when nobody has the address', () => {
    const { lab, reach } = vSwitchWith({ guests, uplinks })
    expect(reach('vmnic0', { to: STRANGER, from: OUTSIDE })).toEqual([])
    expect(lab.drops).toEqual(['unknownUnicast at vSwitch0'])
  })

  it('never goes on to another uplink', () => {
    const { reach } = vSwitchWith({ guests, uplinks: ['vmnic0', 'vmnic1'] })
    expect(reach('vmnic0', { to: STRANGER, from: OUTSIDE })).toEqual([])
    expect(reach('vmnic0', { to: 'broadcast', from: OUTSIDE })).not.toContain('vmnic1')
  })
})

describe('the table of a vSwitch', () => {
  it('is not learned: an address that a guest sent from is not found there', () => {
    const { reach } = vSwitchWith({ guests, uplinks })
    reach('b', { to: A, from: STRANGER })
    expect(reach('a', { to: STRANGER, from: A })).toEqual(['vmnic0'])
    expect(reach('vmnic0', { to: STRANGER, from: OUTSIDE })).toEqual([])
  })

  it('is not moved by what comes from the physical network', () => {
    const { reach } = vSwitchWith({ guests, uplinks })
    reach('vmnic0', { to: 'broadcast', from: B })
    expect(reach('a', { to: B, from: A })).toEqual(['b'])
  })

  it('leaves out guests that are switched off or unplugged', () => {
    const { lab, end, reach } = vSwitchWith({ guests, uplinks })
    end('b').port.setOn(false)
    expect(reach('a', { to: B, from: A })).toEqual(['vmnic0'])
    expect(reach('vmnic0', { to: B, from: OUTSIDE })).toEqual([])
    expect(reach('a', { to: 'broadcast', from: A })).toEqual(['c', 'vmnic0'])
    end('b').port.setOn(true)
    end('b').port.setPlugged(false)
    expect(reach('a', { to: B, from: A })).toEqual(['vmnic0'])
    expect(lab.drops).toEqual(['unknownUnicast at vSwitch0'])
  })

  it('follows the address that a guest has programmed', () => {
    const { end, reach } = vSwitchWith({ guests, uplinks })
    end('b').nic.effectiveMac = mac(STRANGER)
    expect(reach('a', { to: STRANGER, from: A })).toEqual(['b'])
    expect(reach('a', { to: B, from: A })).toEqual(['vmnic0'])
  })
})

describe('a broadcast', () => {
  it('from a guest goes to all others and to the uplink, not to its sender', () => {
    const { sendBytes } = vSwitchWith({ guests, uplinks })
    const frame = ethernet({ to: 'broadcast', from: A })
    const hex = toHex(frame)
    expect(sendBytes('a', frame)).toEqual({ b: [hex], c: [hex], vmnic0: [hex] })
  })

  it('from the physical network goes to all guests', () => {
    const { reach } = vSwitchWith({ guests, uplinks })
    expect(reach('vmnic0', { to: 'broadcast', from: OUTSIDE })).toEqual(['a', 'b', 'c'])
  })

  it('needs no uplink to reach the guests', () => {
    const { lab, reach } = vSwitchWith({ guests })
    expect(reach('a', { to: 'broadcast', from: A })).toEqual(['b', 'c'])
    expect(lab.drops).toEqual([])
  })
})

describe('a multicast', () => {
  const members = {
    a: { mac: 0x0a, joined: [CARP_GROUP] },
    b: { mac: 0x0b, joined: [CARP_GROUP, OTHER_GROUP] },
    c: { mac: 0x0c },
  }

  it('from a guest goes to those whose filter has the group, and to the uplink', () => {
    const { reach } = vSwitchWith({ guests: members, uplinks })
    expect(reach('a', { to: CARP_GROUP, from: A })).toEqual(['b', 'vmnic0'])
    expect(reach('c', { to: CARP_GROUP, from: guestMac(0x0c) })).toEqual(['a', 'b', 'vmnic0'])
  })

  it('from the physical network goes to those whose filter has the group', () => {
    const { lab, reach } = vSwitchWith({ guests: members, uplinks })
    expect(reach('vmnic0', { to: OTHER_GROUP, from: OUTSIDE })).toEqual(['b'])
    expect(reach('vmnic0', { to: '01:00:5e:00:00:01', from: OUTSIDE })).toEqual([])
    expect(lab.drops).toEqual(['noMember at vSwitch0'])
  })

  it('is no longer taken once the guest has left as often as it joined', () => {
    const { end, reach } = vSwitchWith({ guests: members, uplinks })
    const { nic } = end('b')
    nic.joinGroup(mac(CARP_GROUP))
    nic.leaveGroup(mac(CARP_GROUP))
    expect(reach('a', { to: CARP_GROUP, from: A })).toEqual(['b', 'vmnic0'])
    nic.leaveGroup(mac(CARP_GROUP))
    expect(reach('a', { to: CARP_GROUP, from: A })).toEqual(['vmnic0'])
  })
})

describe('a spanning tree frame', () => {
  const BPDU = { to: '01:80:c2:00:00:00', from: A }

  it('of a guest is dropped while Net.BlockGuestBPDU is 1', () => {
    const { lab, reach } = vSwitchWith({ guests, uplinks })
    expect(reach('a', BPDU)).toEqual([])
    expect(lab.drops).toEqual(['guestBpdu at vSwitch0 PG0/a'])
  })

  it('of a guest gets out while it is 0', () => {
    const { reach } = vSwitchWith({ guests, uplinks, settings: { blockGuestBpdu: false } })
    expect(reach('a', BPDU)).toEqual(['vmnic0'])
  })

  it('of the physical switch is ignored', () => {
    const { lab, reach } = vSwitchWith({ guests, uplinks })
    expect(reach('vmnic0', { ...BPDU, from: OUTSIDE })).toEqual([])
    expect(lab.drops).toEqual(['noMember at vSwitch0'])
  })
})

describe('the MTU of a vSwitch', () => {
  it('counts what follows the Ethernet header', () => {
    const { lab, sendBytes } = vSwitchWith({ guests, uplinks })
    const frameOf = (payloadBytes: number) =>
      ethernet({ to: B, from: A }, 0x88b5, new Uint8Array(payloadBytes))
    expect(Object.keys(sendBytes('a', frameOf(1500)))).toEqual(['b'])
    expect(lab.drops).toEqual([])
    expect(sendBytes('a', frameOf(1501))).toEqual({})
    expect(lab.drops).toEqual(['mtuExceeded at vSwitch0 PG0/a'])
  })

  it('does not count a tag', () => {
    const { lab, sendBytes } = vSwitchWith({ guests: { a: { mac: 0x0a, vlanId: 10 } }, uplinks })
    const frameOf = (payloadBytes: number) =>
      ethernet({ to: A, from: OUTSIDE, vlanId: 10 }, 0x88b5, new Uint8Array(payloadBytes))
    expect(Object.keys(sendBytes('vmnic0', frameOf(1500)))).toEqual(['a'])
    expect(sendBytes('vmnic0', frameOf(1501))).toEqual({})
    expect(lab.drops).toEqual(['mtuExceeded at vSwitch0 vmnic0'])
  })
})

describe('the link of a guest', () => {
  it('stays up when the uplink goes down: nothing tells the guest', () => {
    const { end } = vSwitchWith({ guests, uplinks })
    end('vmnic0').port.setPlugged(false)
    expect(end('a').port.up).toBe(true)
    expect(end('a').links).toEqual([{ timeNs: 0, up: true }])
  })
})
