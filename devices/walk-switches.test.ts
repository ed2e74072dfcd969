import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../engine/time.ts'
import { formatMac, parseMac } from '../protocols/addresses.ts'
import { fromHex } from '../protocols/bytes.ts'
import { type EthernetHeader, parseEthernet } from '../protocols/ethernet/wire.ts'
import { vSwitchWith } from './esxi/vswitch.fixture.ts'
import { ethernet } from './frames.fixture.ts'
import { Laboratory, mac, Recorder } from './laboratory.fixture.ts'
import { LearningSwitch, type SwitchPortMode } from './learning-switch.ts'
import { Walk } from './walk.ts'

/**
 * Switches send a walked frame where they send a real one. Each case sends random frames from
 * random ends, and before each asks the walk.
 */

const CARP_GROUP = '01:00:5e:00:00:12'
const VIRTUAL = '00:00:5e:00:01:01'
const GUESTS = [1, 2, 3, 4].map((last) => `00:50:56:00:00:0${last}`)
const addresses = fc.constantFrom(...GUESTS, VIRTUAL, '02:00:00:00:00:0a')
const targets = fc.oneof(addresses, fc.constantFrom('ff:ff:ff:ff:ff:ff', CARP_GROUP))
const vlans = fc.constantFrom(undefined, undefined, 10, 20)

interface Sent {
  readonly end: number
  readonly to: string
  readonly from: string
  readonly vlanId: number | undefined
}

function sentBy(ends: number): fc.Arbitrary<Sent> {
  return fc.record({ end: fc.nat(ends - 1), to: targets, from: addresses, vlanId: vlans })
}

/** Where a frame comes out, and with which tag: `vmnic0 10`. */
function compare(lab: Laboratory, ends: readonly Recorder[], { end, to, from, vlanId }: Sent) {
  const sender = ends[end] as Recorder
  for (const each of ends) {
    each.walked.splice(0)
    each.takeReceived()
  }
  const payload = { kind: 'arpRequest', senderIp: 0, senderMac: 0, targetIp: 0 } as const
  const [destinationMac, sourceMac] = [mac(to), mac(from)]
  new Walk().send({ destinationMac, sourceMac, vlanId, payload }, sender.port)
  sender.send(ethernet({ to, from, ...(vlanId === undefined ? {} : { vlanId }) }))
  lab.settle()
  const foreseen = ends.flatMap(({ name, walked }) =>
    walked.map((frame) => `${name} ${frame.vlanId} ${formatMac(frame.destinationMac)}`),
  )
  const seen = ends.flatMap(({ name, received }) =>
    received.map(({ hex }) => {
      const bytes = fromHex(hex)
      const { tag, destination } = parseEthernet(bytes, 0, bytes.length) as EthernetHeader
      return `${name} ${tag?.vlanId} ${formatMac(destination)}`
    }),
  )
  expect(seen).toEqual(foreseen)
}

describe('a walk through a vSwitch', () => {
  const verdicts = fc.constantFrom('accept' as const, 'reject' as const)
  const guests = fc.record({
    vlanId: fc.constantFrom(0, 10, 20, 4095),
    security: fc.record({
      promiscuousMode: verdicts,
      macChanges: verdicts,
      forgedTransmits: verdicts,
    }),
    promiscuous: fc.boolean(),
    joined: fc.constantFrom([], [CARP_GROUP]),
    changesMac: fc.boolean(),
    unplugged: fc.nat(9).map((draw) => draw === 0),
    policy: fc.constantFrom('srcport' as const, 'srcmac' as const, 'explicit' as const),
    activeCount: fc.nat(2),
  })
  const settings = fc.record({
    reversePathCheck: fc.boolean(),
    reversePathCheckPromiscuous: fc.boolean(),
  })
  const uplinks = fc.constantFrom([], ['vmnic0'], ['vmnic0', 'vmnic1'])

  it('ends where frames end', () => {
    const four = fc.tuple(guests, guests, guests, guests)
    const frames = fc.array(sentBy(6), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(four, settings, uplinks, frames, (plans, policy, vmnics, sent) => {
        const named = plans.map((plan, at) => {
          const { policy: shared, activeCount } = plan
          const [active, standby] = [vmnics.slice(0, activeCount), vmnics.slice(activeCount)]
          const teaming = { policy: shared, activeUplinks: active, standbyUplinks: standby }
          return [`vm${at}`, { mac: at + 1, teaming, ...plan }] as const
        })
        const { lab, end } = vSwitchWith<string, string>({
          guests: Object.fromEntries(named),
          settings: policy,
          uplinks: vmnics,
        })
        for (const [name, { changesMac, unplugged }] of named) {
          if (changesMac) end(name).nic.effectiveMac = parseMac(VIRTUAL) ?? 0
          if (unplugged) end(name).port.setPlugged(false)
        }
        const ends = [...named.map(([name]) => name), ...vmnics].map((name) => end(name))
        for (const each of sent) if (each.end < ends.length) compare(lab, ends, each)
      }),
      { numRuns: 300 },
    )
  })
})

describe('a walk through a physical switch', () => {
  const modes: fc.Arbitrary<SwitchPortMode> = fc.oneof(
    fc.record({ mode: fc.constant('access' as const), vlanId: fc.constantFrom(10, 20) }),
    fc.record({
      mode: fc.constant('trunk' as const),
      allowedVlans: fc.subarray([1, 10, 20]),
      nativeVlan: fc.constantFrom(1, 10, 20),
    }),
  )

  it('ends where frames end, whatever has been learned', () => {
    const ports = fc.array(modes, { minLength: 4, maxLength: 4 })
    const frames = fc.array(sentBy(4), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(ports, frames, (plans, sent) => {
        const lab = new Laboratory()
        const device = new LearningSwitch(lab.world, 'sw1', {
          ageingNs: 300 * SECOND_NS,
          forwardingDelayNs: 4_000,
        })
        const ends = plans.map((plan, at) => {
          const end = new Recorder(lab.world, `p${at}`)
          lab.connect(end.port, device.addPort(`p${at}`, plan))
          return end
        })
        // A frame from an address to itself is no frame: by the time it is forwarded it is known.
        for (const each of sent) if (each.to !== each.from) compare(lab, ends, each)
      }),
      { numRuns: 300 },
    )
  })
})
