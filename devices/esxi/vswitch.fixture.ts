import type { FrameText } from '../frames.fixture.ts'
import { ethernet } from '../frames.fixture.ts'
import { Laboratory, mac, Recorder } from '../laboratory.fixture.ts'
import type { SecurityPolicy } from './port-group.ts'
import type { TeamingPolicy } from './team.ts'
import { StandardVSwitch, type VSwitchSettings } from './vswitch.ts'

export const FORWARDING_NS = 3_000
export const TEAM_POLICY_UP_DELAY_NS = 100_000_000

export const ALL_ACCEPT: SecurityPolicy = {
  promiscuousMode: 'accept',
  macChanges: 'accept',
  forgedTransmits: 'accept',
}
/** The default of a standard vSwitch of ESXi 8.0. */
export const STANDARD_DEFAULT: SecurityPolicy = { ...ALL_ACCEPT, promiscuousMode: 'reject' }

export interface GuestSettings {
  /** The last byte of its MAC, 00:50:56:00:00:NN. */
  readonly mac: number
  readonly vlanId?: number
  readonly security?: SecurityPolicy
  readonly teaming?: Partial<TeamingPolicy>
  /** Whether the guest asks to see everything. */
  readonly promiscuous?: boolean
  readonly joined?: readonly string[]
}

export interface VSwitchPlan<Guest extends string, Uplink extends string> {
  readonly guests: Readonly<Record<Guest, GuestSettings>>
  readonly uplinks?: readonly Uplink[]
  readonly settings?: Partial<VSwitchSettings>
}

/** A vSwitch with a recorder as each guest, and one at the far end of each uplink. */
export function vSwitchWith<Guest extends string, Uplink extends string = never>(
  plan: VSwitchPlan<Guest, Uplink>,
) {
  const lab = new Laboratory()
  const device = new StandardVSwitch(lab.world, 'vSwitch0', {
    mtuBytes: 1500,
    forwardingDelayNs: FORWARDING_NS,
    reversePathCheck: true,
    reversePathCheckPromiscuous: false,
    blockGuestBpdu: true,
    teamPolicyUpDelayNs: TEAM_POLICY_UP_DELAY_NS,
    ...plan.settings,
  })
  const guestNames = Object.keys(plan.guests) as Guest[]
  const uplinkNames = plan.uplinks ?? []
  const ends = new Map<string, Recorder>()
  for (const name of guestNames) {
    const guest = plan.guests[name]
    const end = new Recorder(lab.world, name, mac(guestMac(guest.mac)))
    const { vlanId = 0, security = STANDARD_DEFAULT } = guest
    const teaming: TeamingPolicy = {
      policy: 'srcport',
      notifySwitches: false,
      failback: true,
      activeUplinks: uplinkNames,
      standbyUplinks: [],
      ...guest.teaming,
    }
    const portGroup = { name: `PG${vlanId}`, vlanId, security, teaming }
    if (guest.promiscuous) end.nic.requestPromiscuous()
    for (const group of guest.joined ?? []) end.nic.joinGroup(mac(group))
    lab.connect(end.port, device.addVirtualPort(end.nic, portGroup, name))
    ends.set(name, end)
  }
  for (const name of uplinkNames) {
    const end = new Recorder(lab.world, name)
    lab.connect(end.port, device.addUplink(name))
    ends.set(name, end)
  }

  const end = (name: Guest | Uplink) => ends.get(name) as Recorder

  /** Sends from one end and tells, in hexadecimal, what came out at which others. */
  const sendBytes = (from: Guest | Uplink, bytes: Uint8Array) => {
    for (const each of ends.values()) each.takeReceived()
    end(from).send(bytes)
    lab.settle()
    const received = [...ends].map(([name, each]) => [name, each.takeReceived()] as const)
    return Object.fromEntries(received.filter(([, frames]) => frames.length > 0))
  }

  /** The names of those that got a frame, one for each time they got it. */
  const reach = (from: Guest | Uplink, frame: FrameText) =>
    Object.entries(sendBytes(from, ethernet(frame))).flatMap(([name, frames]) =>
      frames.map(() => name),
    )

  return { lab, device, end, sendBytes, reach }
}

export function guestMac(lastByte: number): string {
  return `00:50:56:00:00:${lastByte.toString(16).padStart(2, '0')}`
}
