import type { RandomStream } from '../../engine/random.ts'
import {
  IPV4_ANY,
  type Ipv4Address,
  MAC_BROADCAST,
  MAC_NONE,
  type MacAddress,
} from '../../protocols/addresses.ts'
import {
  ARP_BYTES,
  ARP_OPERATION,
  type ArpPacket,
  parseArp,
  writeArp,
} from '../../protocols/arp/wire.ts'
import { ETHER_TYPE, ETHERNET_HEADER_BYTES, writeEthernet } from '../../protocols/ethernet/wire.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import type { World } from '../world.ts'
import type { InterfaceAddress, IpInterface } from './interface.ts'
import { type NeighbourStack, NeighbourTable } from './neighbours.ts'
import type { StackProfile } from './profile.ts'

/** The parts of the stack that ARP uses. */
export interface ArpStack extends Omit<NeighbourStack, 'sendArpRequest'> {
  readonly place: string
  readonly profile: StackProfile
  /** Puts a frame that has all its headers on the wire of an interface. */
  output(out: IpInterface, frame: Frame): void
}

/** ARP of a running host: it asks, answers and announces, and keeps the neighbour table. */
export class Arp {
  readonly neighbours: NeighbourTable
  #world: World
  #stack: ArpStack
  #acceptGratuitousArp: boolean

  constructor(world: World, stack: ArpStack, draws: RandomStream) {
    this.#world = world
    this.#stack = stack
    const { reachableNs, queueFrames, acceptGratuitousArp, ...timing } = stack.profile.neighbours
    this.#acceptGratuitousArp = acceptGratuitousArp
    this.neighbours = new NeighbourTable(
      world,
      {
        timer: (handler) => stack.timer(handler),
        sendArpRequest: (out, target, to) => this.#request(out, target, to),
        transmitTo: (out, mac, frame) => stack.transmitTo(out, mac, frame),
        unresolved: (out, frame) => stack.unresolved(out, frame),
      },
      {
        timing: { ...timing, reachableNs: draws.integer(reachableNs.from, reachableNs.to + 1) },
        queueFrames,
        place: stack.place,
      },
    )
  }

  receive(frame: Frame, arrival: IpInterface): void {
    const packet = parseArp(frame.bytes, frame.start + ETHERNET_HEADER_BYTES, frame.end)
    if (isWireError(packet)) {
      this.#world.frames.drop(frame, 'malformed', `${this.#stack.place} ${arrival.name}`)
      return
    }
    const { operation, senderIp, senderMac, targetIp } = packet
    const asked = arrival.findActive(targetIp)
    const forUs = asked !== undefined
    // "It's from me" (in_arpinput): so a MASTER does not answer the announcement of another one,
    // which comes with the same virtual MAC.
    if (senderMac === (asked?.owner?.mac ?? arrival.mac)) {
      this.#world.frames.deliver(frame)
      return
    }
    if (senderIp === targetIp && !this.#acceptGratuitousArp) {
      this.#world.frames.deliver(frame)
      return
    }
    if (operation === ARP_OPERATION.reply && forUs) {
      this.neighbours.answered(arrival, senderIp, senderMac)
    } else if (senderIp !== IPV4_ANY && arrival.findActive(senderIp) === undefined) {
      this.neighbours.overheard(arrival, senderIp, senderMac, forUs)
    }
    if (operation === ARP_OPERATION.request && forUs) {
      this.#answer(arrival, asked, senderIp, senderMac)
    }
    this.#world.frames.deliver(frame)
  }

  /** The Ethernet source stays the NIC's own, even where the answer is a virtual MAC. */
  #answer(
    out: IpInterface,
    asked: InterfaceAddress,
    targetIp: Ipv4Address,
    targetMac: MacAddress,
  ): void {
    this.#send(out, targetMac, {
      operation: ARP_OPERATION.reply,
      senderMac: asked.owner?.mac ?? out.mac,
      senderIp: asked.address,
      targetMac,
      targetIp,
    })
  }

  #request(out: IpInterface, target: Ipv4Address, to: MacAddress | undefined): void {
    this.#send(out, to ?? MAC_BROADCAST, {
      operation: ARP_OPERATION.request,
      senderMac: out.mac,
      senderIp: out.primaryAddress ?? IPV4_ANY,
      targetMac: to ?? MAC_NONE,
      targetIp: target,
    })
  }

  /** Announces an address by a request for itself (arp_announce_ifaddr). */
  announce(out: IpInterface, address: InterfaceAddress): number {
    return this.#send(out, MAC_BROADCAST, {
      operation: ARP_OPERATION.request,
      senderMac: address.owner?.mac ?? out.mac,
      senderIp: address.address,
      targetMac: MAC_NONE,
      targetIp: address.address,
    })
  }

  #send(out: IpInterface, to: MacAddress, packet: ArpPacket): number {
    const frame = this.#world.frames.create(ETHERNET_HEADER_BYTES + ARP_BYTES)
    const at = writeEthernet(frame.bytes, frame.start, {
      destination: to,
      source: out.mac,
      etherType: ETHER_TYPE.arp,
    })
    writeArp(frame.bytes, at, packet)
    const { packetId } = frame
    this.#stack.output(out, frame)
    return packetId
  }
}
