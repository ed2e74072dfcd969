import type { MacAddress } from '../../protocols/addresses.ts'
import { ETHERNET_HEADER_BYTES, etherTypeOf, writeEthernet } from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { Bridge, type BridgeSettings } from '../../protocols/stp/machine.ts'
import type { BridgePort, PortState } from '../../protocols/stp/port.ts'
import {
  type Bpdu,
  BRIDGE_GROUP,
  bpduLength,
  parseBpdu,
  writeBpdu,
} from '../../protocols/stp/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import type { Port } from '../port.ts'
import type { SwitchedHeader } from '../switching.ts'
import type { World } from '../world.ts'
import type { ErrDisable } from './err-disable.ts'

export type SpanningTreeSettings = BridgeSettings

export interface TreePortSettings {
  readonly portFast: boolean
  readonly bpduGuard: boolean
  /** Undefined: by the speed of the link. */
  readonly pathCost?: number
  /** 0 to 240 in steps of 16. */
  readonly portPriority: number
}

const DEFAULT_PORT: TreePortSettings = { portFast: false, bpduGuard: false, portPriority: 128 }

/** What the tree does to its switch. */
export interface TreeEffects {
  readonly errDisable: ErrDisable
  setForwarding(port: Port, learns: boolean, forwards: boolean): void
  flush(port: Port): void
  /** Addresses age within this time; undefined: within their usual one. */
  ageFast(forwardDelayNs: number | undefined): void
}

/** The part of a switch that speaks STP or RSTP. It sends untagged, one tree for all VLANs. */
export class SpanningTree {
  readonly bridge: Bridge
  #world: World
  #name: string
  #effects: TreeEffects
  #ports = new Map<Port, { readonly at: BridgePort; readonly settings: TreePortSettings }>()
  #byBridgePort = new Map<BridgePort, Port>()
  #told = new Map<BridgePort, PortState>()
  #isRunning = false

