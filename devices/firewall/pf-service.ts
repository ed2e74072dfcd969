import { md5 } from '@noble/hashes/legacy.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { SECOND_NS } from '../../engine/time.ts'
import type { Ipv4Address } from '../../protocols/addresses.ts'
import type { Frame } from '../../protocols/frame/frame.ts'
import { IP_PROTOCOL } from '../../protocols/ipv4/wire.ts'
import { TCP_FLAG } from '../../protocols/tcp/wire.ts'
import { isWireError } from '../../protocols/wire-error.ts'
import type { HostService } from '../host/host.ts'
import type { IpInterface } from '../host/interface.ts'
import type { IpStack, PacketGate } from '../host/ip-stack.ts'
import type { WalkedPacket } from '../walk.ts'
import type { World } from '../world.ts'
import type { VirtualIp } from './carp-service.ts'
import { PacketFilter, type Verdict } from './pf/filter.ts'
import type { FilterHost } from './pf/filter-host.ts'
import {
  automaticOutboundNat,
  type FirewallInterface,
  generatedRules,
  natRules,
  type TabRule,
  userRule,
} from './pf/generated-rules.ts'
import type { NatRules, OutboundNat } from './pf/nat.ts'
import { type Direction, icmpIdOf, icmpPorts, type PacketSummary } from './pf/packet.ts'
import { type Aliases, type Rule, RuleSet, type StatePolicy } from './pf/rule.ts'
import { applyTranslation, readSummary } from './pf/summary.ts'

export interface FilterSettings {
  /** The Filter Host ID of System > High Avail. Sync: 1 to 2^32 - 1, another on each node. */
  readonly hostId: number
  readonly statePolicy: StatePolicy
  readonly aliases: Aliases
  /** Rules of the user by interface, in their order. */
  readonly rules: readonly { readonly interface: string; readonly rule: TabRule }[]
  /** `automatic`: to the interface's own address, as pfSense does unless told otherwise. */
  readonly outboundNat: 'automatic' | readonly OutboundNat[]
  /** The gateway of each interface that has one: what makes it a WAN. */
  readonly gateways: ReadonlyMap<string, Ipv4Address>
}

/** pf of one running firewall: between the IP stack's packets and the filter's verdicts. */
export class PfService implements HostService, PacketGate {
  readonly filter: PacketFilter
  /** MD5 of the rules: pfsync peers honour each other's rule numbers only where it is the same. */
  rulesetChecksum: Uint8Array
  #world: World
  #stack: IpStack

  constructor(
    world: World,
    stack: IpStack,
    settings: FilterSettings,
    virtualIps: readonly VirtualIp[],
  ) {
    this.#world = world
    this.#stack = stack
    const { nowNs } = world
    // Whole seconds of uptime are counted from somewhere in the boot, by each node on its own.
    const uptime = world.random.stream(`${stack.place}/uptime`)
    const bootNs = nowNs - uptime.integer(10 * SECOND_NS, 60 * SECOND_NS)
    this.filter = new PacketFilter({
      states: { creatorId: settings.hostId, bootNs, startNs: nowNs },
      host: filterHostOf(stack),
      draws: world.random.stream(`${stack.place}/pf`),
      ...loadable(stack, settings, virtualIps),
    })
    this.rulesetChecksum = checksumOf(this.filter.rules)
    // A state that comes or goes may open or close a path.
    this.filter.states.listen({
      onInsert: () => world.noteForwardingChange(),
      onDelete: () => world.noteForwardingChange(),
    })
    const purge = stack.timer(() => {
      this.filter.states.purge(world.nowNs)
      purge.armAt(this.filter.states.nextPurgeNs)
    })
    purge.armAt(this.filter.states.nextPurgeNs)
  }

  /** Until this is set, packets cross as if there were no pf, and pfsync takes none in. */
  get isEnabled(): boolean {
    return this.#stack.gate === this
  }

  /** The rules are loaded and pf is enabled (`pfctl -e`). */
  enable(): void {
    this.#stack.gate = this
    this.#world.noteForwardingChange()
  }

  linkChanged(): void {}

  booted(): void {}

