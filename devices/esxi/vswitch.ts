import type { Nanoseconds } from '../../engine/time.ts'
import { isGroupMac, MAC_BROADCAST, type MacAddress } from '../../protocols/addresses.ts'
import {
  destinationOf,
  isTagged,
  popTag,
  pushTag,
  sourceOf,
  tagOf,
  vlanOfTag,
} from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import type { Nic } from '../nic.ts'
import { type Device, Port } from '../port.ts'
import type { Walk, WalkedFrame } from '../walk.ts'
import type { World } from '../world.ts'
import {
  carriesVlan,
  isMacChangeBlocked,
  isPromiscuous,
  type PortGroup,
  VGT_VLAN_ID,
  type VirtualPort,
} from './port-group.ts'

export interface VSwitchSettings {
  /** Largest IP packet that passes. */
  readonly mtuBytes: number
  readonly forwardingDelayNs: Nanoseconds
  /** Net.ReversePathFwdCheck: drop groups that come back on an uplink the port does not use. */
  readonly reversePathCheck: boolean
  /** Net.ReversePathFwdCheckPromisc: the same for promiscuous ports. */
  readonly reversePathCheckPromiscuous: boolean
  /** Net.BlockGuestBPDU */
  readonly blockGuestBpdu: boolean
}

/** Bridge group addresses, 01:80:c2:00:00:00 to 0f: what a bridge protocol speaks to. */
const BPDU_GROUP = 0x0180_c200_0000

/**
 * An ESXi standard vSwitch. Its table is not learned: it knows the effective MAC of each vNIC
 * from the hypervisor. What it does not know it sends to one uplink and to nobody else; that is
 * why a CARP virtual MAC, which is no vNIC's effective MAC, reaches a firewall only through a
 * promiscuous port.
 */
export class StandardVSwitch implements Device {
  readonly name: string
  #world: World
  #settings: VSwitchSettings
  #virtualPorts: VirtualPort[] = []
  #uplinks: Port[] = []
  #byPort = new Map<Port, VirtualPort>()
  /** Per vlanId, who would get a group frame; built anew when links or filters change. */
  #nextNumber = 0

  constructor(world: World, name: string, settings: VSwitchSettings) {
    this.#world = world
    this.name = name
    this.#settings = settings
  }

