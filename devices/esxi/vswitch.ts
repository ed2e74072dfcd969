import type { Nanoseconds } from '../../engine/time.ts'
import { isGroupMac, MAC_BROADCAST, type MacAddress } from '../../protocols/addresses.ts'
import { vlanOfTag } from '../../protocols/ethernet/wire.ts'
import type { DropCause } from '../../protocols/frame/fate.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { type Asker, Decider } from '../decider.ts'
import type { Nic } from '../nic.ts'
import { type Device, Port } from '../port.ts'
import {
  type Exit,
  forward,
  headerOf,
  type SwitchDecision,
  type SwitchedHeader,
  stopped,
  walkedHeaderOf,
  walkOn,
} from '../switching.ts'
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

/** A frame on its way through the vSwitch, with what decides who takes it. */
interface Passage {
  readonly vlanId: number
  readonly destination: MacAddress
  /** The guest's port it came from; undefined when it came from the physical network. */
  readonly from: VirtualPort | undefined
  readonly fromUplink: Port | undefined
  /** The port whose vNIC has the destination as its effective MAC. */
  readonly owner: VirtualPort | undefined
}

/**
 * An ESXi standard vSwitch. It does not learn addresses: it knows the effective MAC of each vNIC
 * from the hypervisor. A frame to an unknown address goes to one uplink and to nobody else. So a
 * CARP virtual MAC, which is no vNIC's effective MAC, reaches a firewall only through a promiscuous
 * port.
 */
export class StandardVSwitch implements Device {
  readonly name: string
  #world: World
  #settings: VSwitchSettings
  #virtualPorts: VirtualPort[] = []
  #uplinks: Port[] = []
  #byPort = new Map<Port, VirtualPort>()
  #nextNumber = 0
  /**
   * Decides which ports take a frame. It changes with links and with the receive filters of
   * vNICs.
   */
  #takers = new Decider('link')
  /** Who takes a frame, by the port it came from, its VLAN and its target; until `#takers` change. */
  #spreads = new Map<Port, Map<number, Map<MacAddress, SwitchDecision>>>()

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
    nic.onFilterChange = () => this.#takersChanged()
    return port
  }

  /** Makes the port of a physical NIC. */
  addUplink(name: string): Port {
    const port = new Port(this.#world, this, name)
    this.#uplinks.push(port)
    return port
  }

  linkChanged(): void {
    this.#takersChanged()
  }

  #takersChanged(): void {
    this.#spreads.clear()
    this.#takers.changed()
  }

  receive(frame: Frame, port: Port): void {
    const decision = this.#decide(headerOf(frame), port)
    forward(this.#world, frame, decision, this.#settings.forwardingDelayNs)
  }

  walk(frame: WalkedFrame, port: Port, walk: Walk): void {
    walkOn(frame, this.#decide(walkedHeaderOf(frame), port, walk), walk)
  }

  // --- The decision about a frame --------------------------------------------------------------

  #decide(header: SwitchedHeader, port: Port, asker?: Asker): SwitchDecision {
    asker?.note(this.#takers)
    const { payloadBytes, destination, tag = 0 } = header
    if (payloadBytes > this.#settings.mtuBytes) return stopped('mtuExceeded', port.place)
    const from = this.#byPort.get(port)
    if (from === undefined) return this.#spread(tag, destination, port)
    const refused = this.#refuse(header, from)
    if (refused !== undefined) return stopped(refused, port.place)
    const { vlanId } = from.portGroup
    return this.#spread(vlanId === VGT_VLAN_ID ? tag : vlanId, destination, port)
  }

  /** Why a guest may not send a frame; undefined: it may. */
  #refuse(
    { destination, source, tag = 0 }: SwitchedHeader,
    { portGroup, nic }: VirtualPort,
  ): DropCause | undefined {
    // A priority tag, VLAN 0, passes where a guest may not tag.
    if (portGroup.vlanId !== VGT_VLAN_ID && vlanOfTag(tag) !== 0) return 'vlanMismatch'
    if (this.#settings.blockGuestBpdu && isBridgeGroup(destination)) return 'guestBpdu'
    const isForged = source !== nic.effectiveMac
    return isForged && portGroup.security.forgedTransmits === 'reject'
      ? 'forgedTransmit'
      : undefined
  }

  /** @param tag of the frame inside the vSwitch */
  #spread(tag: number, destination: MacAddress, arrival: Port): SwitchDecision {
    const vlanId = vlanOfTag(tag)
    let ofPort = this.#spreads.get(arrival)
    if (ofPort === undefined) {
      ofPort = new Map()
      this.#spreads.set(arrival, ofPort)
    }
    let ofVlan = ofPort.get(vlanId)
    if (ofVlan === undefined) {
      ofVlan = new Map()
      ofPort.set(vlanId, ofVlan)
    }
    let spread = ofVlan.get(destination)
    if (spread === undefined) {
      spread = this.#decideSpread(vlanId, destination, arrival)
      if (ofVlan.size >= SPREADS_MAX) ofVlan.clear()
      ofVlan.set(destination, spread)
    }
    // The priority is the frame's own.
    return spread.exits === undefined || tag === vlanId ? spread : { exits: spread.exits, tag }
  }

  #decideSpread(vlanId: number, destination: MacAddress, arrival: Port): SwitchDecision {
    const from = this.#byPort.get(arrival)
    const fromUplink = from === undefined ? arrival : undefined
    const owner = this.#ownerOf(destination, vlanId)
    const passage = { vlanId, destination, from, fromUplink, owner }
    const exits: Exit[] = this.#virtualPorts
      .filter((candidate) => this.#takes(candidate, passage))
      .map(({ port, portGroup }) => ({
        port,
        tagged: portGroup.vlanId === VGT_VLAN_ID && vlanId !== 0,
      }))
    // Split horizon: what came from an uplink never goes to another.
    if (from !== undefined && owner === undefined) {
      const uplink = this.#uplinkFor(from)
      if (uplink !== undefined) exits.push({ port: uplink, tagged: vlanId !== 0 })
    }
    if (exits.length > 0) return { exits, tag: vlanId }
    return stopped(this.#whyNobody(passage), owner?.port.place ?? this.name)
  }

  #whyNobody(passage: Passage): DropCause {
    const { destination, owner, from } = passage
    if (this.#virtualPorts.some((each) => this.#wants(each, passage))) return 'reversePath'
    if (isGroupMac(destination)) return 'noMember'
    if (owner !== undefined) return owner === from ? 'samePort' : 'macChangeBlocked'
    return from === undefined || this.#uplinks.length === 0 ? 'unknownUnicast' : 'noUplink'
  }

  // --- The ports that take a frame -------------------------------------------------------------

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
}

/** Targets remembered for a port and a VLAN: more than any honest network has. */
const SPREADS_MAX = 4_096

function isBridgeGroup(mac: MacAddress): boolean {
  return mac >= BPDU_GROUP && mac <= BPDU_GROUP + 0xf
}
