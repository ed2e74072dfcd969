import { ETHERNET_HEADER_BYTES } from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { type Asker, Decider } from '../decider.ts'
import type { WalkedPacket } from '../walk.ts'
import type { World } from '../world.ts'
import type { IpInterface } from './interface.ts'
import type { Foreseen, GateVerdict, PacketGate } from './packet-gate.ts'
import type { Refusals } from './refusals.ts'
import type { NextHop } from './routes.ts'

/** Asks the packet filter of a stack, if there is one, and does what it says. */
export class GateKeeper {
  #world: World
  #place: string
  #refusals: Refusals
  #gate: PacketGate | undefined
  #changes = new Decider('filter')
  readonly #crossOut = (frame: Frame, out: IpInterface) => this.cross('out', frame, out)

  constructor(world: World, place: string, refusals: Refusals) {
    this.#world = world
    this.#place = place
    this.#refusals = refusals
  }

  get gate(): PacketGate | undefined {
    return this.#gate
  }

  set gate(gate: PacketGate | undefined) {
    this.#gate = gate
    this.#changes.changed()
  }

  /** @returns `stopped`: the packet has ended */
  cross(
    direction: 'in' | 'out',
    frame: Frame,
    on: IpInterface,
  ): Exclude<GateVerdict, { stoppedBy: string }> | 'stopped' {
    if (this.#gate === undefined) return 'pass'
    const verdict = this.#gate.cross(direction, frame, frame.start + ETHERNET_HEADER_BYTES, on)
    if (typeof verdict === 'string' || 'routedTo' in verdict) return verdict
    const { stoppedBy, cause } = verdict
    this.#world.frames.drop(frame, cause, `${this.#place} ${on.name}: ${stoppedBy}`)
    return 'stopped'
  }

  /** @returns where a packet goes out; undefined: it has ended */
  crossOut(frame: Frame, byRoutes: NextHop): NextHop | undefined {
    const hop = throughGate(byRoutes, frame, this.#crossOut)
    if (hop !== 'circles') return hop
    this.#refusals.drop(frame, 'filtered', byRoutes.out)
    return undefined
  }

  /** The packet as the gate would let it through; undefined: it would stop it. */
  foresee(
    direction: 'in' | 'out',
    packet: WalkedPacket,
    on: IpInterface,
    asker: Asker,
  ): Foreseen | undefined {
    asker.note(this.#changes)
    if (this.#gate === undefined) return { packet, routedTo: undefined, boundTo: undefined }
    return this.#gate.foresee(direction, packet, on, asker)
  }
}

/** How often a packet filter may send one packet another way (pf_route). */
const REROUTES_MAX = 4

/**
 * Where a packet goes out: the gate is asked about the interface that the routes say, and again
 * about each one that it sends the packet to instead.
 *
 * @returns undefined: the gate stopped it; `circles`: it was sent on too often
 */
export function throughGate<Packet>(
  byRoutes: NextHop,
  packet: Packet,
  cross: (packet: Packet, out: IpInterface) => 'stopped' | 'pass' | 'translated' | Rerouted,
): NextHop | 'circles' | undefined {
  let hop = byRoutes
  for (let count = 0; count < REROUTES_MAX; count += 1) {
    const verdict = cross(packet, hop.out)
    if (verdict === 'stopped') return undefined
    if (typeof verdict === 'string') return hop
    const { routedTo } = verdict
    if (routedTo.out === hop.out) return routedTo
    hop = routedTo
  }
  return 'circles'
}

interface Rerouted {
  readonly routedTo: NextHop
}
