import { type Ipv4Address, type Ipv4Prefix, inPrefix } from '../../../protocols/addresses.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { TCP_FLAG } from '../../../protocols/tcp/wire.ts'
import type { FilterHost } from './filter-host.ts'
import type { Direction, PacketSummary } from './packet.ts'

/** Filter rules and how pf picks the one that decides (pf_test_rule of sys/netpfil/pf/pf.c). */

// --- Rules -------------------------------------------------------------------------------------

/** Aliases of pfSense, tables of pf: hosts and networks by name. */
export type Aliases = ReadonlyMap<string, readonly Ipv4Prefix[]>

export type Where =
  | { readonly kind: 'any' }
  | { readonly kind: 'network'; readonly prefix: Ipv4Prefix }
  | { readonly kind: 'address'; readonly address: Ipv4Address }
  | { readonly kind: 'alias'; readonly name: string }
  /** `(self)`: any address of the firewall. */
  | { readonly kind: 'self' }
  /** `(vmx1)`: any address of an interface. */
  | { readonly kind: 'interface'; readonly name: string }

/** Both ends belong to it. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

export interface EndpointRule {
  readonly where: Where
  /** `!`: everywhere else. It does not turn the ports around. */
  readonly not?: boolean
  /** One of these; undefined: any. Looked at in TCP and UDP only. */
  readonly ports?: readonly PortRange[]
}

export const ANYWHERE: EndpointRule = { where: { kind: 'any' } }

/** `flags set/of`: of the flags in `of`, exactly those in `set`. */
export interface TcpFlagsRule {
  readonly set: number
  readonly of: number
}

/**
 * The flags that pf gives a stateful pass rule by default: only the first segment of a
 * connection.
 */
export const FLAGS_S_SA: TcpFlagsRule = { set: TCP_FLAG.syn, of: TCP_FLAG.syn | TCP_FLAG.ack }

/** `route-to` or `reply-to (interface gateway)`. */
export interface RouteRule {
  readonly kind: 'routeTo' | 'replyTo'
  readonly interface: string
  readonly gateway: Ipv4Address
}

/** Whether states match on every interface or only on the one they were made on. */
export type StatePolicy = 'floating' | 'if-bound'

export interface Rule {
  /** `reject` also answers: RST to TCP, port unreachable to the rest (`block return`). */
  readonly action: 'pass' | 'block' | 'reject'
  /** The first match decides; without it, the last. */
  readonly quick: boolean
  readonly direction: Direction | 'any'
  /** Any of these; undefined: every interface. A rule of an interface tab has one. */
  readonly interfaces?: readonly string[]
  /** Any of these; undefined: every protocol. */
  readonly protocols?: readonly number[]
  readonly source: EndpointRule
  readonly destination: EndpointRule
  readonly icmpType?: number
  /** Undefined: `FLAGS_S_SA` where the rule passes and keeps state, else any. */
  readonly flags?: TcpFlagsRule | 'any'
  /** `sloppy` does not check TCP windows. */
  readonly state: 'keep' | 'sloppy' | 'none'
  /** Undefined: that of the rule set. */
  readonly statePolicy?: StatePolicy
  /** Its states are not sent to the peer (`no-sync`). */
  readonly noSync?: boolean
  /** `allow-opts`: lets packets with IP options pass. */
  readonly allowOptions?: boolean
  readonly route?: RouteRule
  readonly log: boolean
  readonly label: string
  /** pfSense's number of the rule, which survives reloads (`ridentifier`). */
  readonly tracker: number
}

/** The part of a rule that verdicts and states refer to. */
export interface RuleReference {
  readonly label: string
  /** The place in the loaded rule set, from 0; -1: pf's own default rule. */
  readonly number: number
  readonly tracker: number
}

export interface LoadedRule extends Rule, RuleReference {}

/** What decides where no rule matched, and what states from elsewhere belong to: pass, no state. */
export const DEFAULT_RULE: LoadedRule = {
  action: 'pass',
  quick: false,
  direction: 'any',
  source: ANYWHERE,
  destination: ANYWHERE,
  state: 'none',
  // The policy is what pfctl gives the rules it loads; this one is not among them.
  statePolicy: 'floating',
  log: false,
  label: '',
  tracker: 0,
  number: -1,
}

// --- The rule that decides ---------------------------------------------------------------------

