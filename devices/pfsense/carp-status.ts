import { formatIpv4Prefix } from '../../protocols/addresses.ts'
import type { CarpService, VirtualIp } from '../freebsd/carp/service.ts'

/** One row of Status / CARP. */
export interface CarpStatusRow {
  readonly interface: string
  readonly vhid: number
  readonly vip: string
  readonly description: string
  /**
   * Empty when the kernel has no such VHID, as after the GUI disabled the interface. DISABLED in
   * all rows while CARP is not allowed, whatever the kernel has.
   */
  readonly status: '' | 'INIT' | 'BACKUP' | 'MASTER' | 'DISABLED'
}

/** Status / CARP: a row for each virtual IP of the configuration, in its order. */
export function carpStatusRows(
  virtualIps: readonly VirtualIp[],
  carp: CarpService,
): CarpStatusRow[] {
  return virtualIps.map(({ interface: on, vhid, address, description }) => ({
    interface: on,
    vhid,
    vip: formatIpv4Prefix(address),
    description,
    status: carp.host.allow ? (carp.stateOf(on, vhid) ?? '') : 'DISABLED',
  }))
}
