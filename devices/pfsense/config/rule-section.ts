import { assert } from '../../../engine/assert.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import type { XmlRpcStruct, XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import type { FloatingRule, TabRule } from '../generated-rules.ts'
import type { ConfiguredRule } from '../pf-configuration.ts'
import { type Configuration, interfaceIdOf, interfaceNameOf } from './configuration.ts'
import { endSection, readEnd } from './rule-ends.ts'
import { readRuleOptions, ruleOptions } from './rule-options.ts'
import { box, listIn, textIn } from './section-values.ts'

/** The section `filter` of config.xml: floating rules and those of the interface tabs, in one list. */

type FilterPart = Pick<Configuration, 'floatingRules' | 'rules'>

/** Both protocols at once: the only pair that the GUI has. */
const TCP_AND_UDP = 'tcp/udp'

// --- To the section ----------------------------------------------------------------------------

/** Floating ones come first, as the GUI sorts them. */
export function filterSection(configuration: Configuration): XmlRpcStruct {
  const { floatingRules, rules } = configuration
  const floating = floatingRules.map((rule) => floatingSection(configuration, rule))
  const tabs = rules.map(({ interface: on, rule, associatedRuleId: id }) => ({
    ...ruleSection(rule, interfaceIdOf(configuration, on) ?? ''),
    ...(id === undefined ? {} : { 'associated-rule-id': id }),
  }))
  return { rule: [...floating, ...tabs] }
}

function floatingSection(configuration: Configuration, rule: FloatingRule): XmlRpcStruct {
  const ids = rule.interfaces.flatMap((name) => interfaceIdOf(configuration, name) ?? [])
  return {
    ...ruleSection(rule, ids.join(',')),
    floating: 'yes',
    direction: rule.direction,
    ...(rule.quick ? { quick: 'yes' } : {}),
  }
}

function ruleSection(rule: TabRule, on: string): XmlRpcStruct {
  return {
    type: rule.action,
    interface: on,
    ipprotocol: 'inet',
    ...protocolSection(rule.protocols),
    source: endSection(rule.source),
    destination: endSection(rule.destination),
    ...ruleOptions(rule),
    ...box('log', rule.log),
    descr: rule.description,
    tracker: String(rule.tracker),
  }
}

function protocolSection(protocols: TabRule['protocols']): XmlRpcStruct {
  if (protocols === undefined) return {}
  const names = protocols.map(nameOfProtocol).sort().join('/')
  const isOne = protocols.length === 1 || names === TCP_AND_UDP
  assert(isOne, 'the GUI has one protocol for each rule, or TCP and UDP')
  return { protocol: names }
}

function nameOfProtocol(number: number): string {
  const known = Object.entries(IP_PROTOCOL).find(([, each]) => each === number)
  return known?.[0] ?? String(number)
}

// --- From the section --------------------------------------------------------------------------

/**
 * The rules of a section. Rules of an interface that this node has not assigned apply to nothing.
 * Neither do rules that are disabled or make no sense: pfctl would never see them.
 */
export function readFilterSection(configuration: Configuration, section: XmlRpcValue): FilterPart {
  const floatingRules: FloatingRule[] = []
  const rules: ConfiguredRule[] = []
  for (const each of listIn(section, 'rule')) {
    const rule = readRule(each)
    if (rule === undefined || 'disabled' in each) continue
    if ('floating' in each) floatingRules.push(...readFloating(configuration, each, rule))
    else rules.push(...readTab(configuration, each, rule))
  }
  return { floatingRules, rules }
}

function readTab(
  configuration: Configuration,
  section: XmlRpcStruct,
  rule: TabRule,
): ConfiguredRule[] {
  const on = interfaceNameOf(configuration, textIn(section, 'interface') ?? '')
  if (on === undefined) return []
  const id = textIn(section, 'associated-rule-id') ?? ''
  return [{ interface: on, rule, ...(id === '' ? {} : { associatedRuleId: id }) }]
}

function readFloating(
  configuration: Configuration,
  section: XmlRpcStruct,
  rule: TabRule,
): FloatingRule[] {
  const ids = (textIn(section, 'interface') ?? '').split(',').filter((id) => id !== '')
  const interfaces = ids.flatMap((id) => interfaceNameOf(configuration, id) ?? [])
  // About nothing but interfaces that are not there, it must not become one about all of them.
  if (interfaces.length === 0 && ids.length > 0) return []
  const text = textIn(section, 'direction')
  const direction = text === 'in' || text === 'out' ? text : 'any'
  return [{ ...rule, interfaces, direction, quick: 'quick' in section }]
}

function readRule(section: XmlRpcStruct): TabRule | undefined {
  const action = textIn(section, 'type')
  const source = readEnd(section.source)
  const destination = readEnd(section.destination)
  const protocols = readProtocols(textIn(section, 'protocol'))
  const tracker = Number(textIn(section, 'tracker') ?? '0')
  if (source === undefined || destination === undefined) return undefined
  if (action !== 'pass' && action !== 'block' && action !== 'reject') return undefined
  if (protocols === undefined || !Number.isSafeInteger(tracker)) return undefined
  return {
    action,
    ...protocols,
    source,
    destination,
    ...readRuleOptions(section),
    ...('log' in section ? { log: true } : {}),
    description: textIn(section, 'descr') ?? '',
    tracker,
  }
}

function readProtocols(text: string | undefined): Pick<TabRule, 'protocols'> | undefined {
  if (text === undefined || text === 'any') return {}
  const numbers = text === TCP_AND_UDP ? [IP_PROTOCOL.tcp, IP_PROTOCOL.udp] : [numberOf(text)]
  return numbers.every((each) => Number.isInteger(each) && each >= 0 && each <= 255)
    ? { protocols: numbers }
    : undefined
}

function numberOf(protocol: string): number {
  const known = Object.entries(IP_PROTOCOL).find(([each]) => each === protocol)?.[1]
  return known ?? (/^\d{1,3}$/.test(protocol) ? Number(protocol) : Number.NaN)
}