/** A rule set as it is loaded: numbered, and bound to its aliases. */
export class RuleSet {
  readonly rules: readonly LoadedRule[]
  readonly aliases: Aliases
  readonly statePolicy: StatePolicy
  /** The rules that are about an interface, a direction and a protocol; filled as they are asked. */
  #about = new Map<string, Record<Direction, Map<number, readonly LoadedRule[]>>>()

  constructor(rules: readonly Rule[], aliases: Aliases, statePolicy: StatePolicy) {
    this.rules = rules.map((rule, number) => ({ ...rule, number, flags: flagsOf(rule) }))
    this.aliases = aliases
    this.statePolicy = statePolicy
  }

  /** The rule that decides: the first quick one that matches, else the last that does. */
  decide(packet: PacketSummary, host: FilterHost): LoadedRule {
    let decisive = DEFAULT_RULE
    for (const rule of this.#rulesAbout(packet)) {
      if (!this.#matches(rule, packet, host)) continue
      decisive = rule
      if (rule.quick) break
    }
    return decisive
  }

  /** In their order, as the skip steps of pf leave them. */
  #rulesAbout({ interface: on, direction, protocol }: PacketSummary): readonly LoadedRule[] {
    let onInterface = this.#about.get(on)
    if (onInterface === undefined) {
      onInterface = { in: new Map(), out: new Map() }
      this.#about.set(on, onInterface)
    }
    let about = onInterface[direction].get(protocol)
    if (about === undefined) {
      about = this.rules.filter(
        (rule) =>
          (rule.interfaces?.includes(on) ?? true) &&
          (rule.direction === 'any' || rule.direction === direction) &&
          (rule.protocols?.includes(protocol) ?? true),
      )
      onInterface[direction].set(protocol, about)
    }
    return about
  }

  #matches(rule: LoadedRule, packet: PacketSummary, host: FilterHost): boolean {
    const { source, destination } = rule
    if (!isWithin(packet.source, source, this.aliases, host)) return false
    if (!isWithin(packet.target, destination, this.aliases, host)) return false
    return packet.fragment ? matchesFragment(rule, packet) : matchesTransport(rule, packet)
  }
}

function flagsOf(rule: Rule): TcpFlagsRule | 'any' {
  if (rule.flags !== undefined) return rule.flags
  return rule.action === 'pass' && rule.state !== 'none' ? FLAGS_S_SA : 'any'
}

/** Whether an address is where a rule says. */
export function isWithin(
  address: Ipv4Address,
  { where, not = false }: EndpointRule,
  aliases: Aliases,
  host: FilterHost,
): boolean {
  return isAt(address, where, aliases, host) !== not
}

function isAt(address: Ipv4Address, where: Where, aliases: Aliases, host: FilterHost): boolean {
  switch (where.kind) {
    case 'any':
      return true
    case 'network':
      return inPrefix(address, where.prefix)
    case 'address':
      return address === where.address
    case 'alias':
      // A table that is not there is empty.
      return aliases.get(where.name)?.some((prefix) => inPrefix(address, prefix)) ?? false
    case 'self':
      return host.isSelf(address)
    case 'interface':
      return host.isOn(where.name, address)
  }
}

/** Whether a port is one of those that a rule asks for. */
export function isOneOf(port: number, ranges: readonly PortRange[] | undefined): boolean {
  return ranges === undefined || ranges.some(({ from, to }) => from <= port && port <= to)
}

/** Whether a protocol's ports are those that rules mean: ICMP's are pf's invention. */
export function hasPorts(protocol: number): boolean {
  return protocol === IP_PROTOCOL.tcp || protocol === IP_PROTOCOL.udp
}

function matchesTransport(rule: LoadedRule, packet: PacketSummary): boolean {
  const { protocol, tcp, icmp } = packet
  if (tcp !== undefined && rule.flags !== undefined && rule.flags !== 'any') {
    if ((tcp.flags & rule.flags.of) !== rule.flags.set) return false
  }
  if (hasPorts(protocol)) {
    return (
      isOneOf(packet.sourcePort, rule.source.ports) &&
      isOneOf(packet.targetPort, rule.destination.ports)
    )
  }
  return icmp === undefined || rule.icmpType === undefined || rule.icmpType === icmp.type
}

/** A fragment matches no rule that wants to see what it does not show. */
function matchesFragment(rule: LoadedRule, packet: PacketSummary): boolean {
  const asksPorts = rule.source.ports !== undefined || rule.destination.ports !== undefined
  const asksFlags = packet.protocol === IP_PROTOCOL.tcp && rule.flags !== 'any'
  return !asksPorts && !asksFlags && rule.icmpType === undefined
}
