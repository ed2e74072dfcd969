import { type CheckContext, checkDistinct, checkName } from '../../../schema/check-context.ts'
import type { Path } from '../../../schema/problem.ts'
import { unknownName } from '../../../schema/suggest.ts'
import type { PfSenseDocument } from '../document/firewall.ts'
import { OPENVPN_TAB } from '../openvpn-server.ts'

/** Packet filters and state synchronisation: about interfaces that the firewall has. */

type Filter = NonNullable<PfSenseDocument['filter']>

export function checkFilter(context: CheckContext, firewall: PfSenseDocument, path: Path): void {
  if (firewall.filter !== undefined) {
    checkRules(context, firewall, firewall.filter, [...path, 'filter'])
    checkNat(context, firewall, firewall.filter, [...path, 'filter'])
  }
  if (firewall.pfsync !== undefined) {
    const place = [...path, 'pfsync', 'interface']
    checkHasAddress(context, firewall, firewall.pfsync.interface, place)
  }
}

// --- Rules -------------------------------------------------------------------------------------

function checkRules(
  context: CheckContext,
  firewall: PfSenseDocument,
  filter: Filter,
  path: Path,
): void {
  const { rules, floatingRules, aliases } = filter
  const names = firewall.interfaces.map(({ name }) => name)
  const tabs = firewall.openvpn === undefined ? names : [...names, OPENVPN_TAB]
  checkDistinct(
    context,
    aliases.map(({ name }, at) => ({ key: name, path: [...path, 'aliases', at, 'name'] })),
    (name, where) => `${name} is already the name of an alias (${where})`,
  )
  for (const [at, rule] of rules.entries()) {
    const place = [...path, 'rules', at]
    checkName(context, 'interface', rule.interface, tabs, [...place, 'interface'])
    checkRule(context, filter, rule, place)
  }
  for (const [at, rule] of floatingRules.entries()) {
    const place = [...path, 'floatingRules', at]
    for (const [index, name] of rule.interfaces.entries()) {
      checkName(context, 'interface', name, names, [...place, 'interfaces', index])
    }
    checkRule(context, filter, rule, place)
  }
}

type Rule = Pick<Filter['rules'][number], 'protocol' | 'source' | 'destination' | 'destinationPort'>

function checkRule(context: CheckContext, filter: Filter, rule: Rule, path: Path): void {
  checkEnd(context, filter, rule.source, [...path, 'source'])
  checkEnd(context, filter, rule.destination, [...path, 'destination'])
  const { protocol, destinationPort } = rule
  if (destinationPort !== undefined && ['icmp', 'pfsync'].includes(protocol)) {
    const place = [...path, 'destinationPort']
    context.report(place, `${protocol} has no ports; expected protocol tcp or udp`)
  }
}

function checkEnd(context: CheckContext, { aliases }: Filter, end: string, path: Path): void {
  if (!/^[A-Za-z]/.test(end)) return
  const known = ['any', 'self', ...aliases.map(({ name }) => name)]
  if (!known.includes(end)) context.report(path, unknownName('alias', end, known))
}

// --- NAT ---------------------------------------------------------------------------------------

function checkNat(
  context: CheckContext,
  firewall: PfSenseDocument,
  filter: Filter,
  path: Path,
): void {
  const { portForwards, outboundNat } = filter
  for (const [at, forward] of portForwards.entries()) {
    const place = [...path, 'portForwards', at]
    checkHasAddress(context, firewall, forward.interface, [...place, 'interface'])
    checkEnd(context, filter, forward.source, [...place, 'source'])
  }
  const rules = typeof outboundNat === 'string' ? [] : (outboundNat.rules ?? [])
  for (const [at, rule] of rules.entries()) {
    const place = [...path, 'outboundNat', 'rules', at]
    checkEnd(context, filter, rule.source, [...place, 'source'])
    if (!checkHasAddress(context, firewall, rule.interface, [...place, 'interface'])) continue
    checkTarget(context, firewall, rule, [...place, 'target'])
  }
}

/** An address that nobody answers for would swallow every reply. */
function checkTarget(
  context: CheckContext,
  { interfaces, virtualIps }: PfSenseDocument,
  { interface: name, target }: { interface: string; target: string },
  path: Path,
): void {
  if (target === 'interface' || target === '') return
  const own = [...interfaces.filter((each) => each.name === name), ...virtualIps]
    .filter((each) => !('interface' in each) || each.interface === name)
    .flatMap(({ address }) => address?.split('/')[0] ?? [])
  if (own.includes(target)) return
  const expected = ['interface', ...own].join(', ')
  context.report(path, `${target} is no address of ${name}; expected one of ${expected}`)
}

// --- Interfaces --------------------------------------------------------------------------------

/** @returns whether the firewall has such an interface, with an address */
function checkHasAddress(
  context: CheckContext,
  { interfaces }: PfSenseDocument,
  name: string,
  path: Path,
): boolean {
  const names = interfaces.map((each) => each.name)
  if (!checkName(context, 'interface', name, names, path)) return false
  const on = interfaces.find((each) => each.name === name)
  if (on === undefined || on.address !== undefined) return on !== undefined
  context.report(path, `${name} has no address; expected an interface with one`)
  return false
}