  /** Makes a port for a vNIC. The caller connects the two. */
  addVirtualPort(nic: Nic, portGroup: PortGroup, label: string): Port {
    const port = new Port(this.#world, this, `${portGroup.name}/${label}`)
    const virtualPort = { port, nic, portGroup, number: this.#nextNumber++ }
    this.#virtualPorts.push(virtualPort)
    this.#byPort.set(port, virtualPort)
    return port
  }

  /** Makes the port of a physical NIC. */
  addUplink(name: string): Port {
    const port = new Port(this.#world, this, name)
    this.#uplinks.push(port)
    return port
  }

  linkChanged(): void {}

  receive(frame: Frame, port: Port): void {
    if (this.#isTooLong(frame)) {
      this.#world.frames.drop(frame, 'mtuExceeded', port.place)
      return
    }
    const virtualPort = this.#byPort.get(port)
    if (virtualPort === undefined) this.#receiveFromUplink(frame, port)
    else this.#receiveFromGuest(frame, virtualPort)
  }

  // --- From a guest -----------------------------------------------------------------------------

  #receiveFromGuest(frame: Frame, from: VirtualPort): void {
    const { portGroup, nic, port } = from
    const { frames } = this.#world
    let tag = portGroup.vlanId
    if (isTagged(frame)) {
      const guestTag = tagOf(frame)
      // A priority tag, VLAN 0, passes where a guest may not tag.
      if (portGroup.vlanId !== VGT_VLAN_ID && vlanOfTag(guestTag) !== 0) {
        frames.drop(frame, 'vlanMismatch', port.place)
        return
      }
      popTag(frame)
      if (portGroup.vlanId === VGT_VLAN_ID) tag = guestTag
    } else if (portGroup.vlanId === VGT_VLAN_ID) tag = 0
    const destination = destinationOf(frame)
    if (this.#settings.blockGuestBpdu && isBridgeGroup(destination)) {
      frames.drop(frame, 'guestBpdu', port.place)
      return
    }
    if (portGroup.security.forgedTransmits === 'reject' && sourceOf(frame) !== nic.effectiveMac) {
      frames.drop(frame, 'forgedTransmit', port.place)
      return
    }
    const uplink = this.#uplinkFor(from)
    const owner = this.#ownerOf(destination, vlanOfTag(tag))
    const toUplink = owner === undefined ? uplink : undefined
    this.#spread(frame, tag, destination, from, owner, toUplink, undefined)
  }

  // --- From the physical network ----------------------------------------------------------------

  #receiveFromUplink(frame: Frame, uplink: Port): void {
    const tag = isTagged(frame) ? popTag(frame) : 0
    const destination = destinationOf(frame)
    const owner = this.#ownerOf(destination, vlanOfTag(tag))
    // Split horizon: what came from an uplink never goes to another.
    this.#spread(frame, tag, destination, undefined, owner, undefined, uplink)
  }

  /**
   * Gives the frame to all who take it. The frame itself goes to the last of them, copies go to
   * the others.
   */
  #spread(
    frame: Frame,
    tag: number,
    destination: MacAddress,
    from: VirtualPort | undefined,
    owner: VirtualPort | undefined,
    toUplink: Port | undefined,
    fromUplink: Port | undefined,
  ): void {
    const vlanId = vlanOfTag(tag)
    const { frames } = this.#world
    let previous: VirtualPort | undefined
    for (const candidate of this.#virtualPorts) {
      if (candidate === from) continue
      if (!this.#takes(candidate, vlanId, destination, owner, fromUplink)) continue
      if (previous !== undefined) this.#toGuest(frames.copy(frame), tag, previous)
      previous = candidate
    }
    if (toUplink !== undefined) {
      if (previous !== undefined) this.#toGuest(frames.copy(frame), tag, previous)
      if (vlanId !== 0) pushTag(frame, tag)
      toUplink.transmit(frame, this.#settings.forwardingDelayNs)
    } else if (previous !== undefined) {
      this.#toGuest(frame, tag, previous)
    } else if (isGroupMac(destination)) {
      frames.drop(frame, 'noMember', this.name)
    } else if (owner !== undefined) {
      frames.drop(frame, this.#refusalOf(owner), owner.port.place)
    } else {
      const cause = from === undefined || this.#uplinks.length === 0 ? 'unknownUnicast' : 'noUplink'
      frames.drop(frame, cause, this.name)
    }
  }

  #refusalOf(owner: VirtualPort): 'macChangeBlocked' | 'linkDown' {
    return isMacChangeBlocked(owner) ? 'macChangeBlocked' : 'linkDown'
  }

  #toGuest(frame: Frame, tag: number, to: VirtualPort): void {
    if (to.portGroup.vlanId === VGT_VLAN_ID && vlanOfTag(tag) !== 0) pushTag(frame, tag)
    to.port.transmit(frame, this.#settings.forwardingDelayNs)
  }

  // --- Who takes what ---------------------------------------------------------------------------

  #takes(
    candidate: VirtualPort,
    vlanId: number,
    destination: MacAddress,
    owner: VirtualPort | undefined,
    fromUplink: Port | undefined,
  ): boolean {
    if (!candidate.port.up || !carriesVlan(candidate, vlanId)) return false
    if (isMacChangeBlocked(candidate)) return false
    const promiscuous = isPromiscuous(candidate)
    if (candidate === owner) return true
    if (isGroupMac(destination)) {
      const wanted =
        destination === MAC_BROADCAST || promiscuous || candidate.nic.hasJoined(destination)
      return wanted && !this.#cameBack(candidate, promiscuous, fromUplink)
    }
    // A unicast that is here for its owner is copied to promiscuous ports unchecked; one that the
    // physical switch merely flooded arrives once per uplink and is checked like a group.
    return (
      promiscuous && (owner !== undefined || !this.#cameBack(candidate, promiscuous, fromUplink))
    )
  }

  /** The reverse-path check: groups are taken only from the uplink the port itself sends to. */
  #cameBack(to: VirtualPort, promiscuous: boolean, fromUplink: Port | undefined): boolean {
    if (fromUplink === undefined) return false
    const checked = promiscuous
      ? this.#settings.reversePathCheckPromiscuous
      : this.#settings.reversePathCheck
    return checked && this.#uplinkFor(to) !== fromUplink
  }

  #ownerOf(mac: MacAddress, vlanId: number): VirtualPort | undefined {
    if (isGroupMac(mac)) return undefined
    for (const candidate of this.#virtualPorts) {
      if (candidate.nic.effectiveMac !== mac) continue
      if (candidate.port.up && carriesVlan(candidate, vlanId)) return candidate
    }
    return undefined
  }

  /** "Route based on originating virtual port": each port is pinned to one live uplink. */
  #uplinkFor(from: VirtualPort): Port | undefined {
    if (this.#uplinks.length === 1) return this.#uplinks[0]?.up ? this.#uplinks[0] : undefined
    const live = this.#uplinks.filter((uplink) => uplink.up)
    return live[from.number % live.length]
  }

  #isTooLong(frame: Frame): boolean {
    const headerBytes = isTagged(frame) ? 18 : 14
    return frame.length - headerBytes > this.#settings.mtuBytes
  }

  // --- The same without a frame -----------------------------------------------------------------

  walk(frame: WalkedFrame, port: Port, walk: Walk): void {
    const from = this.#byPort.get(port)
    let vlanId = frame.vlanId ?? 0
    if (from !== undefined) {
      const { vlanId: groupVlan, security } = from.portGroup
      if (groupVlan !== VGT_VLAN_ID) {
        if (vlanId !== 0) return
        vlanId = groupVlan
      }
      if (security.forgedTransmits === 'reject' && frame.sourceMac !== from.nic.effectiveMac) return
    }
    const { destinationMac } = frame
    const owner = this.#ownerOf(destinationMac, vlanId)
    const fromUplink = from === undefined ? port : undefined
    for (const candidate of this.#virtualPorts) {
      if (candidate === from) continue
      if (!this.#takes(candidate, vlanId, destinationMac, owner, fromUplink)) continue
      const tagged = candidate.portGroup.vlanId === VGT_VLAN_ID && vlanId !== 0
      walk.send({ ...frame, vlanId: tagged ? vlanId : undefined }, candidate.port)
    }
    if (from === undefined || owner !== undefined) return
    const uplink = this.#uplinkFor(from)
    if (uplink === undefined) return
    walk.send({ ...frame, vlanId: vlanId === 0 ? undefined : vlanId }, uplink)
  }
}

function isBridgeGroup(mac: MacAddress): boolean {
  return mac >= BPDU_GROUP && mac <= BPDU_GROUP + 0xf
}
