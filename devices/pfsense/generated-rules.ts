import { type Ipv4Address, type Ipv4Prefix, inPrefix } from '../../protocols/addresses.ts'
import { IP_PROTOCOL } from '../../protocols/ipv4/wire.ts'
import type { NatRules, OutboundNat, PortForward } from '../freebsd/pf/nat.ts'
import { ANYWHERE, type EndpointRule, type PortRange, type Rule } from '../freebsd/pf/rule.ts'

/**
 * The rules that pfSense writes by itself (filter_rules_generate and filter_nat_rules_generate of
 * src/etc/inc/filter.inc; labels and trackers also as `pfctl -sr` shows them on 2.7). They come
 * before those of the user. There is none for pfsync: the SYNC interface needs a rule of the user.
 * Not here, as nothing in the simulation meets them: IPv6, loopback, antispoof, DHCP, the tables of
 * snort, sshguard and virusprot.
 */

export interface FirewallInterface {
  /** The system's name, such as `vmx1.110`. */
  readonly name: string
  readonly address: Ipv4Prefix
  /** The addresses on it, those of CARP included. */
  readonly virtualIps: readonly Ipv4Prefix[]
  /** A gateway makes it a WAN for pfSense. */
  readonly gateway?: Ipv4Address
}

export interface GeneratedRulesSettings {
  /** All enabled ones, in the order of their assignment. */
  readonly interfaces: readonly FirewallInterface[]
  /** Whether there is a virtual IP of CARP, on whatever interface. */
  readonly hasCarp: boolean
  /** The LAN and the ports of the GUI and of SSH. Undefined: the rule is switched off. */
  readonly antiLockout?: AntiLockout | undefined
}

export interface AntiLockout {
  readonly interface: string
  readonly ports: readonly number[]
}

const LINK_LOCAL: Ipv4Prefix = { address: 0xa9fe_0000, length: 16 }
const LOOPBACK: Ipv4Prefix = { address: 0x7f00_0000, length: 8 }
const PORT_0: readonly PortRange[] = [{ from: 0, to: 0 }]
const PORT_ISAKMP: readonly PortRange[] = [{ from: 500, to: 500 }]
const ANTI_LOCKOUT_TRACKER = 10_001

// --- Filter rules ------------------------------------------------------------------------------

/** All rules that pfSense generates, in its order. */
export function generatedRules(settings: GeneratedRulesSettings): Rule[] {
  const { interfaces, hasCarp, antiLockout } = settings
  return [
    ...linkLocalRules(),
    ...defaultDenyRules(),
    ...portZeroRules(),
    ...(hasCarp ? carpRules() : []),
    ...passOutRules(interfaces),
    ...(antiLockout === undefined ? [] : [antiLockoutRule(antiLockout)]),
  ]
}

function linkLocalRules(): Rule[] {
  const label = 'Block IPv4 link-local'
  const linkLocal: EndpointRule = { where: { kind: 'network', prefix: LINK_LOCAL } }
  return [
    { ...block('in', label, 1_000_000_101), quick: true, source: linkLocal },
    { ...block('in', label, 1_000_000_102), quick: true, destination: linkLocal },
  ]
}

/** Not quick: whatever matches later wins over them. */
function defaultDenyRules(): Rule[] {
  const label = 'Default deny rule IPv4'
  return [block('in', label, 1_000_000_103), block('out', label, 1_000_000_104)]
}

function portZeroRules(): Rule[] {
  const protocols = [IP_PROTOCOL.tcp, IP_PROTOCOL.udp]
  const zero: EndpointRule = { ...ANYWHERE, ports: PORT_0 }
  const rule = { quick: true, protocols }
  return [
    { ...block('any', 'Block traffic from port 0', 1_000_000_114), ...rule, source: zero },
    { ...block('any', 'Block traffic to port 0', 1_000_000_115), ...rule, destination: zero },
  ]
}

/**
 * filter_process_carp_rules. They have no label; a log shows the text of the rule then, as here. The
 * first keeps an advertisement that comes back from being heard, which would end in two BACKUPs.
 */
function carpRules(): Rule[] {
  const protocols = [IP_PROTOCOL.carp]
  return [
    {
      ...block('in', 'block in quick proto carp from (self)', 1_000_000_201),
      quick: true,
      protocols,
      source: { where: { kind: 'self' } },
    },
    {
      ...pass('any', 'pass quick proto carp no state', 1_000_000_202),
      quick: true,
      protocols,
      state: 'none',
    },
  ]
}

/**
 * The rules for packets of the firewall itself and for forwarded ones, which were judged where they
 * came in. Packets from the address of a WAN go by that WAN's gateway.
 */
