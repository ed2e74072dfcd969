import type { Frame } from '../../protocols/frame/frame.ts'
import type { Asker } from '../decider.ts'
import type { WalkedPacket } from '../walk.ts'
import type { IpInterface } from './interface.ts'
import type { NextHop } from './routes.ts'

/** The verdict of a gate: `translated` when it has changed the addresses, or another way out. */
export type GateVerdict =
  | 'pass'
  | 'translated'
  | { readonly stoppedBy: string; readonly cause: 'filtered' | 'noState' }
  | { readonly routedTo: NextHop }

export interface Foreseen {
  readonly packet: WalkedPacket
  /** Undefined: it goes where the routes say. */
  readonly routedTo: NextHop | undefined
  /** The interface that answers may come by, of a flow that this packet makes known, or `all`. */
  readonly boundTo: string | undefined
}

/** Judges packets where they cross an interface, and may change their addresses: a packet filter. */
export interface PacketGate {
  /**
   * @param headerAt where the IP header begins; the gate may rewrite it and what follows
   * @returns it routes only what goes out
   */
  cross(direction: 'in' | 'out', frame: Frame, headerAt: number, on: IpInterface): GateVerdict
  /** The fate of such a packet; undefined: it would be stopped. This changes nothing. */
  foresee(
    direction: 'in' | 'out',
    packet: WalkedPacket,
    on: IpInterface,
    asker: Asker,
  ): Foreseen | undefined
}
