import { describe, expect, it } from 'vitest'
import { ethernet } from '../frames.fixture.ts'
import { ALL_ACCEPT, guestMac, TEAM_POLICY_UP_DELAY_NS, vSwitchWith } from './vswitch.fixture.ts'
import type { VSwitchSettings } from './vswitch.ts'

const OUTSIDE = '02:00:00:00:00:0a'
const STRANGER = '02:00:00:00:00:ff'
const CARP_GROUP = '01:00:5e:00:00:12'
const VIRTUAL = '00:00:5e:00:01:01'

describe('several uplinks', () => {
  const guests = { a: { mac: 0x0a }, b: { mac: 0x0b }, c: { mac: 0x0c }, d: { mac: 0x0d } }
  const team = () => {
    const made = vSwitchWith({ guests, uplinks: ['vmnic0', 'vmnic1', 'vmnic2'] })
    const uplinkOf = (name: keyof typeof guests) => {
      const from = guestMac(guests[name].mac)
      const [unicast, broadcast] = (['02:00:00:00:00:ff', 'broadcast'] as const).map((to) =>
        made.reach(name, { to, from }).filter((each) => each.startsWith('vmnic')),
      )
      // Each kind of frame leaves exactly once, by the same uplink.
      expect(unicast).toHaveLength(1)
      expect(broadcast).toEqual(unicast)
      return unicast?.[0]
    }
    const pinning = () => [uplinkOf('a'), uplinkOf('b'), uplinkOf('c'), uplinkOf('d')]
    return { ...made, pinning }
  }

  it('are shared out: each guest sends by one of them, always the same', () => {
    const { pinning } = team()
    expect(pinning()).toEqual(['vmnic0', 'vmnic1', 'vmnic2', 'vmnic0'])
    expect(pinning()).toEqual(['vmnic0', 'vmnic1', 'vmnic2', 'vmnic0'])
  })

  it('stand in for one that fails, and nobody else has to move', () => {
    const { end, pinning } = team()
    end('vmnic1').port.setPlugged(false)
    expect(pinning()).toEqual(['vmnic0', 'vmnic2', 'vmnic2', 'vmnic0'])
    end('vmnic0').port.setPlugged(false)
    expect(pinning()).toEqual(['vmnic2', 'vmnic2', 'vmnic2', 'vmnic2'])
  })

  it('are used again Net.TeamPolicyUpDelay after they are back (failback)', () => {
    const { lab, end, pinning } = team()
    const before = pinning()
    end('vmnic1').port.setPlugged(false)
    end('vmnic1').port.setPlugged(true)
    lab.runFor(TEAM_POLICY_UP_DELAY_NS - 10_000)
    end('b').send(ethernet({ to: STRANGER, from: guestMac(0x0b) }))
    lab.settle()
    expect(end('vmnic1').takeReceived()).toEqual([])
    expect(pinning()).toEqual(before)
    expect(pinning()).toEqual(['vmnic0', 'vmnic1', 'vmnic2', 'vmnic0'])
  })

  it('are all dead: the frame is lost', () => {
    const { lab, end, reach } = team()
    for (const name of ['vmnic0', 'vmnic1', 'vmnic2'] as const) end(name).port.setPlugged(false)
    expect(reach('a', { to: STRANGER, from: guestMac(0x0a) })).toEqual([])
    expect(lab.drops).toEqual(['noUplink at vSwitch0'])
  })

  it('all deliver, whichever the guest itself sends by', () => {
    const { reach } = team()
    for (const name of ['vmnic0', 'vmnic1', 'vmnic2'] as const) {
      expect(reach(name, { to: guestMac(0x0c), from: OUTSIDE })).toEqual(['c'])
    }
  })
})

describe('the reverse-path check', () => {
  /** `fw` sends by vmnic0 and `pc` by vmnic1; only the firewall is promiscuous. */
  const team = (settings: Partial<VSwitchSettings> = {}) =>
    vSwitchWith({
      guests: {
        fw: { mac: 1, security: ALL_ACCEPT, promiscuous: true, joined: [CARP_GROUP] },
        pc: { mac: 0x0a, joined: [CARP_GROUP] },
      },
      uplinks: ['vmnic0', 'vmnic1'],
      settings,
    })
  const groups = [{ to: 'broadcast' }, { to: CARP_GROUP }]

  it.each(groups)('takes a group only from the uplink that the guest sends by: %o', ({ to }) => {
    const { reach } = team()
    expect(reach('vmnic0', { to, from: OUTSIDE })).toEqual(['fw'])
    expect(reach('vmnic1', { to, from: OUTSIDE })).toEqual(['fw', 'pc'])
  })

  it.each(groups)('takes it from any uplink while Net.ReversePathFwdCheck is 0: %o', ({ to }) => {
    const { reach } = team({ reversePathCheck: false })
    expect(reach('vmnic0', { to, from: OUTSIDE })).toEqual(['fw', 'pc'])
    expect(reach('vmnic1', { to, from: OUTSIDE })).toEqual(['fw', 'pc'])
  })

  it('holds for promiscuous guests only while Net.ReversePathFwdCheckPromisc is 1', () => {
    const { reach } = team({ reversePathCheckPromiscuous: true })
    for (const { to } of groups) {
      expect(reach('vmnic0', { to, from: OUTSIDE })).toEqual(['fw'])
      expect(reach('vmnic1', { to, from: OUTSIDE })).toEqual(['pc'])
    }
  })

  it('is what an advertisement that comes back meets: "both BACKUP" or not', () => {
    const reflected = { to: CARP_GROUP, from: VIRTUAL }
    expect(team().reach('vmnic1', reflected)).toContain('fw')
    expect(team({ reversePathCheckPromiscuous: true }).reach('vmnic1', reflected)).toEqual(['pc'])
  })

  it('is named as the cause when nobody is left to take the frame', () => {
    const { lab, reach } = vSwitchWith({
      guests: { pc: { mac: 0x0a } },
      uplinks: ['vmnic0', 'vmnic1'],
    })
    expect(reach('vmnic1', { to: 'broadcast', from: OUTSIDE })).toEqual([])
    expect(lab.drops).toEqual(['reversePath at vSwitch0'])
  })

  it('does not concern a unicast to its owner, nor the copies of it', () => {
    const { reach } = team({ reversePathCheckPromiscuous: true })
    for (const uplink of ['vmnic0', 'vmnic1'] as const) {
      expect(reach(uplink, { to: guestMac(0x0a), from: OUTSIDE })).toEqual(['fw', 'pc'])
    }
  })

  it('concerns a unicast that was flooded, which else comes once per uplink', () => {
    const flooded = { to: VIRTUAL, from: OUTSIDE }
    const twice = team()
    expect(twice.reach('vmnic0', flooded)).toEqual(['fw'])
    expect(twice.reach('vmnic1', flooded)).toEqual(['fw'])
    const once = team({ reversePathCheckPromiscuous: true })
    expect(once.reach('vmnic0', flooded)).toEqual(['fw'])
    expect(once.reach('vmnic1', flooded)).toEqual([])
    expect(once.lab.drops).toEqual(['reversePath at vSwitch0'])
  })

  it('follows the guest to another uplink', () => {
    const { end, reach } = team({ reversePathCheckPromiscuous: true })
    end('vmnic0').port.setPlugged(false)
    expect(reach('vmnic1', { to: 'broadcast', from: OUTSIDE })).toEqual(['fw', 'pc'])
  })
})
