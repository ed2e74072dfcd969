import { formatIpv4Prefix } from '../../../protocols/addresses.ts'
import type { VirtualIp } from '../carp-service.ts'

/** What a new list of virtual IPs means for those that are there (xmlrpc.php, restore). */
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

/** What decides whether it is left alone; its description does not. */
function contentOf({ password, advskew, advbaseSeconds, address }: VirtualIp): string {
  return [password, advskew, formatIpv4Prefix(address), advbaseSeconds].join('\n')
}
