import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../engine/time.ts'
import { toHex } from '../protocols/bytes.ts'
import { arp, ethernet, type FrameText } from './frames.fixture.ts'
import { CountingWatch, Laboratory, mac, Recorder } from './laboratory.fixture.ts'
import { LearningSwitch, type SwitchPortMode } from './learning-switch.ts'
import { Walk } from './walk.ts'

const ALICE = '02:00:00:00:00:0a'
const BOB = '02:00:00:00:00:0b'
const NOBODY = '02:00:00:00:00:ff'
const CARP_GROUP = '01:00:5e:00:00:12'
const VIRTUAL = '00:00:5e:00:01:01'

const FORWARDING_NS = 4_000
/** What the shortest frame takes at 1 Gb/s. */
const WIRE_NS = (60 + 24) * 8
const ACCESS_10: SwitchPortMode = { mode: 'access', vlanId: 10 }
const ACCESS_20: SwitchPortMode = { mode: 'access', vlanId: 20 }
const TRUNK: SwitchPortMode = { mode: 'trunk', allowedVlans: [10, 20], nativeVlan: 10 }
/** Its native VLAN is not allowed, so that nothing untagged passes. */
const TAGGED_TRUNK: SwitchPortMode = { mode: 'trunk', allowedVlans: [10, 20], nativeVlan: 1 }

/** A switch with a recorder at the end of a cable on each port. */
function switchWith<Name extends string>(ports: Record<Name, SwitchPortMode>) {
  const lab = new Laboratory()
  const device = new LearningSwitch(lab.world, 'sw1', {
    ageingNs: 300 * SECOND_NS,
    forwardingDelayNs: FORWARDING_NS,
  })
  const names = Object.keys(ports) as Name[]
  const ends = Object.fromEntries(
    names.map((name) => {
      const end = new Recorder(lab.world, name)
      lab.connect(end.port, device.addPort(name, ports[name]))
      return [name, end]
    }),
  ) as Record<Name, Recorder>

  /** Sends from one end and tells what came out at which others. */
  const send = (from: Name, frame: FrameText | Uint8Array) => {
    const bytes = frame instanceof Uint8Array ? frame : ethernet(frame)
    for (const name of names) ends[name].takeReceived()
    ends[from].send(bytes)
    lab.settle()
    return Object.fromEntries(
      names
        .map((name) => [name, ends[name].takeReceived()] as const)
        .filter(([, received]) => received.length > 0),
    )
  }
  return { lab, device, ends, send }
}

/** The frames of `ethernet`, as they are received. */
function hex(frame: FrameText): string {
  return toHex(ethernet(frame))
}

const FOUR = { p1: ACCESS_10, p2: ACCESS_10, p3: ACCESS_10, p4: ACCESS_20 }

