import { describe, expect, it } from 'vitest'
import { toHex } from '../../protocols/bytes.ts'
import { ethernet } from '../frames.fixture.ts'
import { VGT_VLAN_ID } from './port-group.ts'
import { guestMac, vSwitchWith } from './vswitch.fixture.ts'

const OUTSIDE = '02:00:00:00:00:0a'
const STRANGER = '02:00:00:00:00:ff'
const EST = guestMac(1)
const VST = guestMac(2)
const OTHER = guestMac(4)
const VGT = guestMac(5)

const plan = {
  guests: {
    est: { mac: 1 },
    vst: { mac: 2, vlanId: 10 },
    same: { mac: 3, vlanId: 10 },
    other: { mac: 4, vlanId: 20 },
    vgt: { mac: 5, vlanId: VGT_VLAN_ID },
  },
  uplinks: ['vmnic0'],
} as const

function hex(...frame: Parameters<typeof ethernet>): string {
  return toHex(ethernet(...frame))
}

describe('a port group of VLAN 0 (EST)', () => {
  it('is untagged on both sides', () => {
    const { sendBytes } = vSwitchWith(plan)
    const out = { to: STRANGER, from: EST }
    expect(sendBytes('est', ethernet(out))).toEqual({ vmnic0: [hex(out)] })
    const back = { to: EST, from: OUTSIDE }
    expect(sendBytes('vmnic0', ethernet(back))).toEqual({ est: [hex(back)] })
  })

  it('is a network of its own: not that of any VLAN number', () => {
    const { lab, reach } = vSwitchWith(plan)
    expect(reach('est', { to: VST, from: EST })).toEqual(['vmnic0'])
    expect(reach('vmnic0', { to: EST, from: OUTSIDE, vlanId: 10 })).toEqual([])
    expect(lab.takeDrops()).toEqual(['unknownUnicast at vSwitch0'])
    expect(reach('est', { to: 'broadcast', from: EST })).toEqual(['vgt', 'vmnic0'])
    expect(reach('vmnic0', { to: 'broadcast', from: OUTSIDE })).toEqual(['est', 'vgt'])
  })
})

describe('a port group of a VLAN (VST)', () => {
  it('is tagged on the uplink and untagged towards the guest', () => {
    const { sendBytes } = vSwitchWith(plan)
    const out = { to: STRANGER, from: VST }
    expect(sendBytes('vst', ethernet(out))).toEqual({ vmnic0: [hex({ ...out, vlanId: 10 })] })
    const back = { to: VST, from: OUTSIDE }
    expect(sendBytes('vmnic0', ethernet({ ...back, vlanId: 10 }))).toEqual({ vst: [hex(back)] })
  })

  it('shares its network with other port groups of the VLAN, inside the host and untagged', () => {
    const { sendBytes } = vSwitchWith(plan)
    const frame = { to: guestMac(3), from: VST }
    expect(sendBytes('vst', ethernet(frame))).toEqual({ same: [hex(frame)] })
  })

  it('keeps to its VLAN', () => {
    const { lab, reach } = vSwitchWith(plan)
    expect(reach('vst', { to: 'broadcast', from: VST })).toEqual(['same', 'vgt', 'vmnic0'])
    expect(reach('vst', { to: OTHER, from: VST })).toEqual(['vmnic0'])
    expect(reach('vmnic0', { to: VST, from: OUTSIDE, vlanId: 20 })).toEqual([])
    expect(reach('vmnic0', { to: VST, from: OUTSIDE })).toEqual([])
    expect(lab.drops).toEqual(Array(2).fill('unknownUnicast at vSwitch0'))
  })
})

describe('a tag from a guest that may not tag', () => {
  it.each([
    ['est', EST, 'PG0'],
    ['vst', VST, 'PG10'],
  ] as const)('is the end of the frame (%s)', (name, from, portGroup) => {
    const { lab, reach } = vSwitchWith(plan)
    expect(reach(name, { to: STRANGER, from, vlanId: 10 })).toEqual([])
    expect(lab.drops).toEqual([`vlanMismatch at vSwitch0 ${portGroup}/${name}`])
  })

  it('passes when it is of VLAN 0: a priority', () => {
    const { sendBytes } = vSwitchWith(plan)
    const frame = { to: STRANGER, from: VST }
    const sent = ethernet({ ...frame, vlanId: 0 })
    expect(sendBytes('vst', sent)).toEqual({ vmnic0: [hex({ ...frame, vlanId: 10 })] })
  })
})

describe('a port group of VLAN 4095 (VGT)', () => {
  it('lets the guest tag: the uplink carries the tag with its priority', () => {
    const { sendBytes } = vSwitchWith(plan)
    const frame = { to: STRANGER, from: VGT, vlanId: 10, priority: 6 }
    expect(sendBytes('vgt', ethernet(frame))).toEqual({ vmnic0: [hex(frame)] })
  })

  it('reaches the port groups of the VLAN, without the tag, and these reach it, with it', () => {
    const { sendBytes } = vSwitchWith(plan)
    const there = { to: VST, from: VGT }
    expect(sendBytes('vgt', ethernet({ ...there, vlanId: 10 }))).toEqual({ vst: [hex(there)] })
    const back = { to: VGT, from: VST }
    expect(sendBytes('vst', ethernet(back))).toEqual({ vgt: [hex({ ...back, vlanId: 10 })] })
  })

  it('gets every VLAN, tags left alone', () => {
    const { sendBytes } = vSwitchWith(plan)
    for (const vlanId of [10, 20, 999]) {
      const frame = { to: VGT, from: OUTSIDE, vlanId, priority: 3 }
      expect(sendBytes('vmnic0', ethernet(frame))).toEqual({ vgt: [hex(frame)] })
    }
  })

  it('speaks untagged in VLAN 0', () => {
    const { sendBytes } = vSwitchWith(plan)
    const there = { to: EST, from: VGT }
    expect(sendBytes('vgt', ethernet(there))).toEqual({ est: [hex(there)] })
    const back = { to: VGT, from: EST }
    expect(sendBytes('est', ethernet(back))).toEqual({ vgt: [hex(back)] })
    const out = { to: STRANGER, from: VGT }
    expect(sendBytes('vgt', ethernet(out))).toEqual({ vmnic0: [hex(out)] })
  })

  it('spreads a broadcast in its VLAN only', () => {
    const { sendBytes } = vSwitchWith(plan)
    const frame = { to: 'broadcast', from: VGT }
    expect(sendBytes('vgt', ethernet({ ...frame, vlanId: 10 }))).toEqual({
      vst: [hex(frame)],
      same: [hex(frame)],
      vmnic0: [hex({ ...frame, vlanId: 10 })],
    })
  })
})
