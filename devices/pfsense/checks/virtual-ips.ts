import { type CheckContext, checkName } from '../../../schema/check-context.ts'
import { isInterfaceAddress } from '../../../schema/fields.ts'
import type { Path } from '../../../schema/problem.ts'
import { Segments } from '../../../schema/segments.ts'
import type { FirewallEntry } from '../../product.ts'
import type { PfSenseDocument, VirtualIpDocument } from '../document/firewall.ts'

/** CARP virtual IPs: each on an interface that can hold it, each VHID once on a segment. */

interface Holder {
  readonly firewall: PfSenseDocument
  readonly virtualIp: VirtualIpDocument
  readonly path: Path
}

export function checkVirtualIps(
  context: CheckContext,
  firewalls: readonly FirewallEntry<PfSenseDocument>[],
): void {
  const segments = new Segments(context.scenario, context.index)
  const holders = new Map<string, Holder[]>()
  for (const { firewall, path: firewallPath } of firewalls) {
    for (const [at, virtualIp] of firewall.virtualIps.entries()) {
      const path = [...firewallPath, 'virtualIps', at]
      const carrier = carrierOf(context, firewall, virtualIp, path)
      if (carrier === undefined || !Number.isInteger(virtualIp.vhid)) continue
      if (!isInterfaceAddress(virtualIp.address)) continue
      const segment = segments.of(firewall.name, carrier.nic, carrier.vlanId)
      const key = `${virtualIp.vhid}\n${segment}`
      const others = holders.get(key) ?? []
      checkVhid(context, { firewall, virtualIp, path }, others)
      holders.set(key, [...others, { firewall, virtualIp, path }])
    }
  }
}

function carrierOf(
  context: CheckContext,
  firewall: PfSenseDocument,
  { interface: name }: VirtualIpDocument,
  path: Path,
): PfSenseDocument['interfaces'][number] | undefined {
  const names = firewall.interfaces.map((it) => it.name)
  const here = [...path, 'interface']
  if (!checkName(context, `interface of ${firewall.name}`, name, names, here)) return undefined
  const carrier = firewall.interfaces.find((it) => it.name === name)
  if (carrier !== undefined && carrier.address === undefined) {
    context.report(here, `${name} has no address of its own; expected an interface with an address`)
  }
  return carrier
}

/**
 * Firewalls that share a VHID and its address are a cluster. The same VHID for anything else on
 * the same segment is two owners of one MAC address.
 */
function checkVhid(context: CheckContext, holder: Holder, others: readonly Holder[]): void {
  const { vhid } = holder.virtualIp
  const path = [...holder.path, 'vhid']
  const own = others.find((other) => other.firewall === holder.firewall)
  if (own !== undefined) {
    const where = context.where([...own.path, 'vhid'])
    context.report(
      path,
      `${holder.firewall.name} already holds VHID ${vhid} on this segment, at ${where}; expected a VHID that is free there`,
    )
    return
  }
  const ip = withoutLength(holder.virtualIp.address)
  const foreign = others.find((other) => withoutLength(other.virtualIp.address) !== ip)
  if (foreign !== undefined) {
    const { firewall, virtualIp } = foreign
    const theirs = withoutLength(virtualIp.address)
    const where = context.where([...foreign.path, 'vhid'])
    context.report(
      path,
      `${firewall.name} holds VHID ${vhid} on this segment for ${theirs}, at ${where}; expected that address instead of ${ip}, or a VHID that is free there`,
    )
  }
}

function withoutLength(address: string): string {
  return address.replace(/\/.*$/, '')
}
