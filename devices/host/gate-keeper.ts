import type { Frame } from '../../protocols/frame/frame.ts'
import type { World } from '../world.ts'
import type { IpInterface } from './interface.ts'
import { type GateVerdict, type PacketGate, REROUTES_MAX } from './packet-gate.ts'
import type { Refusals } from './refusals.ts'
import type { NextHop } from './routes.ts'

/** Asks the packet filter of a stack, if there is one, and does what it says. */
export class GateKeeper {
  gate: PacketGate | undefined
  #world: World
  #place: string
  #refusals: Refusals

  constructor(world: World, place: string, refusals: Refusals) {
    this.#world = world
    this.#place = place
    this.#refusals = refusals
  }

  /** @returns `stopped`: the packet has ended */
  cross(
    direction: 'in' | 'out',
    frame: Frame,
    headerAt: number,
    on: IpInterface,
  ): Exclude<GateVerdict, { stoppedBy: string }> | 'stopped' {
    if (this.gate === undefined) return 'pass'
    const verdict = this.gate.cross(direction, frame, headerAt, on)
    if (typeof verdict === 'string' || 'routedTo' in verdict) return verdict
    const { stoppedBy, cause } = verdict
    this.#world.frames.drop(frame, cause, `${this.#place} ${on.name}: ${stoppedBy}`)
    return 'stopped'
  }

  /**
   * Asks where a packet goes out, and again where it goes instead.
   * @returns where it goes; undefined: it has ended
   */
  crossOut(frame: Frame, headerAt: number, byRoutes: NextHop): NextHop | undefined {
    let hop = byRoutes
    for (let count = 0; count < REROUTES_MAX; count += 1) {
      const verdict = this.cross('out', frame, headerAt, hop.out)
      if (verdict === 'stopped') return undefined
      if (typeof verdict === 'string') return hop
      const { routedTo } = verdict
      if (routedTo.out === hop.out) return routedTo
      hop = routedTo
    }
    this.#refusals.drop(frame, 'filtered', hop.out)
    return undefined
  }
}
