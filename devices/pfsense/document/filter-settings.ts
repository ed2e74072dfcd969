import { type Ipv4Prefix, parseIpv4 } from '../../../protocols/addresses.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { ipv4, prefix } from '../../../schema/values.ts'
import type { Aliases, EndpointRule, Where } from '../../freebsd/pf/rule.ts'
import type { TabRule } from '../generated-rules.ts'
import type { ConfiguredRule, FilterSettings } from '../pf-configuration.ts'
import type { PfsyncNodeSettings } from '../running-system.ts'
import { associatedRule, type ForwardedPort, type OwnAddress } from '../user-nat.ts'
import type { PfSenseDocument } from './firewall.ts'

export type FilterDocument = NonNullable<PfSenseDocument['filter']>
type RuleDocument = Omit<FilterDocument['rules'][number], 'interface'>
type PortForwardDocument = FilterDocument['portForwards'][number]

/**
 * pfSense numbers rules by the second of their making; these are numbered as they stand: those of
 * the tabs, floating ones, port forwards.
 */
const FIRST_TRACKER = 1_724_227_200
const HTTP_PORT = 80

/** The packet filter of a firewall; undefined where the document has none. */
export function filterSettingsOf(firewall: PfSenseDocument): FilterSettings | undefined {
  const { filter, interfaces } = firewall
  if (filter === undefined) return undefined
  const firstFloating = FIRST_TRACKER + filter.rules.length
  const firstForward = firstFloating + filter.floatingRules.length
  const portForwards = filter.portForwards.map((forward, index) => ({
    interface: forward.interface,
    tracker: firstForward + index,
    forward: forwardOf(forward, firstForward + index),
  }))
  return {
    hostId: Number.parseInt(filter.hostId, 16),
    statePolicy: filter.statePolicy,
    aliases: aliasesOf(filter),
    gateways: new Map(
      interfaces.flatMap(({ name, gateway }) =>
        gateway === undefined ? [] : [[name, ipv4(gateway)] as const],
      ),
    ),
    rules: [
      ...filter.rules.map((rule, index) => ({
        interface: rule.interface,
        rule: ruleOf(rule, FIRST_TRACKER + index),
      })),
      ...portForwards.flatMap(({ interface: on, tracker, forward }) =>
        hasAssociatedRule(forward)
          ? {
              interface: on,
              rule: associatedRule(forward, tracker),
              associatedRuleId: forward.associatedRuleId,
            }
          : [],
      ),
    ],
    floatingRules: filter.floatingRules.map((rule, index) => ({
      ...ruleOf(rule, firstFloating + index),
      interfaces: rule.interfaces,
      direction: rule.direction,
      quick: rule.quick,
    })),
    portForwards: portForwards.map(({ interface: on, forward }) => ({ interface: on, ...forward })),
    outboundNat: outboundNatOf(filter),
    antiLockoutPorts: antiLockoutPortsOf(firewall),
  }
}

/** The ports of the GUI, and HTTP, which redirects to HTTPS. SSH is off on a fresh pfSense. */
function antiLockoutPortsOf({ webGui }: PfSenseDocument): number[] {
  const { protocol, port, antiLockout, httpRedirect } = webGui
  if (!antiLockout) return []
  return protocol === 'https' && httpRedirect && port !== HTTP_PORT ? [port, HTTP_PORT] : [port]
}

/** State synchronisation of a firewall; undefined where it is off, or where there are no states. */
export function pfsyncSettingsOf({
  filter,
  pfsync,
}: PfSenseDocument): PfsyncNodeSettings | undefined {
  if (filter === undefined || pfsync?.enabled !== true) return undefined
  const peer = pfsync.peer === undefined ? undefined : ipv4(pfsync.peer)
  return { interface: pfsync.interface, peer, buckets: pfsync.buckets }
}

// --- Rules -------------------------------------------------------------------------------------

/** A rule as it is saved in the GUI; its tracker is the time, in seconds, of its making. */
export function savedRuleOf(
  document: FilterDocument['rules'][number],
  seconds: number,
): ConfiguredRule {
  return { interface: document.interface, rule: ruleOf(document, FIRST_TRACKER + 1000 + seconds) }
}

function aliasesOf({ aliases }: FilterDocument): Aliases {
  return new Map(aliases.map(({ name, addresses }) => [name, addresses.map(anyPrefix)] as const))
}

function ruleOf(document: RuleDocument, tracker: number): TabRule {
  const { action, protocol, source, destination, destinationPort, description } = document
  const ports =
    destinationPort === undefined ? {} : { ports: [{ from: destinationPort, to: destinationPort }] }
  return {
    action,
    source: endOf(source),
    destination: { ...endOf(destination), ...ports },
    ...(protocol === 'any' ? {} : { protocols: [IP_PROTOCOL[protocol]] }),
    description,
    tracker,
  }
}

function endOf(text: string): EndpointRule {
  return { where: whereOf(text) }
}

function whereOf(text: string): Where {
  if (text === 'any' || text === 'self') return { kind: text }
  if (/^[A-Za-z]/.test(text)) return { kind: 'alias', name: text }
  if (text.includes('/')) return { kind: 'network', prefix: prefix(text) }
  return { kind: 'address', address: ipv4(text) }
}

function anyPrefix(text: string): Ipv4Prefix {
  const address = parseIpv4(text)
  return address === undefined ? prefix(text) : { address, length: 32 }
}

// --- NAT ---------------------------------------------------------------------------------------

function forwardOf(document: PortForwardDocument, tracker: number): ForwardedPort {
  const { protocol, source, destination, port, target, targetPort, description } = document
  const associatedRuleId = {
    // pfSense draws these.
    associated: `nat_${tracker.toString(16)}`,
    pass: 'pass',
    none: '',
  }[document.filterRule]
  return {
    protocols: protocol === 'tcp/udp' ? ['tcp', 'udp'] : [protocol],
    source: endOf(source),
    destination: ownAddressOf(destination),
    ports: { from: port, to: port },
    target: ipv4(target),
    targetPort: targetPort ?? port,
    description,
    associatedRuleId,
  }
}

function hasAssociatedRule({ associatedRuleId }: ForwardedPort): boolean {
  return associatedRuleId !== '' && associatedRuleId !== 'pass'
}

function outboundNatOf({ outboundNat }: FilterDocument): FilterSettings['outboundNat'] {
  if (typeof outboundNat === 'string') {
    return { mode: outboundNat, rules: [] }
  }
  return {
    mode: outboundNat.mode === 'hybrid' ? 'hybrid' : 'advanced',
    rules: outboundNat.rules.map((rule) => ({
      interface: rule.interface,
      source: endOf(rule.source),
      target: ownAddressOf(rule.target),
    })),
  }
}

function ownAddressOf(text: string): OwnAddress {
  return text === 'interface' ? text : ipv4(text)
}
