import { isGroupMac, type MacAddress } from '../../protocols/addresses.ts'
import {
  destinationOf,
  isTagged,
  popTag,
  pushTag,
  rewriteAddresses,
  tagOf,
  vlanOfTag,
} from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import type { Nic } from '../nic.ts'
import type { World } from '../world.ts'
import type { IpInterface } from './interface.ts'
import type { InterfaceTable } from './interface-table.ts'
import type { Refusals } from './refusals.ts'

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

  /**
   * Takes the tag off a frame, and judges whom it is for.
   * @returns the interface that it has come in by; undefined: it is for none, and has ended
   */
  accept(frame: Frame, nic: Nic): IpInterface | undefined {
    const vlanId = isTagged(frame) ? vlanOfTag(tagOf(frame)) : undefined
    const arrival = this.#interfaces.find(nic, vlanId)
    if (arrival === undefined) {
      this.#world.frames.drop(frame, 'noVlanInterface', `${this.#place} ${nic.name}`)
      return undefined
    }
    if (vlanId !== undefined) popTag(frame)
    if (!arrival.enabled) {
      this.#refusals.drop(frame, 'interfaceDisabled', arrival)
      return undefined
    }
    if (arrival.tap !== undefined) arrival.tap.sighted(frame, 'inbound', this.#world.nowNs)
    const target = destinationOf(frame)
    const verdict = arrival.judge(target, isGroupMac(target))
    if (verdict === 'accept') return arrival
    this.#refusals.drop(frame, verdict, arrival)
    return undefined
  }

  transmitTo(out: IpInterface, mac: MacAddress, frame: Frame): void {
    rewriteAddresses(frame, mac, out.mac)
    this.output(out, frame)
  }

  /** Puts a frame that has all its headers on the wire of an interface, or into its tunnel. */
  output(out: IpInterface, frame: Frame): void {
    if (!out.enabled) {
      this.#refusals.drop(frame, 'interfaceDisabled', out)
      return
    }
    if (out.tap !== undefined) out.tap.sighted(frame, 'outbound', this.#world.nowNs)
    if (out.vlanId !== undefined) pushTag(frame, out.vlanId)
    if (out.nic !== undefined) out.nic.port.transmit(frame)
    else if (out.tunnel !== undefined) out.tunnel.transmit(frame)
  }
}
