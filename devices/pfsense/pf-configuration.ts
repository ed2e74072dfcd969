import type { Ipv4Address } from '../../protocols/addresses.ts'
import type { VirtualIp } from '../freebsd/carp/service.ts'
import type { FilterHost } from '../freebsd/pf/filter-host.ts'
import type { NatRules, OutboundNat, PortForward } from '../freebsd/pf/nat.ts'
import { type Aliases, type Rule, RuleSet, type StatePolicy } from '../freebsd/pf/rule.ts'
import type { IpInterface } from '../host/interface.ts'
import type { IpStack } from '../host/ip-stack.ts'
import {
  type AntiLockout,
  automaticOutboundNat,
  type FirewallInterface,
  type FloatingRule,
  floatingRule,
  generatedRules,
  natRules,
  type TabRule,
  userRule,
} from './generated-rules.ts'
import { type ForwardedPort, type MappedSource, outboundNat, portForward } from './user-nat.ts'

/** The settings of the GUI, and the rules of the packet filter that follow from them. */

/** Something of the user on an interface, which goes by its name in the GUI. */
export type OnInterface<Setting> = Setting & { readonly interface: string }

export interface ConfiguredRule {
  /** The name of the interface whose tab it stands on. */
  readonly interface: string
  readonly rule: TabRule
  /** The id of the port forward that the rule was made for. */
  readonly associatedRuleId?: string
}

export interface ConfiguredOutboundNat {
  /**
   * `hybrid`: the rules of the user, and after them those that pfSense makes by itself. `advanced`
   * is what the GUI calls manual: only the first; `automatic`: only the others.
   */
  readonly mode: 'automatic' | 'hybrid' | 'advanced' | 'disabled'
  readonly rules: readonly OnInterface<MappedSource>[]
}

/** The settings of the filter that stand in synchronised sections. */
export interface ConfiguredFilter {
  readonly aliases: Aliases
  /** Interfaces by their names in the GUI. They come before those of the tabs. */
  readonly floatingRules: readonly FloatingRule[]
  /** Rules of the tabs, in their order; those of port forwards are among them. */
  readonly rules: readonly ConfiguredRule[]
  readonly portForwards: readonly OnInterface<ForwardedPort>[]
  readonly outboundNat: ConfiguredOutboundNat
}

export interface FilterSettings extends ConfiguredFilter {
  /** The Filter Host ID of System > High Avail. Sync: 1 to 2^32 - 1, another on each node. */
  readonly hostId: number
  readonly statePolicy: StatePolicy
  /** The gateway of each interface that has one: what makes it a WAN. */
  readonly gateways: ReadonlyMap<string, Ipv4Address>
  /** TCP ports of the GUI that the anti-lockout rule opens; none: it is switched off. */
  readonly antiLockoutPorts: readonly number[]
}

/** All rules that pf loads. */
export function configurationOf(
  stack: IpStack,
  settings: FilterSettings,
  virtualIps: readonly VirtualIp[],
): { rules: RuleSet; nat: NatRules } {
  const interfaces = firewallInterfaces(stack, settings, virtualIps)
  const find = (name: string): FirewallInterface | undefined => {
    const systemName = stack.interfaces.find((each) => each.name === name)?.systemName
    return interfaces.find((each) => each.name === systemName)
  }
  return {
    rules: new RuleSet(
      rulesOf(stack, settings, interfaces, find),
      settings.aliases,
      settings.statePolicy,
    ),
    nat: natOf(settings, interfaces, find),
  }
}

type FindInterface = (name: string) => FirewallInterface | undefined

/** The interfaces as pf sees them: by the system's names, and only those with an address. */
function firewallInterfaces(
  stack: IpStack,
  { gateways }: FilterSettings,
  virtualIps: readonly VirtualIp[],
): FirewallInterface[] {
  return stack.interfaces.flatMap((each) => {
    const address = each.addresses.find(({ owner }) => owner === undefined)
    if (address === undefined) return []
    const gateway = gateways.get(each.name)
    return [
      {
        name: each.systemName,
        address,
        virtualIps: virtualIps
          .filter((virtualIp) => virtualIp.interface === each.name)
          .map((virtualIp) => virtualIp.address),
        ...(gateway === undefined ? {} : { gateway }),
      },
    ]
  })
}

