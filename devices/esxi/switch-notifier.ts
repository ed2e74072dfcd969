import { SECOND_NS } from '../../engine/time.ts'
import { MAC_BROADCAST } from '../../protocols/addresses.ts'
import { ARP_BYTES, ARP_OPERATION, writeArp } from '../../protocols/arp/wire.ts'
import {
  ETHER_TYPE,
  ETHERNET_HEADER_BYTES,
  pushTag,
  writeEthernet,
} from '../../protocols/ethernet/wire.ts'
import type { Port } from '../port.ts'
import type { World } from '../world.ts'
import { VGT_VLAN_ID, type VirtualPort } from './port-group.ts'

/**
 * Notify Switches: for a vNIC that physical switches must look for at another port, the host sends
 * RARP requests with the address of the vNIC. CARP's virtual MAC is of no vNIC; nobody announces it.
 */
export class SwitchNotifier {
  #world: World
  #uplinkOf: (virtualPort: VirtualPort) => Port | undefined
  #series = new Map<VirtualPort, { sent: number; readonly timer: Timer }>()

  constructor(world: World, uplinkOf: (virtualPort: VirtualPort) => Port | undefined) {
    this.#world = world
    this.#uplinkOf = uplinkOf
  }

  /** Sends the first announcement at once, and the others later. A new event starts anew. */
  announce(virtualPort: VirtualPort): void {
    let series = this.#series.get(virtualPort)
    if (series === undefined) {
      const timer = this.#world.scheduler.timer(() => this.#sendNext(virtualPort))
      series = { sent: 0, timer }
      this.#series.set(virtualPort, series)
    }
    series.sent = 0
    series.timer.cancel()
    this.#sendNext(virtualPort)
  }

  stop(virtualPort: VirtualPort): void {
    this.#series.get(virtualPort)?.timer.cancel()
  }

  #sendNext(virtualPort: VirtualPort): void {
    const series = this.#series.get(virtualPort)
    if (series === undefined) return
    const uplink = this.#uplinkOf(virtualPort)
    if (uplink !== undefined) this.#send(virtualPort, uplink)
    series.sent++
    const gapNs = GAPS_NS[series.sent - 1]
    if (gapNs !== undefined) series.timer.arm(gapNs)
  }

  #send({ nic, portGroup }: VirtualPort, uplink: Port): void {
    const mac = nic.effectiveMac
    const frame = this.#world.frames.create(ETHERNET_HEADER_BYTES + ARP_BYTES)
    const header = { destination: MAC_BROADCAST, source: mac, etherType: ETHER_TYPE.rarp }
    const at = writeEthernet(frame.bytes, frame.start, header)
    writeArp(frame.bytes, at, {
      operation: ARP_OPERATION.reverseRequest,
      senderMac: mac,
      senderIp: 0,
      targetMac: mac,
      targetIp: 0,
    })
    const { vlanId } = portGroup
    if (vlanId !== 0 && vlanId !== VGT_VLAN_ID) pushTag(frame, vlanId)
    uplink.transmit(frame)
  }
}

type Timer = ReturnType<World['scheduler']['timer']>

/** Five announcements, 0, 1, 3, 7 and 15 s after the event. */
const GAPS_NS = [1, 2, 4, 8].map((seconds) => seconds * SECOND_NS)
