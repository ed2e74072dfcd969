import type { Nanoseconds } from '../../engine/time.ts'
import { isGroupMac, MAC_BROADCAST, type MacAddress } from '../../protocols/addresses.ts'
import { vlanOfTag } from '../../protocols/ethernet/wire.ts'
import type { DropCause } from '../../protocols/frame/fate.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { isBridgeGroup } from '../../protocols/stp/wire.ts'
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
import { SwitchNotifier } from './switch-notifier.ts'
import { UplinkTeam } from './team.ts'

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
  /** Net.TeamPolicyUpDelay: how long an uplink that has its link back is not used yet. */
  readonly teamPolicyUpDelayNs: Nanoseconds
}

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

/** A physical NIC of the team. */
interface Uplink {
  readonly port: Port
  /** Its link has been up for long enough to send by. */
  isUsable: boolean
  readonly upDelay: ReturnType<World['scheduler']['timer']>
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
  #uplinks: Uplink[] = []
  #teams = new Map<PortGroup, UplinkTeam>()
  #notifier: SwitchNotifier
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
    this.#notifier = new SwitchNotifier(world, uplinkOf)
  }

  /** Makes a port for a vNIC. The caller connects the two. */
  addVirtualPort(nic: Nic, portGroup: PortGroup, label: string): Port {
    const port = new Port(this.#world, this, `${portGroup.name}/${label}`)
    const team = this.#teamOf(portGroup)
    const virtualPort = { port, nic, portGroup, team, number: this.#nextNumber++ }
    this.#virtualPorts.push(virtualPort)
    this.#byPort.set(port, virtualPort)
    nic.onFilterChange = () => this.#takersChanged()
    return port
  }

  /** Makes the port of a physical NIC. */
  addUplink(name: string): Port {
    const port = new Port(this.#world, this, name)
    const upDelay = this.#world.scheduler.timer(() => this.#setUsable(uplink, true))
    const uplink: Uplink = { port, isUsable: false, upDelay }
    this.#uplinks.push(uplink)
    this.#settleTeams()
    return port
  }

  linkChanged(port: Port, up: boolean): void {
    const virtualPort = this.#byPort.get(port)
    const uplink = this.#uplinks.find((each) => each.port === port)
    if (virtualPort !== undefined) {
      if (up) this.#announce(virtualPort)
      else this.#notifier.stop(virtualPort)
    }
    if (uplink !== undefined) {
      uplink.upDelay.cancel()
      // What is up at the start has been up for long.
      if (!up || this.#world.nowNs === 0) this.#setUsable(uplink, up)
      else uplink.upDelay.arm(this.#settings.teamPolicyUpDelayNs)
    }
    this.#takersChanged()
  }

  // --- Teaming ---------------------------------------------------------------------------------

  #teamOf(portGroup: PortGroup): UplinkTeam {
    let team = this.#teams.get(portGroup)
    if (team === undefined) {
      team = new UplinkTeam(portGroup.teaming)
      this.#teams.set(portGroup, team)
      this.#settleTeams()
    }
    return team
  }

  #setUsable(uplink: Uplink, isUsable: boolean): void {
    if (uplink.isUsable === isUsable) return
    uplink.isUsable = isUsable
    const before = this.#virtualPorts.map(uplinkOf)
    this.#settleTeams()
    this.#takersChanged()
    const moved = this.#virtualPorts.filter((each, at) => uplinkOf(each) !== before[at])
    for (const each of moved) {
      if (each.port.up) this.#announce(each)
    }
  }

  #settleTeams(): void {
    const ports = this.#uplinks.map(({ port }) => port)
    const usable = new Set(this.#uplinks.flatMap((each) => (each.isUsable ? each.port : [])))
    for (const team of this.#teams.values()) team.settle(ports, (uplink) => usable.has(uplink))
  }

  /** Nobody has to be told what has always been so. */
  #announce(virtualPort: VirtualPort): void {
    if (this.#world.nowNs === 0 || !virtualPort.team.policy.notifySwitches) return
    this.#notifier.announce(virtualPort)
  }

  #takersChanged(): void {
    this.#spreads.clear()
    this.#takers.changed()
  }

  receive(frame: Frame, port: Port): void {
    const decision = this.#decide(headerOf(frame), port, frame)
    forward(this.#world, frame, decision, this.#settings.forwardingDelayNs)
  }

  walk(frame: WalkedFrame, port: Port, walk: Walk): void {
    walkOn(frame, this.#decide(walkedHeaderOf(frame), port, frame, walk), walk)
  }

  // --- The decision about a frame --------------------------------------------------------------

  #decide(
    header: SwitchedHeader,
    port: Port,
    frame: Frame | WalkedFrame,
    asker?: Asker,
  ): SwitchDecision {
    asker?.note(this.#takers)
    const { payloadBytes, destination, tag = 0 } = header
    if (payloadBytes > this.#settings.mtuBytes) return stopped('mtuExceeded', port.place)
    const from = this.#byPort.get(port)
    if (from === undefined) return this.#spread(tag, destination, port)
    const refused = this.#refuse(header, from)
    if (refused !== undefined) return stopped(refused, port.place)
    const { vlanId } = from.portGroup
    const { team } = from
    const by = team.sharesByFrame ? team.ofFrame(header.source, frame) : undefined
    return this.#spread(vlanId === VGT_VLAN_ID ? tag : vlanId, destination, port, by)
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

  /**
   * @param tag of the frame inside the vSwitch
   * @param by the uplink that the frame's own fields choose; undefined: they choose none
   */
  #spread(tag: number, destination: MacAddress, arrival: Port, by?: Port): SwitchDecision {
    const vlanId = vlanOfTag(tag)
    const key = by === undefined ? vlanId : vlanId + VLANS * by.id
    let ofPort = this.#spreads.get(arrival)
    if (ofPort === undefined) {
      ofPort = new Map()
      this.#spreads.set(arrival, ofPort)
    }
    let ofVlan = ofPort.get(key)
    if (ofVlan === undefined) {
      ofVlan = new Map()
      ofPort.set(key, ofVlan)
    }
    let spread = ofVlan.get(destination)
    if (spread === undefined) {
      spread = this.#decideSpread(vlanId, destination, arrival, by)
      if (ofVlan.size >= SPREADS_MAX) ofVlan.clear()
      ofVlan.set(destination, spread)
    }
    // The priority is the frame's own.
    return spread.exits === undefined || tag === vlanId ? spread : { exits: spread.exits, tag }
  }

  #decideSpread(
    vlanId: number,
    destination: MacAddress,
    arrival: Port,
    by: Port | undefined,
  ): SwitchDecision {
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
      const uplink = by ?? uplinkOf(from)
      if (uplink !== undefined) exits.push({ port: uplink, tagged: vlanId !== 0 })
    }
    if (exits.length > 0) return { exits, tag: vlanId }
    return stopped(this.#whyNobody(passage), owner?.port.place ?? this.name)
  }

  #whyNobody(passage: Passage): DropCause {
    const { destination, owner, from } = passage
    const unserved = this.#virtualPorts.filter((each) => this.#wants(each, passage))
    if (unserved.length > 0) {
      return unserved.some((each) => usesUplink(each, passage)) ? 'reversePath' : 'uplinkUnused'
    }
    if (isGroupMac(destination)) return 'noMember'
    if (owner !== undefined) return owner === from ? 'samePort' : 'macChangeBlocked'
    return from === undefined || this.#uplinks.length === 0 ? 'unknownUnicast' : 'noUplink'
  }

  // --- The ports that take a frame -------------------------------------------------------------

  #takes(candidate: VirtualPort, passage: Passage): boolean {
    if (!this.#wants(candidate, passage)) return false
    return usesUplink(candidate, passage) && !this.#cameBack(candidate, passage)
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
   * that is here for its owner, of which promiscuous ports get an unchecked copy. To the IP hash the
   * whole team is one link.
   */
  #cameBack(to: VirtualPort, { fromUplink, owner }: Passage): boolean {
    if (fromUplink === undefined || owner !== undefined) return false
    const checked = isPromiscuous(to)
      ? this.#settings.reversePathCheckPromiscuous
      : this.#settings.reversePathCheck
    const { policy } = to.portGroup.teaming
    return checked && policy !== 'iphash' && uplinkOf(to) !== fromUplink
  }

  #ownerOf(mac: MacAddress, vlanId: number): VirtualPort | undefined {
    if (isGroupMac(mac)) return undefined
    for (const candidate of this.#virtualPorts) {
      if (candidate.nic.effectiveMac !== mac) continue
      if (candidate.port.up && carriesVlan(candidate, vlanId)) return candidate
    }
    return undefined
  }
}

/** Targets remembered for a port and a VLAN: more than any honest network has. */
const SPREADS_MAX = 4_096

/** How many numbers of VLANs there are, to make a key of a VLAN and an uplink. */
const VLANS = 0x1000

/** The uplink that a port sends by, if its frames do not choose. */
function uplinkOf({ team, number, nic }: VirtualPort): Port | undefined {
  return team.ofPort(number, nic.effectiveMac)
}

/** An unused uplink is none of the port group's, in either direction. */
function usesUplink({ team }: VirtualPort, { fromUplink }: Passage): boolean {
  return fromUplink === undefined || team.uses(fromUplink)
}
