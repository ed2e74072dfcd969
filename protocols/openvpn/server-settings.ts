import type { Nanoseconds } from '../../engine/time.ts'
import type { Ipv4Prefix } from '../addresses.ts'
import type { MachineTimer } from './control-channel.ts'
import type { Remote } from './remote.ts'

export interface ServerSettings {
  /** A shared secret that replaces certificates and passwords. */
  readonly secret: string
  /** The address of the server in the tunnel network; clients get the next addresses. */
  readonly tunnel: Ipv4Prefix
  /** Networks pushed to the clients. */
  readonly routes: readonly Ipv4Prefix[]
  /** `--keepalive interval timeout`; the server waits twice the timeout. */
  readonly keepaliveIntervalNs: Nanoseconds
  readonly keepaliveTimeoutNs: Nanoseconds
  /** `--explicit-exit-notify 1`: the server tells clients to restart before it exits. */
  readonly exitNotify: boolean
  /** `--hand-window`: the time limit of a handshake. */
  readonly handshakeWindowNs: Nanoseconds
  /** The time for authentication and scripts, between PUSH_REQUEST and PUSH_REPLY. */
  readonly authenticationNs: Nanoseconds
}

export interface ServerEffects {
  readonly nowNs: Nanoseconds
  timer(handler: () => void): MachineTimer
  randomBytes(count: number): Uint8Array
  transmit(datagram: Uint8Array, to: Remote): void
  /** A session started or ended. */
  changed(): void
  /** Writes a line of the OpenVPN log. */
  log(text: string): void
  /** The process has ended. */
  ended(): void
}
