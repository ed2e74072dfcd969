import type { Frame } from '../../protocols/frame/frame.ts'
import type { Walk, WalkedPacket } from '../walk.ts'

/**
 * The end of a point-to-point interface without a NIC: a program such as OpenVPN, to which the
 * system hands bare IP packets (tun(4)). A frame that is given to it has unused room for an
 * Ethernet header in front of the packet.
 */
export interface TunnelEnd {
  /** The name of the interface in the operating system: `ovpns1`, `tun0`. */
  readonly systemName: string
  /** Takes a packet over, to carry or to drop it. */
  transmit(frame: Frame): void
  /** Sends a packet on a walk through the tunnel, as `transmit` would send it now. */
  walkOut(packet: WalkedPacket, walk: Walk): void
  /** Walks a sealed packet that arrives now at this machine's own address. */
  walkIn(packet: WalkedPacket, walk: Walk): void
}
