import type { Nanoseconds } from '../engine/time.ts'
import { isGroupMac, type MacAddress } from '../protocols/addresses.ts'
import { vlanOfTag } from '../protocols/ethernet/wire.ts'
import type { Frame } from '../protocols/frame/frame.ts'
import { isBridgeGroup } from '../protocols/stp/wire.ts'
import { type Asker, Decider, KeyedDeciders } from './decider.ts'
import { type Device, Port } from './port.ts'
import { ErrDisable, type ErrDisableRecovery } from './switch/err-disable.ts'
import {
  SpanningTree,
  type SpanningTreeSettings,
  type TreePortSettings,
} from './switch/spanning-tree.ts'
import {
  type Exit,
  forward,
  headerOf,
  type SwitchDecision,
  type SwitchedHeader,
  stopped,
  walkedHeaderOf,
  walkOn,
} from './switching.ts'
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
  /** Absent: it takes part in none, and floods BPDUs. */
  readonly spanningTree?: SpanningTreeSettings
  readonly errDisableRecovery?: ErrDisableRecovery
}

/** What is configured on one port beside its VLANs. */
export interface SwitchPortFeatures {
  readonly spanningTree?: TreePortSettings
}

interface SwitchPort {
  readonly port: Port
  readonly settings: SwitchPortMode
  readonly vlans: ReadonlySet<number>
  /** The VLAN that travels untagged. */
  readonly untaggedVlan: number
  /** The port as the only exit of a frame, with a tag and without. */
  readonly asExit: { readonly tagged: readonly Exit[]; readonly untagged: readonly Exit[] }
  /** As the spanning tree has it. */
  learns: boolean
  forwards: boolean
}

interface LearnedAddress {
  switchPort: SwitchPort
  seenNs: Nanoseconds
}

/** The addresses learned in one VLAN. */
interface AddressTable {
  readonly learned: Map<MacAddress, LearnedAddress>
  /** Each address, known or not, decides for itself. */
  readonly deciders: KeyedDeciders
}

/**
 * A physical 802.1Q switch. It learns each source address on the port and VLAN it came from, the
 * newest sighting wins, and it floods what it does not know. Only the Ethernet source moves an
 * entry; a gratuitous ARP that carries an address in its payload does not.
 */
export class LearningSwitch implements Device {
  readonly name: string
  /** Its part in the spanning tree; undefined: none. */
  readonly spanningTree: SpanningTree | undefined
  #world: World
  #settings: LearningSwitchSettings
  #ageingNs: Nanoseconds
  #ports: SwitchPort[] = []
  #byPort = new Map<Port, SwitchPort>()
  #tables = new Map<number, AddressTable>()
  /** Which ports there are, and which of them are up and forward. */
  #portsUp = new Decider('link')
  /** The exits of a flooded frame, by arrival port and VLAN, until a link changes. */
  #floods = new Map<SwitchPort, Map<number, readonly Exit[]>>()

  constructor(world: World, name: string, settings: LearningSwitchSettings) {
    this.#world = world
    this.name = name
    this.#settings = settings
    this.#ageingNs = settings.ageingNs
    this.spanningTree = this.#joinTree(settings)
  }

  addPort(name: string, settings: SwitchPortMode, features: SwitchPortFeatures = {}): Port {
    const port = new Port(this.#world, this, name)
    const access = settings.mode === 'access'
    const switchPort: SwitchPort = {
      port,
      settings,
      vlans: new Set(access ? [settings.vlanId] : settings.allowedVlans),
      untaggedVlan: access ? settings.vlanId : settings.nativeVlan,
      asExit: { tagged: [{ port, tagged: true }], untagged: [{ port, tagged: false }] },
      learns: true,
      forwards: true,
    }
    this.#ports.push(switchPort)
    this.#byPort.set(port, switchPort)
    this.spanningTree?.addPort(port, features.spanningTree)
    return port
  }

  #joinTree({ ageingNs, spanningTree, errDisableRecovery }: LearningSwitchSettings) {
    if (spanningTree === undefined) return undefined
    return new SpanningTree(this.#world, this.name, spanningTree, {
      errDisable: new ErrDisable(this.#world, this.name, errDisableRecovery),
      setForwarding: (port, learns, forwards) => this.#setForwarding(port, learns, forwards),
      flush: (port) => this.#flush(port),
      ageFast: (forwardDelayNs) => this.#setAgeing(forwardDelayNs ?? ageingNs),
    })
  }

  linkChanged(port: Port, up: boolean): void {
    this.#floods.clear()
    this.#portsUp.changed()
    if (!up) this.#flush(port)
    this.spanningTree?.linkChanged(port, up)
  }

