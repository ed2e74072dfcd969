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
import type { DropCause } from '../../protocols/frame/fate.ts'
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

/** A frame on its way through the vSwitch, untagged, with what decides who takes it. */
interface Passage {
  /** Priority and VLAN, as the 16 bits of an 802.1Q tag. */
  readonly tag: number
  readonly vlanId: number
  readonly destination: MacAddress
  /** The guest's port it came from; undefined when it came from the physical network. */
  readonly from: VirtualPort | undefined
  readonly fromUplink: Port | undefined
  /** The port whose vNIC has the destination as its effective MAC. */
  readonly owner: VirtualPort | undefined
}

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
    const vlanId = vlanOfTag(tag)
    const owner = this.#ownerOf(destination, vlanId)
    const passage = { tag, vlanId, destination, from, fromUplink: undefined, owner }
    this.#spread(frame, passage, owner === undefined ? this.#uplinkFor(from) : undefined)
  }

  // --- From the physical network ----------------------------------------------------------------

  #receiveFromUplink(frame: Frame, fromUplink: Port): void {
    const tag = isTagged(frame) ? popTag(frame) : 0
    const vlanId = vlanOfTag(tag)
    const destination = destinationOf(frame)
    const owner = this.#ownerOf(destination, vlanId)
    // Split horizon: what came from an uplink never goes to another.
    this.#spread(frame, { tag, vlanId, destination, from: undefined, fromUplink, owner }, undefined)
  }

  /**
   * Gives the frame to all who take it. The frame itself goes to the last of them, copies go to
   * the others.
   */
  #spread(frame: Frame, passage: Passage, toUplink: Port | undefined): void {
    const { frames } = this.#world
    const { tag, vlanId } = passage
    let previous: VirtualPort | undefined
    for (const candidate of this.#virtualPorts) {
      if (!this.#takes(candidate, passage)) continue
      if (previous !== undefined) this.#toGuest(frames.copy(frame), tag, previous)
      previous = candidate
    }
    if (toUplink !== undefined) {
      if (previous !== undefined) this.#toGuest(frames.copy(frame), tag, previous)
      if (vlanId !== 0) pushTag(frame, tag)
      toUplink.transmit(frame, this.#settings.forwardingDelayNs)
    } else if (previous !== undefined) {
      this.#toGuest(frame, tag, previous)
    } else {
      frames.drop(frame, this.#whyNobody(passage), passage.owner?.port.place ?? this.name)
    }
  }

  #whyNobody(passage: Passage): DropCause {
    const { destination, owner, from } = passage
    if (this.#virtualPorts.some((each) => this.#wants(each, passage))) return 'reversePath'
    if (isGroupMac(destination)) return 'noMember'
    if (owner !== undefined) return owner === from ? 'samePort' : 'macChangeBlocked'
    return from === undefined || this.#uplinks.length === 0 ? 'unknownUnicast' : 'noUplink'
  }

  #toGuest(frame: Frame, tag: number, to: VirtualPort): void {
    if (to.portGroup.vlanId === VGT_VLAN_ID && vlanOfTag(tag) !== 0) pushTag(frame, tag)
    to.port.transmit(frame, this.#settings.forwardingDelayNs)
  }

  // --- Who takes what ---------------------------------------------------------------------------

  #takes(candidate: VirtualPort, passage: Passage): boolean {
    return this.#wants(candidate, passage) && !this.#cameBack(candidate, passage)
  }

  #wants(candidate: VirtualPort, { destination, owner, from, vlanId }: Passage): boolean {
    if (candidate === from || !candidate.port.up) return false
    if (!carriesVlan(candidate, vlanId) || isMacChangeBlocked(candidate)) return false
    if (candidate === owner || isPromiscuous(candidate)) return true
    if (!isGroupMac(destination)) return false
    return destination === MAC_BROADCAST || candidate.nic.hasJoined(destination)
  }

  /**
   * The reverse-path check: groups are taken only from the uplink the port itself sends to. So is
   * a unicast that the physical switch merely flooded, as it arrives once per uplink; but not one
   * that is here for its owner, of which promiscuous ports get an unchecked copy.
   */
  #cameBack(to: VirtualPort, { fromUplink, owner }: Passage): boolean {
    if (fromUplink === undefined || owner !== undefined) return false
    const checked = isPromiscuous(to)
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

  /**
   * "Route based on originating virtual port": each port is pinned to one uplink, leaves it while
   * that one is down, and comes back to it at once (failback).
   */
  #uplinkFor(from: VirtualPort): Port | undefined {
    const pinned = this.#uplinks[from.number % this.#uplinks.length]
    if (pinned === undefined || pinned.up) return pinned
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
    const destination = frame.destinationMac
    const owner = this.#ownerOf(destination, vlanId)
    const fromUplink = from === undefined ? port : undefined
    const passage = { tag: vlanId, vlanId, destination, from, fromUplink, owner }
    for (const candidate of this.#virtualPorts) {
      if (!this.#takes(candidate, passage)) continue
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
