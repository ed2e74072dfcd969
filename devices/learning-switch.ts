import type { Nanoseconds } from '../engine/time.ts'
import { isGroupMac, type MacAddress } from '../protocols/addresses.ts'
import {
  destinationOf,
  isTagged,
  popTag,
  pushTag,
  sourceOf,
  tagOf,
  vlanOfTag,
} from '../protocols/ethernet/wire.ts'
import type { Frame } from '../protocols/frame/frame.ts'
import { type Device, Port } from './port.ts'
import type { Walk, WalkedFrame } from './walk.ts'
import type { World } from './world.ts'

/** How a port treats VLANs: one of them untagged, or several tagged and the native one not. */
export type SwitchPortMode =
  | { readonly mode: 'access'; readonly vlanId: number }
  | {
      readonly mode: 'trunk'
      readonly allowedVlans: readonly number[]
      readonly nativeVlan: number
    }

export interface LearningSwitchSettings {
  readonly ageingNs: Nanoseconds
  /** From a frame being in to its being ready to leave: store and forward. */
  readonly forwardingDelayNs: Nanoseconds
}

interface SwitchPort {
  readonly port: Port
  readonly settings: SwitchPortMode
  readonly vlans: ReadonlySet<number>
  /** The VLAN that travels untagged. */
  readonly untaggedVlan: number
}

interface LearnedAddress {
  switchPort: SwitchPort
  seenNs: Nanoseconds
}

/**
 * A physical 802.1Q switch. It learns each source address on the port and VLAN it came from, the
 * newest sighting wins, and it floods what it does not know. Only the Ethernet source moves an
 * entry; a gratuitous ARP that carries an address in its payload does not.
 */
export class LearningSwitch implements Device {
  readonly name: string
  #world: World
  #settings: LearningSwitchSettings
  #ports: SwitchPort[] = []
  #byPort = new Map<Port, SwitchPort>()
  #learned = new Map<number, Map<MacAddress, LearnedAddress>>()

  constructor(world: World, name: string, settings: LearningSwitchSettings) {
    this.#world = world
    this.name = name
    this.#settings = settings
  }

  addPort(name: string, settings: SwitchPortMode): Port {
    const port = new Port(this.#world, this, name)
    const access = settings.mode === 'access'
    const switchPort: SwitchPort = {
      port,
      settings,
      vlans: new Set(access ? [settings.vlanId] : settings.allowedVlans),
      untaggedVlan: access ? settings.vlanId : settings.nativeVlan,
    }
    this.#ports.push(switchPort)
    this.#byPort.set(port, switchPort)
    return port
  }

  linkChanged(port: Port, up: boolean): void {
    if (up) return
    for (const addresses of this.#learned.values()) {
      for (const [mac, learned] of addresses) {
        if (learned.switchPort.port === port) addresses.delete(mac)
      }
    }
  }

  receive(frame: Frame, port: Port): void {
    const arrival = this.#switchPort(port)
    let tag = arrival.untaggedVlan
    if (isTagged(frame)) {
      if (arrival.settings.mode === 'access' && vlanOfTag(tagOf(frame)) !== 0) {
        this.#world.frames.drop(frame, 'taggedOnAccess', port.place)
        return
      }
      const carried = popTag(frame)
      // VLAN 0 names no VLAN: such a tag only carries a priority.
      tag = vlanOfTag(carried) === 0 ? carried | arrival.untaggedVlan : carried
    }
    const vlanId = vlanOfTag(tag)
    if (!arrival.vlans.has(vlanId)) {
      this.#world.frames.drop(frame, 'vlanNotAllowed', port.place)
      return
    }
    this.#learn(vlanId, sourceOf(frame), arrival)
    const target = this.#lookUp(vlanId, destinationOf(frame))
    if (target === undefined) this.#flood(frame, tag, arrival)
    else if (target === arrival) this.#world.frames.drop(frame, 'samePort', port.place)
    else this.#transmit(frame, tag, target)
  }

  walk(frame: WalkedFrame, port: Port, walk: Walk): void {
    const arrival = this.#switchPort(port)
    if (frame.vlanId !== undefined && arrival.settings.mode === 'access') return
    const vlanId = frame.vlanId ?? arrival.untaggedVlan
    if (!arrival.vlans.has(vlanId)) return
    const target = this.#lookUp(vlanId, frame.destinationMac)
    for (const candidate of target === undefined ? this.#ports : [target]) {
      if (!this.#takes(candidate, vlanId, arrival)) continue
      const tagged = candidate.untaggedVlan !== vlanId
      walk.send({ ...frame, vlanId: tagged ? vlanId : undefined }, candidate.port)
    }
  }

  #switchPort(port: Port): SwitchPort {
    return this.#byPort.get(port) as SwitchPort
  }

  #learn(vlanId: number, mac: MacAddress, switchPort: SwitchPort): void {
    if (isGroupMac(mac)) return
    let addresses = this.#learned.get(vlanId)
    if (addresses === undefined) {
      addresses = new Map()
      this.#learned.set(vlanId, addresses)
    }
    const known = addresses.get(mac)
    if (known === undefined) {
      addresses.set(mac, { switchPort, seenNs: this.#world.nowNs })
      this.#world.noteForwardingChange()
      return
    }
    if (known.switchPort !== switchPort) {
      known.switchPort = switchPort
      this.#world.noteForwardingChange()
    }
    known.seenNs = this.#world.nowNs
  }

  /** Where an address was last seen; undefined for groups, unknown and aged-out addresses. */
  #lookUp(vlanId: number, mac: MacAddress): SwitchPort | undefined {
    const learned = this.#learned.get(vlanId)?.get(mac)
    if (learned === undefined) return undefined
    const aged = this.#world.nowNs - learned.seenNs > this.#settings.ageingNs
    return aged ? undefined : learned.switchPort
  }

  #takes(candidate: SwitchPort, vlanId: number, arrival: SwitchPort): boolean {
    return candidate !== arrival && candidate.vlans.has(vlanId) && candidate.port.up
  }

  /** The last port gets the frame itself, the others copies. */
  #flood(frame: Frame, tag: number, arrival: SwitchPort): void {
    let previous: SwitchPort | undefined
    for (const candidate of this.#ports) {
      if (!this.#takes(candidate, vlanOfTag(tag), arrival)) continue
      if (previous !== undefined) this.#transmit(this.#world.frames.copy(frame), tag, previous)
      previous = candidate
    }
    if (previous === undefined) {
      this.#world.frames.drop(frame, 'noOtherPort', arrival.port.place)
      return
    }
    this.#transmit(frame, tag, previous)
  }

  #transmit(frame: Frame, tag: number, target: SwitchPort): void {
    if (vlanOfTag(tag) !== target.untaggedVlan) pushTag(frame, tag)
    target.port.transmit(frame, this.#settings.forwardingDelayNs)
  }
}
