import type { MacAddress } from '../../protocols/addresses.ts'
import {
  destinationOf,
  isTagged,
  popTag,
  pushTag,
  rewriteAddresses,
  tagOf,
  vlanOfTag,
} from '../../protocols/ethernet/wire.ts'
import type { DropCause } from '../../protocols/frame/fate.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import type { Asker } from '../decider.ts'
import type { Nic } from '../nic.ts'
import type { World } from '../world.ts'
import type { IpInterface } from './interface.ts'
import type { InterfaceTable } from './interface-table.ts'
import type { Refusals } from './refusals.ts'

/** The interface that a frame comes in by, if there is one, and whether it takes the frame. */
export interface Arrival {
  readonly by: IpInterface | undefined
  readonly verdict: 'accept' | DropCause
}

/** Between the NICs of a running host and its interfaces: VLAN tags, MAC addresses, captures. */
export class LinkLayer {
  #world: World
  #place: string
  #interfaces: InterfaceTable
  #refusals: Refusals

  constructor(world: World, place: string, interfaces: InterfaceTable, refusals: Refusals) {
    this.#world = world
    this.#place = place
    this.#interfaces = interfaces
    this.#refusals = refusals
  }

  /** Whether the host takes a frame, and by which interface. */
  decide(nic: Nic, vlanId: number | undefined, target: MacAddress, asker?: Asker): Arrival {
    const by = this.#interfaces.find(nic, vlanId)
    return { by, verdict: by === undefined ? 'noVlanInterface' : by.judge(target, asker) }
  }

  /**
   * Takes the tag off a frame, and judges whom it is for.
   * @returns the interface that it has come in by; undefined: it is for none, and has ended
   */
  accept(frame: Frame, nic: Nic): IpInterface | undefined {
    const vlanId = isTagged(frame) ? vlanOfTag(tagOf(frame)) : undefined
    const { by, verdict } = this.decide(nic, vlanId, destinationOf(frame))
    if (by === undefined) {
      this.#world.frames.drop(frame, 'noVlanInterface', `${this.#place} ${nic.name}`)
      return undefined
    }
    if (vlanId !== undefined) popTag(frame)
    if (by.tap !== undefined && verdict !== 'interfaceDisabled') {
      by.tap.sighted(frame, 'inbound', this.#world.nowNs)
    }
    if (verdict === 'accept') return by
    this.#refusals.drop(frame, verdict, by)
    return undefined
  }

  transmitTo(out: IpInterface, mac: MacAddress, frame: Frame): void {
    rewriteAddresses(frame, mac, out.mac)
    this.output(out, frame)
  }

  /** Whether frames may leave by an interface. */
  mayLeave(out: IpInterface, asker?: Asker): boolean {
    asker?.note(out.settings)
    return out.enabled
  }

  /** Puts a frame that has all its headers on the wire of an interface, or into its tunnel. */
  output(out: IpInterface, frame: Frame): void {
    if (!this.mayLeave(out)) {
      this.#refusals.drop(frame, 'interfaceDisabled', out)
      return
    }
    if (out.tap !== undefined) out.tap.sighted(frame, 'outbound', this.#world.nowNs)
    if (out.vlanId !== undefined) pushTag(frame, out.vlanId)
    if (out.nic !== undefined) out.nic.port.transmit(frame)
    else if (out.tunnel !== undefined) out.tunnel.transmit(frame)
  }
}
