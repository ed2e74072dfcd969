import type { Nanoseconds } from '../../engine/time.ts'
import type { Ipv4Prefix } from '../addresses.ts'
import type { MachineTimer } from './control-channel.ts'
import type { Remote } from './remote.ts'

export interface ServerSettings {
  /** Stands for certificates and passwords: both ends have the same. */
  readonly secret: string
  /** The server's own address and the tunnel network; clients get those that follow it. */
  readonly tunnel: Ipv4Prefix
  /** Networks pushed to the clients. */
  readonly routes: readonly Ipv4Prefix[]
  /** `--keepalive interval timeout`: the server itself waits twice the timeout. */
  readonly keepaliveIntervalNs: Nanoseconds
  readonly keepaliveTimeoutNs: Nanoseconds
  /** `--explicit-exit-notify 1`: clients are told to restart before the server ends. */
  readonly exitNotify: boolean
  /** `--hand-window`: how long a handshake may take. */
  readonly handshakeWindowNs: Nanoseconds
  /** From a client's request for its options to the answer: who it is, scripts. */
  readonly authenticationNs: Nanoseconds
}

export interface ServerEffects {
  readonly nowNs: Nanoseconds
  timer(handler: () => void): MachineTimer
  randomBytes(count: number): Uint8Array
  transmit(datagram: Uint8Array, to: Remote): void
  /** A session came or went. */
  changed(): void
  /** A line of OpenVPN's log. */
  log(text: string): void
  /** The process has ended. */
  ended(): void
}