describe('a switch that learns', () => {
  it('floods what it does not know to its VLAN, once each, and not back', () => {
    const { send } = switchWith(FOUR)
    const frame = { to: BOB, from: ALICE }
    expect(send('p1', frame)).toEqual({ p2: [hex(frame)], p3: [hex(frame)] })
  })

  it('sends to one port what it has learned, from the first frame on', () => {
    const { send } = switchWith(FOUR)
    send('p2', { to: NOBODY, from: BOB })
    const frame = { to: BOB, from: ALICE }
    expect(send('p1', frame)).toEqual({ p2: [hex(frame)] })
  })

  it('stores a frame and forwards it: serialized twice, with its delay between', () => {
    const { lab, ends } = switchWith(FOUR)
    ends.p1.send(ethernet({ to: BOB, from: ALICE }))
    lab.settle()
    expect(ends.p2.received).toMatchObject([{ timeNs: 2 * WIRE_NS + FORWARDING_NS }])
  })

  it('lets the newest sighting win', () => {
    const { send } = switchWith(FOUR)
    send('p2', { to: NOBODY, from: BOB })
    send('p3', { to: NOBODY, from: BOB })
    const frame = { to: BOB, from: ALICE }
    expect(send('p1', frame)).toEqual({ p3: [hex(frame)] })
  })

  it('learns an address in each VLAN by itself', () => {
    const { send } = switchWith({ ...FOUR, p5: ACCESS_20 })
    send('p2', { to: NOBODY, from: BOB })
    const frame = { to: BOB, from: ALICE }
    expect(send('p4', frame)).toEqual({ p5: [hex(frame)] })
    expect(send('p1', frame)).toEqual({ p2: [hex(frame)] })
  })

  it('keeps quiet to the port where the target is', () => {
    const { lab, send } = switchWith(FOUR)
    send('p1', { to: NOBODY, from: BOB })
    expect(send('p1', { to: BOB, from: ALICE })).toEqual({})
    expect(lab.drops).toEqual(['samePort at sw1 p1'])
  })

  it('drops what has nowhere to go', () => {
    const { lab, send } = switchWith(FOUR)
    expect(send('p4', { to: BOB, from: ALICE })).toEqual({})
    expect(lab.drops).toEqual(['noOtherPort at sw1 p4'])
  })

  it('floods groups and broadcasts even when a frame claimed to come from one', () => {
    const { send } = switchWith(FOUR)
    for (const group of [CARP_GROUP, 'broadcast'] as const) {
      send('p2', { to: ALICE, from: group === 'broadcast' ? 'ff:ff:ff:ff:ff:ff' : group })
      const frame = { to: group, from: ALICE }
      expect(send('p1', frame)).toEqual({ p2: [hex(frame)], p3: [hex(frame)] })
    }
  })

  it('moves a virtual MAC by the advertisement, not by the gratuitous ARP that carries it', () => {
    const { send } = switchWith(FOUR)
    const toVip = { to: VIRTUAL, from: ALICE }
    send('p2', { to: CARP_GROUP, from: VIRTUAL })

    const announced = arp(
      { senderMac: VIRTUAL, senderIp: '10.0.0.254', targetIp: '10.0.0.254' },
      { from: BOB },
    )
    expect(Object.keys(send('p3', announced))).toEqual(['p1', 'p2'])
    expect(Object.keys(send('p1', toVip))).toEqual(['p2'])

    send('p3', { to: CARP_GROUP, from: VIRTUAL })
    expect(Object.keys(send('p1', toVip))).toEqual(['p3'])
  })
})

describe('what a switch has learned', () => {
  it('lasts 300 seconds from the last sighting', () => {
    const { lab, ends, send } = switchWith(FOUR)
    const waitUntil = (timeNs: number) => lab.runFor(timeNs - lab.nowNs)
    ends.p2.send(ethernet({ to: ALICE, from: BOB }))
    waitUntil(200 * SECOND_NS)
    ends.p2.send(ethernet({ to: ALICE, from: BOB }))
    // Both take the same time to the switch, so that at 500 s the sighting is 300 s old.
    waitUntil(500 * SECOND_NS)
    expect(Object.keys(send('p1', { to: BOB, from: ALICE }))).toEqual(['p2'])

    waitUntil(600 * SECOND_NS)
    ends.p2.send(ethernet({ to: ALICE, from: BOB }))
    waitUntil(900 * SECOND_NS + 1)
    expect(Object.keys(send('p1', { to: BOB, from: ALICE }))).toEqual(['p2', 'p3'])
  })

  it('is forgotten with the link it was seen on, and only that', () => {
    const { ends, send } = switchWith(FOUR)
    send('p2', { to: ALICE, from: BOB })
    send('p1', { to: BOB, from: ALICE })
    ends.p2.port.setPlugged(false)
    expect(Object.keys(send('p1', { to: BOB, from: ALICE }))).toEqual(['p3'])
    ends.p2.port.setPlugged(true)
    expect(Object.keys(send('p1', { to: BOB, from: ALICE }))).toEqual(['p2', 'p3'])
    expect(Object.keys(send('p3', { to: ALICE, from: NOBODY }))).toEqual(['p1'])
  })

  it('is news to those who watch paths, when it is new, has moved, or had aged out', () => {
    const { lab, ends, send } = switchWith(FOUR)
    /** Whether a frame from `source` outdates a walk to `to` that was made before. */
    const outdates = (from: 'p1' | 'p2', source: string, to: string) => {
      const watch = new CountingWatch()
      const frame = { destinationMac: mac(to), sourceMac: mac(NOBODY), vlanId: undefined }
      const payload = { kind: 'arpRequest', senderIp: 0, senderMac: 0, targetIp: 0 } as const
      new Walk(watch).send({ ...frame, payload }, ends.p3.port)
      send(from, { to: NOBODY, from: source })
      return watch.outdatings > 0
    }
    expect(outdates('p1', BOB, BOB)).toBe(true)
    expect(outdates('p1', BOB, BOB)).toBe(false)
    expect(outdates('p2', BOB, BOB)).toBe(true)
    expect(outdates('p1', BOB, ALICE)).toBe(false)
    lab.runFor(301 * SECOND_NS)
    expect(outdates('p2', BOB, BOB)).toBe(true)
  })
})

