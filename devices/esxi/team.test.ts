import { describe, expect, it } from 'vitest'
import { fromHex } from '../../protocols/bytes.ts'
import type { TeamingPolicy } from './team.ts'
import { guestMac, vSwitchWith } from './vswitch.fixture.ts'

const STRANGER = '02:00:00:00:00:ff'
const OUTSIDE = '02:00:00:00:00:0a'

const THREE = ['vmnic0', 'vmnic1', 'vmnic2'] as const

/** One guest, and by which uplink its frames leave. */
function guestWith(teaming: Partial<TeamingPolicy>) {
  const made = vSwitchWith({ guests: { a: { mac: 0x0a, teaming } }, uplinks: THREE })
  const uplink = (from = guestMac(0x0a)) => made.reach('a', { to: STRANGER, from }).join()
  const plug = (name: (typeof THREE)[number], plugged: boolean) => {
    made.end(name).port.setPlugged(plugged)
    made.lab.settle()
  }
  return { ...made, uplink, plug }
}

const RESERVED = { activeUplinks: ['vmnic0'], standbyUplinks: ['vmnic1', 'vmnic2'] }

describe('a standby uplink', () => {
  it('takes the place of the active one, in order, and gives it back', () => {
    const { plug, uplink } = guestWith(RESERVED)
    expect(uplink()).toBe('vmnic0')
    plug('vmnic0', false)
    expect(uplink()).toBe('vmnic1')
    plug('vmnic1', false)
    expect(uplink()).toBe('vmnic2')
    plug('vmnic0', true)
    expect(uplink()).toBe('vmnic0')
  })

  it('keeps the place without failback, until it fails itself', () => {
    const { plug, uplink } = guestWith({ ...RESERVED, failback: false })
    plug('vmnic0', false)
    plug('vmnic0', true)
    expect(uplink()).toBe('vmnic1')
    plug('vmnic2', false)
    plug('vmnic1', false)
    expect(uplink()).toBe('vmnic0')
  })

  it('receives, but an unused uplink does not', () => {
    const { lab, reach } = guestWith({ activeUplinks: ['vmnic0'], standbyUplinks: ['vmnic1'] })
    const frame = { to: guestMac(0x0a), from: OUTSIDE }
    expect(reach('vmnic1', frame)).toEqual(['a'])
    expect(reach('vmnic2', frame)).toEqual([])
    expect(lab.drops).toEqual(['uplinkUnused at vSwitch0 PG0/a'])
  })
})

describe('the policy', () => {
  it('explicit uses one uplink, by the order', () => {
    const { plug, uplink } = guestWith({
      policy: 'explicit',
      activeUplinks: ['vmnic2', 'vmnic0'],
      standbyUplinks: ['vmnic1'],
    })
    expect(uplink()).toBe('vmnic2')
    plug('vmnic2', false)
    expect(uplink()).toBe('vmnic0')
  })

  it('srcmac goes by the source of the frame, so a virtual MAC may leave elsewhere', () => {
    const { uplink } = guestWith({ policy: 'srcmac' })
    expect(uplink(guestMac(0x0a))).toBe('vmnic1')
    expect(uplink('00:00:5e:00:01:02')).toBe('vmnic2')
  })

  it('iphash goes by both addresses of the packet', () => {
    const { sendBytes } = guestWith({ policy: 'iphash' })
    const uplinkTo = (last: string) => {
      const ends = '0200000000ff00505600000a0800'
      const ip = `4500001400000000400100000a0000010a0000${last}`
      return Object.keys(sendBytes('a', fromHex(ends + ip))).join()
    }
    expect(['01', '02', '03'].map(uplinkTo)).toEqual(['vmnic0', 'vmnic0', 'vmnic2'])
  })
})

describe('Notify Switches', () => {
  /** VLAN 10: the tag stands behind the addresses. */
  const RARP =
    'ffffffffffff00505600000a8100000a8035' +
    '0001080006040003' +
    '00505600000a00000000' +
    '00505600000a00000000'

  function notifying(notifySwitches: boolean) {
    const teaming = { ...RESERVED, notifySwitches }
    const made = vSwitchWith({
      guests: { a: { mac: 0x0a, vlanId: 10, teaming }, b: { mac: 0x0b, vlanId: 10 } },
      uplinks: THREE,
    })
    // Nobody has to be told of what is so from the start.
    made.lab.runForSeconds(100)
    for (const name of THREE) expect(made.end(name).takeReceived()).toEqual([])
    return made
  }

  it('tells five times, with RARP, of a vNIC whose uplink changes', () => {
    const { lab, end } = notifying(true)
    end('vmnic0').port.setPlugged(false)
    lab.runForSeconds(100)
    const told = end('vmnic1').received
    expect(told.map(({ hex }) => hex)).toEqual(Array(5).fill(RARP))
    const seconds = told.map(({ timeNs }) => Math.floor(timeNs / 1e9) - 100)
    expect(seconds).toEqual([0, 1, 3, 7, 15])
    expect(end('vmnic2').received).toEqual([])
    // And again when it moves back, by the uplink that it is on now.
    end('vmnic0').port.setPlugged(true)
    lab.runForSeconds(100)
    expect(end('vmnic0').takeReceived()).toEqual(Array(5).fill(RARP))
  })

  it('tells of a vNIC that comes up, and stops when it goes down', () => {
    const { lab, end } = notifying(true)
    end('a').port.setPlugged(false)
    end('a').port.setPlugged(true)
    lab.runForSeconds(2)
    end('a').port.setPlugged(false)
    lab.runForSeconds(100)
    expect(end('vmnic0').takeReceived()).toEqual([RARP, RARP])
  })

  it('set to no tells nothing', () => {
    const { lab, end } = notifying(false)
    end('vmnic0').port.setPlugged(false)
    lab.runForSeconds(100)
    expect(end('vmnic1').received).toEqual([])
  })
})
