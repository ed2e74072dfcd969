import { formatIpv4Prefix } from '../../../protocols/addresses.ts'
import type { CarpService, VirtualIp } from '../../freebsd/carp/service.ts'
import type { IpInterface } from '../../host/interface.ts'

/** The node that virtual IPs are set up on. */
export interface VirtualIpHost {
  readonly carp: CarpService
  /** An interface of the running node, by its name. */
  find(name: string): IpInterface | undefined
  /** The skew that the kernel is given: another one in maintenance. */
  advskewOf(virtualIp: VirtualIp): number
}

/**
 * Puts virtual IPs in the place of others. Those that are as they were are left alone, so that their
 * VHIDs go on; the others start over.
 *
 * @returns whether any was set up
 */
export function replaceVirtualIps(
  { carp, find, advskewOf }: VirtualIpHost,
  before: readonly VirtualIp[],
  after: readonly VirtualIp[],
): boolean {
  const { gone, changed } = changedVirtualIps(before, after)
  for (const virtualIp of changed) {
    const on = find(virtualIp.interface)
    if (!on?.enabled) continue
    carp.replace(virtualIp.vhid, on, { ...virtualIp, advskew: advskewOf(virtualIp) })
  }
  for (const { vhid, interface: name } of gone) {
    const on = find(name)
    if (on !== undefined) carp.replace(vhid, on, undefined)
  }
  return changed.length > 0
}

/** The changes that a new list of virtual IPs makes to the present one (xmlrpc.php, restore). */
export function changedVirtualIps(
  before: readonly VirtualIp[],
  after: readonly VirtualIp[],
): { readonly gone: readonly VirtualIp[]; readonly changed: readonly VirtualIp[] } {
  const places = new Set(after.map(placeOf))
  const contents = new Map(before.map((each) => [placeOf(each), contentOf(each)]))
  return {
    gone: before.filter((each) => !places.has(placeOf(each))),
    changed: after.filter((each) => contents.get(placeOf(each)) !== contentOf(each)),
  }
}

function placeOf({ interface: on, vhid }: VirtualIp): string {
  return `${on}_vip${vhid}`
}

/** The fields that decide whether it is left alone. The description is not among them. */
function contentOf({ password, advskew, advbaseSeconds, address }: VirtualIp): string {
  return [password, advskew, formatIpv4Prefix(address), advbaseSeconds].join('\n')
}