/** In the order of filter_rules_generate: pfSense's own, then floating ones, then the tabs. */
function rulesOf(
  stack: IpStack,
  { rules, floatingRules, antiLockoutPorts }: FilterSettings,
  interfaces: readonly FirewallInterface[],
  find: FindInterface,
): Rule[] {
  const hasCarp = interfaces.some(({ virtualIps }) => virtualIps.length > 0)
  const onTab = (name: string) => find(name) ?? tunnelOf(stack, name)
  const floating = floatingRules.flatMap((rule) => {
    const on = rule.interfaces.flatMap((name) => onTab(name)?.name ?? [])
    // Without those that it is about it would be about all.
    const isVoid = on.length === 0 && rule.interfaces.length > 0
    return isVoid ? [] : [floatingRule({ ...rule, interfaces: on })]
  })
  const tabs = rules.flatMap(({ interface: name, rule }) => {
    const on = onTab(name)
    return on === undefined ? [] : [userRule(rule, on)]
  })
  const antiLockout = antiLockoutOf(stack, antiLockoutPorts)
  return [...generatedRules({ interfaces, hasCarp, antiLockout }), ...floating, ...tabs]
}

/** An interface of a tunnel has no address before its program runs, but has its rules. */
function tunnelOf({ interfaces }: IpStack, name: string): { readonly name: string } | undefined {
  const of = interfaces.find((each) => each.name === name)
  return of?.tunnel === undefined ? undefined : { name: of.systemName }
}

/**
 * On the LAN if there is one, or on the WAN if that is all there is. The LAN is the interface of that
 * name, else the one assigned second, as pfSense calls it whatever its description.
 */
function antiLockoutOf(stack: IpStack, ports: readonly number[]): AntiLockout | undefined {
  const interfaces = stack.interfaces.filter(({ tunnel }) => tunnel === undefined)
  const lan =
    interfaces.find(({ name }) => name.toUpperCase() === 'LAN') ?? interfaces[1] ?? interfaces[0]
  return lan === undefined || ports.length === 0 ? undefined : { interface: lan.systemName, ports }
}

function natOf(
  { outboundNat: outbound, portForwards }: FilterSettings,
  interfaces: readonly FirewallInterface[],
  find: FindInterface,
): NatRules {
  const { mode, rules } = outbound
  const byHand = mode === 'hybrid' || mode === 'advanced' ? rules : []
  const mapped = byHand.flatMap(({ interface: name, ...rule }): OutboundNat[] => {
    const on = find(name)
    return on === undefined ? [] : [outboundNat(rule, on)]
  })
  const forwards = portForwards.flatMap(({ interface: name, ...forward }): PortForward[] => {
    const on = find(name)
    return on === undefined ? [] : [portForward(forward, on)]
  })
  const isAutomatic = mode === 'automatic' || mode === 'hybrid'
  const automatic = isAutomatic ? automaticOutboundNat(interfaces) : []
  return natRules([...mapped, ...automatic], forwards)
}

/** The running host, as rules see it. It is asked about every packet without a state. */
export function filterHostOf(stack: IpStack): FilterHost {
  const find = (name: string): IpInterface | undefined => {
    for (const each of stack.interfaces) if (each.systemName === name) return each
    return undefined
  }
  return {
    hasInterface: (name) => find(name) !== undefined,
    isSelf: (address) => {
      for (const each of stack.interfaces) if (hasAddress(each, address)) return true
      return false
    },
    isOn: (name, address) => {
      const on = find(name)
      return on !== undefined && hasAddress(on, address)
    },
    primaryAddress: (name) => find(name)?.primaryAddress,
  }
}

function hasAddress({ addresses }: IpInterface, address: Ipv4Address): boolean {
  for (const each of addresses) if (each.address === address) return true
  return false
}