  #setForwarding(port: Port, learns: boolean, forwards: boolean): void {
    const switchPort = this.#switchPort(port)
    switchPort.learns = learns
    if (switchPort.forwards === forwards) return
    switchPort.forwards = forwards
    this.#floods.clear()
    this.#portsUp.changed()
  }

  /** Forgets what was learned on a port. */
  #flush(port: Port): void {
    for (const { learned, deciders } of this.#tables.values()) {
      for (const [mac, { switchPort }] of learned) {
        if (switchPort.port !== port) continue
        learned.delete(mac)
        deciders.changed(mac)
      }
    }
  }

  #setAgeing(ageingNs: Nanoseconds): void {
    for (const { learned, deciders } of this.#tables.values()) {
      for (const [mac, { seenNs }] of learned) {
        // What has aged out must not come back when entries live longer again.
        if (this.#world.nowNs > seenNs + this.#ageingNs) learned.delete(mac)
        deciders.changed(mac)
      }
    }
    this.#ageingNs = ageingNs
  }

  receive(frame: Frame, port: Port): void {
    const header = headerOf(frame)
    if (this.spanningTree?.takes(header)) {
      this.spanningTree.receive(frame, port)
      return
    }
    const decision = this.#decide(header, port)
    this.#learn(header, this.#switchPort(port))
    forward(this.#world, frame, decision, this.#settings.forwardingDelayNs)
  }

  walk(frame: WalkedFrame, port: Port, walk: Walk): void {
    const decision = this.#decide(walkedHeaderOf(frame), port, walk)
    if (decision.exits !== undefined) {
      walk.learn(this.#table(vlanOfTag(decision.tag)), frame.sourceMac, this.#switchPort(port))
    }
    walkOn(frame, decision, walk)
  }

  #decide({ destination, source, tag = 0 }: SwitchedHeader, port: Port, walk?: Walk) {
    const arrival = this.#switchPort(port)
    const vlanId = vlanIn(arrival, tag)
    if (vlanId === undefined) return stopped('taggedOnAccess', port.place)
    if (!arrival.vlans.has(vlanId)) return stopped('vlanNotAllowed', port.place)
    if (this.spanningTree !== undefined) {
      walk?.note(this.#portsUp)
      if (!arrival.forwards) return stopped('stpBlocked', port.place)
      if (isBridgeGroup(destination)) return stopped('bridgeGroup', port.place)
    }
    // The source is learned before the target is looked up: they may be the same.
    const target = destination === source ? arrival : this.#lookUp(vlanId, destination, walk)
    if (target === arrival) return stopped('samePort', port.place)
    if (target?.forwards === false) return stopped('stpBlocked', target.port.place)
    const exits =
      target === undefined
        ? this.#flood(arrival, vlanId, walk)
        : target.asExit[target.untaggedVlan === vlanId ? 'untagged' : 'tagged']
    if (exits.length === 0) return stopped('noOtherPort', port.place)
    // The priority stays; VLAN 0 gives way to that of the port.
    return { exits, tag: (tag & ~VLAN_BITS) | vlanId } satisfies SwitchDecision
  }

  #switchPort(port: Port): SwitchPort {
    return this.#byPort.get(port) as SwitchPort
  }

  #table(vlanId: number): AddressTable {
    let table = this.#tables.get(vlanId)
    if (table === undefined) {
      table = { learned: new Map(), deciders: new KeyedDeciders('addressTable', this.name) }
      this.#tables.set(vlanId, table)
    }
    return table
  }

  /** The newest sighting of an address wins. What a port does not let in teaches nothing. */
  #learn({ source, tag = 0 }: SwitchedHeader, switchPort: SwitchPort): void {
    const vlanId = vlanIn(switchPort, tag)
    if (
      !switchPort.learns ||
      isGroupMac(source) ||
      vlanId === undefined ||
      !switchPort.vlans.has(vlanId)
    )
      return
    const { learned, deciders } = this.#table(vlanId)
    const seenNs = this.#world.nowNs
    const known = learned.get(source)
    // An entry that had aged out answers again.
    const isKnown = known !== undefined && seenNs <= known.seenNs + this.#settings.ageingNs
    if (known === undefined) learned.set(source, { switchPort, seenNs })
    else known.seenNs = seenNs
    if (isKnown && known.switchPort === switchPort) return
    if (known !== undefined) known.switchPort = switchPort
    deciders.changed(source)
  }

  /** The port that last saw an address; undefined for groups, unknown and aged-out addresses. */
  #lookUp(vlanId: number, mac: MacAddress, walk: Walk | undefined): SwitchPort | undefined {
    if (isGroupMac(mac)) return undefined
    const table = this.#table(vlanId)
    const taught = walk?.recall(table, mac)
    if (taught !== undefined) return taught as SwitchPort
    walk?.note(table.deciders.at(mac))
    const known = table.learned.get(mac)
    if (known === undefined) return undefined
    const expiryNs = known.seenNs + this.#ageingNs
    if (this.#world.nowNs > expiryNs) return undefined
    walk?.expires(expiryNs)
    return known.switchPort
  }

  #flood(arrival: SwitchPort, vlanId: number, asker: Asker | undefined): readonly Exit[] {
    asker?.note(this.#portsUp)
    let ofArrival = this.#floods.get(arrival)
    if (ofArrival === undefined) {
      ofArrival = new Map()
      this.#floods.set(arrival, ofArrival)
    }
    let exits = ofArrival.get(vlanId)
    if (exits === undefined) {
      exits = this.#ports
        .filter(
          (each) => each !== arrival && each.forwards && each.vlans.has(vlanId) && each.port.up,
        )
        .map(({ port, untaggedVlan }) => ({ port, tagged: untaggedVlan !== vlanId }))
      ofArrival.set(vlanId, exits)
    }
    return exits
  }
}

const VLAN_BITS = 0x0fff

/** The VLAN of an arriving frame; undefined: it has a tag where none may be. */
function vlanIn({ settings, untaggedVlan }: SwitchPort, tag: number): number | undefined {
  // VLAN 0 names no VLAN: such a tag only carries a priority.
  const carried = vlanOfTag(tag)
  if (carried === 0) return untaggedVlan
  return settings.mode === 'access' ? undefined : carried
}