  /** `pfctl -f`: all rules at once, while states stay. pfsync is to be told of the new checksum. */
  load(settings: FilterSettings, virtualIps: readonly VirtualIp[]): void {
    const { rules, nat } = loadable(this.#stack, settings, virtualIps)
    this.filter.load(rules, nat)
    this.rulesetChecksum = checksumOf(rules)
    this.#world.noteForwardingChange()
  }

  cross(
    direction: Direction,
    frame: Frame,
    headerAt: number,
    on: IpInterface,
  ): 'pass' | 'translated' | { readonly stoppedBy: string } {
    const summary = readSummary(frame.bytes, headerAt, direction, on.systemName)
    if (isWireError(summary)) return { stoppedBy: `short packet (${summary})` }
    const verdict = this.filter.inspect(summary, this.#world.nowNs)
    if (verdict.action === 'block') return { stoppedBy: nameOf(verdict) }
    if (verdict.translation === undefined) return 'pass'
    applyTranslation(frame.bytes, headerAt, verdict.translation)
    return 'translated'
  }

  foresee(direction: Direction, packet: WalkedPacket, on: IpInterface): WalkedPacket | undefined {
    const { action, translation } = this.filter.foresee(summaryOf(direction, packet, on))
    if (action === 'block') return undefined
    if (translation === undefined) return packet
    const { icmp, ports } = packet
    const { source, target, sourcePort, targetPort } = translation
    if (ports !== undefined) return { ...packet, source, target, ports: { sourcePort, targetPort } }
    if (icmp === undefined) return { ...packet, source, target }
    const identifier = icmpIdOf(icmp.type, translation) ?? icmp.identifier
    return { ...packet, source, target, icmp: { ...icmp, identifier } }
  }
}

/** The rule that stopped a packet, as pfSense's firewall log names it. */
function nameOf({ rule, reason }: Verdict): string {
  return reason === 'match' ? rule.label : reason
}

function summaryOf(direction: Direction, packet: WalkedPacket, on: IpInterface): PacketSummary {
  const { protocol, source, target, ttl, icmp } = packet
  const ports =
    packet.ports ?? (icmp === undefined ? NO_PORTS : icmpPorts(icmp.type, icmp.identifier))
  return {
    direction,
    interface: on.systemName,
    protocol,
    source,
    target,
    ttl,
    totalBytes: 60,
    sourcePort: ports.sourcePort,
    targetPort: ports.targetPort,
    icmp: icmp === undefined ? undefined : { type: icmp.type, code: 0 },
    tcp: protocol === IP_PROTOCOL.tcp ? (packet.isOpening ? OPENING : MIDSTREAM) : undefined,
  }
}

const NO_PORTS = { sourcePort: 0, targetPort: 0 }
/** A segment of a connection long open: without a state, no rule with flags S/SA takes it. */
const MIDSTREAM = { flags: TCP_FLAG.ack, seq: 0, ack: 0, window: 0, payloadBytes: 0 }
const OPENING = { ...MIDSTREAM, flags: TCP_FLAG.syn }

/** What pf is to be given for the settings of the GUI. */
function loadable(
  stack: IpStack,
  settings: FilterSettings,
  virtualIps: readonly VirtualIp[],
): { rules: RuleSet; nat: NatRules } {
  const interfaces = firewallInterfaces(stack, settings, virtualIps)
  return {
    rules: new RuleSet(
      rulesOf(stack, settings, interfaces),
      settings.aliases,
      settings.statePolicy,
    ),
    nat: natRules(
      settings.outboundNat === 'automatic'
        ? automaticOutboundNat(interfaces)
        : settings.outboundNat,
      [],
    ),
  }
}

function checksumOf({ rules }: RuleSet): Uint8Array {
  return md5(utf8ToBytes(JSON.stringify(rules)))
}

/** As pf sees them: by the system's names, those with an address only. */
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

/** Rules of the user go by the name of the interface's tab. */
function rulesOf(
  stack: IpStack,
  { rules }: FilterSettings,
  interfaces: readonly FirewallInterface[],
): Rule[] {
  const hasCarp = interfaces.some(({ virtualIps }) => virtualIps.length > 0)
  const users = rules.flatMap(({ interface: name, rule }) => {
    const of = stack.interfaces.find((each) => each.name === name)
    const on = interfaces.find((each) => each.name === of?.systemName)
    if (on !== undefined) return [userRule(rule, on)]
    // An interface of a tunnel has no address before its program runs, but has its rules.
    return of?.tunnel === undefined ? [] : [userRule(rule, { name: of.systemName })]
  })
  return [...generatedRules({ interfaces, hasCarp }), ...users]
}

function filterHostOf(stack: IpStack): FilterHost {
  const find = (name: string): IpInterface | undefined =>
    stack.interfaces.find(({ systemName }) => systemName === name)
  const hasAddress = (on: IpInterface | undefined, address: Ipv4Address): boolean =>
    on?.addresses.some((each) => each.address === address) ?? false
  return {
    hasInterface: (name) => find(name) !== undefined,
    isSelf: (address) => stack.interfaces.some((each) => hasAddress(each, address)),
    isOn: (name, address) => hasAddress(find(name), address),
    primaryAddress: (name) => find(name)?.primaryAddress,
  }
}