describe('an access port', () => {
  it('speaks untagged and stays within its VLAN', () => {
    const { send } = switchWith({ p1: ACCESS_10, p2: ACCESS_20, p3: ACCESS_10, trunk: TRUNK })
    const frame = { to: BOB, from: ALICE }
    expect(send('p2', frame)).toEqual({ trunk: [hex({ ...frame, vlanId: 20 })] })
  })

  it.each([20, 10])(
    'drops what is tagged, here for VLAN %i, and learns nothing from it',
    (vlanId) => {
      const { lab, send } = switchWith(FOUR)
      expect(send('p2', { to: ALICE, from: BOB, vlanId })).toEqual({})
      expect(lab.takeDrops()).toEqual(['taggedOnAccess at sw1 p2'])
      expect(Object.keys(send('p1', { to: BOB, from: ALICE }))).toEqual(['p2', 'p3'])
    },
  )

  it('takes a tag of VLAN 0 for a priority, which a trunk carries on', () => {
    const { send } = switchWith({ p1: ACCESS_20, p2: ACCESS_20, trunk: TRUNK })
    const frame = { to: BOB, from: ALICE }
    expect(send('p1', { ...frame, vlanId: 0, priority: 5 })).toEqual({
      p2: [hex(frame)],
      trunk: [hex({ ...frame, vlanId: 20, priority: 5 })],
    })
  })
})

describe('a trunk port', () => {
  const ports = { trunk: TRUNK, tagged: TAGGED_TRUNK, ten: ACCESS_10, twenty: ACCESS_20 }

  it('carries its native VLAN untagged and the others tagged', () => {
    const { send } = switchWith(ports)
    const frame = { to: BOB, from: ALICE }
    expect(send('ten', frame)).toEqual({
      trunk: [hex(frame)],
      tagged: [hex({ ...frame, vlanId: 10 })],
    })
    expect(send('trunk', frame)).toEqual({
      tagged: [hex({ ...frame, vlanId: 10 })],
      ten: [hex(frame)],
    })
    expect(send('trunk', { ...frame, vlanId: 20 })).toEqual({
      tagged: [hex({ ...frame, vlanId: 20 })],
      twenty: [hex(frame)],
    })
  })

  it('takes its native VLAN tagged, too', () => {
    const { send } = switchWith(ports)
    const frame = { to: BOB, from: ALICE }
    expect(send('trunk', { ...frame, vlanId: 10 })).toMatchObject({ ten: [hex(frame)] })
  })

  it('keeps the priority from trunk to trunk', () => {
    const { send } = switchWith(ports)
    const frame = { to: BOB, from: ALICE, vlanId: 20, priority: 7 }
    expect(send('tagged', frame)).toMatchObject({ trunk: [hex(frame)] })
  })

  it('drops VLANs that it may not carry, an unallowed native one included', () => {
    const { lab, send } = switchWith(ports)
    expect(send('trunk', { to: BOB, from: ALICE, vlanId: 30 })).toEqual({})
    expect(send('tagged', { to: BOB, from: ALICE })).toEqual({})
    expect(lab.drops).toEqual(['vlanNotAllowed at sw1 trunk', 'vlanNotAllowed at sw1 tagged'])
  })
})

describe('a port without a link', () => {
  it('gets no copy of what is flooded', () => {
    const { lab, ends, send } = switchWith(FOUR)
    ends.p3.port.setOn(false)
    expect(Object.keys(send('p1', { to: BOB, from: ALICE }))).toEqual(['p2'])
    expect(lab.drops).toEqual([])
  })
})
