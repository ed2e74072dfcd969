import type { ConfiguredRule } from '../devices/firewall/config/configuration.ts'
import type { TabRule } from '../devices/firewall/pf/generated-rules.ts'
import type { EndpointRule, Where } from '../devices/firewall/pf/rule.ts'
import type { FilterSettings } from '../devices/firewall/pf-service.ts'
import type { PfsyncNodeSettings } from '../devices/firewall/pfsense.ts'
import { IP_PROTOCOL } from '../protocols/ipv4/wire.ts'
import type { Firewall } from './document.ts'
import { ipv4, prefix } from './values.ts'

type FilterDocument = NonNullable<Firewall['filter']>
type RuleDocument = FilterDocument['rules'][number]

/** pfSense numbers rules by the second of their making; these are numbered as they stand. */
const FIRST_TRACKER = 1_724_227_200

/** The packet filter of a firewall; undefined where the document has none. */
export function filterSettingsOf({ filter, interfaces }: Firewall): FilterSettings | undefined {
  if (filter === undefined) return undefined
  return {
    hostId: Number.parseInt(filter.hostId, 16),
    statePolicy: filter.statePolicy,
    aliases: new Map(),
    outboundNat: filter.outboundNat === 'automatic' ? 'automatic' : [],
    gateways: new Map(
      interfaces.flatMap(({ name, gateway }) =>
        gateway === undefined ? [] : [[name, ipv4(gateway)] as const],
      ),
    ),
    rules: filter.rules.map((rule, index) => ({
      interface: rule.interface,
      rule: ruleOf(rule, FIRST_TRACKER + index),
    })),
  }
}

/** State synchronisation of a firewall; undefined where it is off, or where there are no states. */
export function pfsyncSettingsOf({ filter, pfsync }: Firewall): PfsyncNodeSettings | undefined {
  if (filter === undefined || pfsync?.enabled !== true) return undefined
  const peer = pfsync.peer === undefined ? undefined : ipv4(pfsync.peer)
  return { interface: pfsync.interface, peer, buckets: pfsync.buckets }
}

/** A rule as it is saved in the GUI; its tracker is the time, in seconds, of its making. */
export function savedRuleOf(document: RuleDocument, seconds: number): ConfiguredRule {
  return { interface: document.interface, rule: ruleOf(document, FIRST_TRACKER + 1000 + seconds) }
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
  if (text.includes('/')) return { kind: 'network', prefix: prefix(text) }
  return { kind: 'address', address: ipv4(text) }
}
