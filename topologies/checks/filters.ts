import { OPENVPN_TAB } from '../../devices/firewall/openvpn-server.ts'
import type { Firewall } from '../document.ts'
import type { Path } from '../problem.ts'
import { type CheckContext, checkName } from './context.ts'

/** Packet filters and state synchronisation: about interfaces that the firewall has. */

export function checkFilters(context: CheckContext): void {
  for (const [at, firewall] of context.scenario.topology.firewalls.entries()) {
    checkFilter(context, firewall, ['topology', 'firewalls', at])
  }
}

function checkFilter(context: CheckContext, firewall: Firewall, path: Path): void {
  const { filter, pfsync, interfaces } = firewall
  const names = interfaces.map(({ name }) => name)
  const tabs = firewall.openvpn === undefined ? names : [...names, OPENVPN_TAB]
  for (const [at, rule] of (filter?.rules ?? []).entries()) {
    const place = [...path, 'filter', 'rules', at, 'interface']
    checkName(context, 'interface', rule.interface, tabs, place)
  }
  if (pfsync === undefined) return
  const place = [...path, 'pfsync', 'interface']
  if (!checkName(context, 'interface', pfsync.interface, names, place)) return
  const on = interfaces.find(({ name }) => name === pfsync.interface)
  if (on !== undefined && on.address === undefined) {
    context.report(place, `${pfsync.interface} has no address; expected an interface with one`)
  }
}