  constructor(world: World, name: string, settings: SpanningTreeSettings, effects: TreeEffects) {
    this.#world = world
    this.#name = name
    this.#effects = effects
    this.bridge = new Bridge(settings, {
      timer: (handler) => world.scheduler.timer(handler),
      send: (at, bpdu) => this.#send(at, bpdu),
      portChanged: (at) => this.#portChanged(at),
      topologyChanged: (at) => this.#topologyChanged(at),
      flush: (at) => effects.flush(this.#portOf(at)),
      ageFast: (forwardDelayNs) => effects.ageFast(forwardDelayNs),
    })
  }

  addPort(port: Port, settings: TreePortSettings = DEFAULT_PORT): void {
    const { portPriority: priority, portFast } = settings
    const at = this.bridge.addPort({ number: this.#ports.size + 1, priority, portFast })
    this.#ports.set(port, { at, settings })
    this.#byBridgePort.set(at, port)
    this.#effects.setForwarding(port, false, false)
  }

  linkChanged(port: Port, up: boolean): void {
    const { at, settings } = this.#entry(port)
    if (up) this.bridge.enable(at, settings.pathCost ?? pathCostOf(port))
    else this.bridge.disable(at)
  }

  /** Whether a frame is for the tree itself. */
  takes({ destination, tag }: SwitchedHeader): boolean {
    return destination === BRIDGE_GROUP && tag === undefined
  }

  receive(frame: Frame, port: Port): void {
    const { at, settings } = this.#entry(port)
    const start = frame.start + ETHERNET_HEADER_BYTES
    const end = start + etherTypeOf(frame)
    const bpdu = end > frame.end ? 'truncated' : parseBpdu(frame.bytes, start, end)
    if (isWireError(bpdu)) {
      this.#world.frames.drop(frame, 'malformed', port.place)
      return
    }
    this.#world.frames.deliver(frame)
    if (settings.bpduGuard) this.#effects.errDisable.disable(port, 'bpduguard')
    else this.bridge.receive(at, bpdu)
  }

  /** Begins to speak, at a phase of its own. */
  start(isSettled: boolean): void {
    const { helloTimeNs } = this.bridge.settings
    const phase = this.#world.random.stream(`${this.#name}/spanning-tree`)
    this.bridge.start(phase.integer(1, helloTimeNs), isSettled)
    this.#isRunning = true
    for (const at of this.bridge.ports) this.#told.set(at, at.state)
  }

  get portsInTree(): Iterable<Port> {
    return this.#ports.keys()
  }

  /** The ports that have something to tell now, and what. */
  *advertisements(): Iterable<readonly [Port, Bpdu]> {
    for (const [port, { at }] of this.#ports) {
      if (at.role === 'designated') yield [port, this.bridge.advertisementOf(at)]
    }
  }

  /** Takes a BPDU in before the run begins. */
  foresee(port: Port, bpdu: Bpdu): void {
    const entry = this.#ports.get(port)
    if (entry !== undefined) this.bridge.receive(entry.at, bpdu)
  }

  #send(at: BridgePort, bpdu: Bpdu): void {
    const port = this.#portOf(at)
    const length = bpduLength(bpdu)
    const frame = this.#world.frames.create(ETHERNET_HEADER_BYTES + length)
    const body = writeEthernet(frame.bytes, frame.start, {
      destination: BRIDGE_GROUP,
      source: this.bridge.settings.id.address + at.settings.number,
      etherType: length,
    })
    writeBpdu(frame.bytes, body, bpdu)
    port.transmit(frame)
  }

  #portChanged(at: BridgePort): void {
    const port = this.#portOf(at)
    const { state, role, forwards } = at
    this.#effects.setForwarding(port, state === 'learning' || forwards, forwards)
    if (!this.#isRunning || this.#told.get(at) === state) return
    this.#told.set(at, state)
    const text = `${port.name} is ${state}${role === 'disabled' ? '' : ` (${role} port)`}`
    const details = { port: port.name, role, state }
    this.#world.tell({ node: this.#name, kind: 'stp.portState', text, details })
  }

  #topologyChanged(at: BridgePort | undefined): void {
    const port = at === undefined ? undefined : this.#portOf(at).name
    const text = `the spanning tree has changed${port === undefined ? '' : ` at ${port}`}`
    this.#world.tell({ node: this.#name, kind: 'stp.topologyChange', text, details: { port } })
  }

  #entry(port: Port) {
    return this.#ports.get(port) as { at: BridgePort; settings: TreePortSettings }
  }

  #portOf(at: BridgePort): Port {
    return this.#byBridgePort.get(at) as Port
  }
}

/**
 * Starts all trees of a network as if it had been on for long: what the switches have long told each
 * other is told in no time, before the run begins.
 */
export function startSpanningTrees(trees: readonly SpanningTree[]): void {
  const owners = new Map<Port, SpanningTree>()
  for (const tree of trees) for (const port of tree.portsInTree) owners.set(port, tree)
  // In each round, news gets one switch further.
  for (let round = 0; round <= trees.length; round += 1) {
    for (const tree of trees) {
      for (const [{ peer }, bpdu] of [...tree.advertisements()]) {
        if (peer !== undefined) owners.get(peer)?.foresee(peer, bpdu)
      }
    }
  }
  for (const tree of trees) tree.start(true)
}

/** 20 Tbit/s by the speed: 20000 for 1 Gb/s (802.1D-2004, table 17-3). */
function pathCostOf({ bitsPerSecond }: Port): number {
  return Math.max(1, Math.round(20_000_000_000_000 / (bitsPerSecond ?? 1)))
}

/** A locally administered address for a switch that is given none, by its name (FNV-1a). */
export function madeBridgeAddress(name: string): MacAddress {
  let hash = 0x811c9dc5
  for (const character of name) {
    hash = Math.imul(hash ^ (character.codePointAt(0) as number), 0x01000193) >>> 0
  }
  // The last byte is left to its ports.
  return 0x025d_0000_0000 + (hash >>> 8) * 0x100
}