function passOutRules(interfaces: readonly FirewallInterface[]): Rule[] {
  // Each interface takes a block of 1050 trackers.
  const base = 1_000_000_000 + 1050 * interfaces.length
  const label = 'let out anything IPv4 from firewall host itself'
  const rules: Rule[] = [{ ...pass('out', label, base + 565), allowOptions: true }]
  let tracker = base + 660
  for (const { name, address, virtualIps, gateway } of interfaces) {
    if (gateway === undefined) continue
    for (const own of [address, ...virtualIps]) {
      tracker += 1
      rules.push({
        ...pass('out', 'let out anything from firewall host itself', tracker),
        source: { where: { kind: 'address', address: own.address } },
        destination: {
          where: { kind: 'network', prefix: inPrefix(own.address, address) ? address : own },
          not: true,
        },
        allowOptions: true,
        route: { kind: 'routeTo', interface: name, gateway },
      })
    }
  }
  return rules
}

function antiLockoutRule(settings: AntiLockout): Rule {
  return {
    ...pass('in', 'anti-lockout rule', ANTI_LOCKOUT_TRACKER),
    quick: true,
    interfaces: [settings.interface],
    protocols: [IP_PROTOCOL.tcp],
    destination: {
      where: { kind: 'interface', name: settings.interface },
      ports: settings.ports.map((port) => ({ from: port, to: port })),
    },
  }
}

// --- Rules of the user, as pfSense completes them ----------------------------------------------

/** The fields of a rule of an interface tab. The rest follows from its place. */
export type TabRule = Pick<Rule, 'action' | 'source' | 'destination' | 'tracker'> &
  Partial<Pick<Rule, 'protocols' | 'icmpType' | 'flags' | 'state' | 'noSync' | 'allowOptions'>> &
  Partial<Pick<Rule, 'log' | 'statePolicy'>> & { readonly description: string }

/** A rule of an interface tab: quick, in, and answered by the gateway it came from on a WAN. */
export function userRule(
  { description, ...rule }: TabRule,
  on: Pick<FirewallInterface, 'name' | 'gateway'>,
): Rule {
  const { name, gateway } = on
  const answersByGateway = rule.action === 'pass' && gateway !== undefined
  return {
    state: rule.action === 'pass' ? 'keep' : 'none',
    log: false,
    ...rule,
    quick: true,
    direction: 'in',
    interfaces: [name],
    label: `USER_RULE: ${description}`,
    ...(answersByGateway ? { route: { kind: 'replyTo', interface: name, gateway } } : {}),
  }
}

export type FloatingRule = TabRule & {
  /** Any of these; none: every interface. */
  readonly interfaces: readonly string[]
  readonly direction: Rule['direction']
  /** Without it, a rule of a tab that matches wins. */
  readonly quick: boolean
}

/** A rule of the Floating tab. Answers go by the routing table: it may be on several interfaces. */
export function floatingRule({ description, interfaces, ...rule }: FloatingRule): Rule {
  return {
    state: rule.action === 'pass' ? 'keep' : 'none',
    log: false,
    ...rule,
    ...(interfaces.length === 0 ? {} : { interfaces }),
    label: `USER_RULE: ${description}`,
  }
}

// --- NAT ---------------------------------------------------------------------------------------

/**
 * Outbound NAT in mode Automatic: each network that is not a WAN's becomes the WAN's own address,
 * on this node only. The other node has another address, which is why HA sets NAT to a CARP VIP by
 * hand.
 */
export function automaticOutboundNat(interfaces: readonly FirewallInterface[]): OutboundNat[] {
  const networks = [
    LOOPBACK,
    ...interfaces.filter(({ gateway }) => gateway === undefined).map(({ address }) => address),
  ]
  return interfaces
    .filter(({ gateway }) => gateway !== undefined)
    .flatMap(({ name }) => {
      const rules = networks.map(
        (prefix): OutboundNat => ({
          interfaces: [name],
          source: { where: { kind: 'network', prefix } },
          destination: ANYWHERE,
          to: { kind: 'interface', name },
        }),
      )
      const forIsakmp = rules.map(
        (rule): OutboundNat => ({
          ...rule,
          destination: { ...ANYWHERE, ports: PORT_ISAKMP },
          ports: 'static',
        }),
      )
      return [...forIsakmp, ...rules]
    })
}

/** All translation rules as pfSense loads them: CARP is never translated (`no nat`, `no rdr`). */
export function natRules(
  outbound: readonly OutboundNat[],
  forwards: readonly PortForward[],
): NatRules {
  const all = { protocols: [IP_PROTOCOL.carp], source: ANYWHERE, destination: ANYWHERE }
  return {
    outbound: [{ ...all, to: { kind: 'none' } }, ...outbound],
    forwards: [{ ...all, pass: false }, ...forwards],
  }
}

// --- Common parts ------------------------------------------------------------------------------

function block(direction: Rule['direction'], label: string, tracker: number): Rule {
  return {
    action: 'block',
    quick: false,
    direction,
    source: ANYWHERE,
    destination: ANYWHERE,
    state: 'none',
    log: true,
    label,
    tracker,
  }
}

function pass(direction: Rule['direction'], label: string, tracker: number): Rule {
  return { ...block(direction, label, tracker), action: 'pass', state: 'keep', log: false }
}
