import {
  formatIpv4,
  formatIpv4Prefix,
  parseIpv4,
  parseIpv4Prefix,
} from '../../../protocols/addresses.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { isStruct, type XmlRpcStruct, type XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import type { TabRule } from '../pf/generated-rules.ts'
import type { EndpointRule, PortRange, Where } from '../pf/rule.ts'
import {
  type Configuration,
  type ConfiguredRule,
  interfaceIdOf,
  interfaceNameOf,
} from './configuration.ts'

/** The section `filter` of config.xml: what a rule of an interface tab looks like there. */

// --- To the section ----------------------------------------------------------------------------

export function filterSection(configuration: Configuration): XmlRpcStruct {
  return { rule: configuration.rules.map((each) => ruleSection(configuration, each)) }
}

function ruleSection(
  configuration: Configuration,
  { interface: on, rule }: ConfiguredRule,
): XmlRpcStruct {
  const [protocol] = rule.protocols ?? []
  return {
    type: rule.action,
    interface: interfaceIdOf(configuration, on) ?? '',
    ipprotocol: 'inet',
    ...(protocol === undefined ? {} : { protocol: nameOfProtocol(protocol) }),
    source: endSection(rule.source),
    destination: endSection(rule.destination),
    descr: rule.description,
    tracker: String(rule.tracker),
  }
}

function nameOfProtocol(number: number): string {
  const known = Object.entries(IP_PROTOCOL).find(([, each]) => each === number)
  return known?.[0] ?? String(number)
}

function endSection({ where, not = false, ports = [] }: EndpointRule): XmlRpcStruct {
  const [range] = ports
  return {
    ...whereSection(where),
    ...(not ? { not: '' } : {}),
    ...(range === undefined ? {} : { port: formatPorts(range) }),
  }
}

function formatPorts({ from, to }: PortRange): string {
  return from === to ? String(from) : `${from}-${to}`
}

function whereSection(where: Where): XmlRpcStruct {
  switch (where.kind) {
    case 'any':
      return { any: '' }
    case 'network':
      return { address: formatIpv4Prefix(where.prefix) }
    case 'address':
      return { address: formatIpv4(where.address) }
    case 'alias':
      return { address: where.name }
    case 'self':
      return { network: '(self)' }
    case 'interface':
      return { network: `(${where.name})` }
  }
}

// --- From the section --------------------------------------------------------------------------

/**
 * The rules that a section holds. Those of an interface that this node has not assigned apply to
 * nothing, and neither do those that make no sense: pfctl would never see them.
 */
export function readFilterSection(
  configuration: Configuration,
  section: XmlRpcValue,
): ConfiguredRule[] {
  return listIn(section, 'rule').flatMap((each) => readRule(configuration, each) ?? [])
}

/** The entries of a list in a section, structures all. */
export function listIn(section: XmlRpcValue, name: string): XmlRpcStruct[] {
  const list = isStruct(section) ? section[name] : undefined
  return Array.isArray(list) ? list.filter((each) => isStruct(each)) : []
}

/** What stands in an element; PHP makes numbers of some texts. */
export function textIn(struct: XmlRpcStruct, name: string): string | undefined {
  const value = struct[name]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

function readRule(configuration: Configuration, section: XmlRpcStruct): ConfiguredRule | undefined {
  const on = interfaceNameOf(configuration, textIn(section, 'interface') ?? '')
  const action = textIn(section, 'type')
  const source = readEnd(section.source)
  const destination = readEnd(section.destination)
  const protocols = readProtocols(textIn(section, 'protocol'))
  const tracker = Number(textIn(section, 'tracker') ?? '0')
  if (on === undefined || source === undefined || destination === undefined) return undefined
  if (action !== 'pass' && action !== 'block' && action !== 'reject') return undefined
  if (protocols === undefined || !Number.isSafeInteger(tracker)) return undefined
  const description = textIn(section, 'descr') ?? ''
  const rule: TabRule = { action, source, destination, ...protocols, description, tracker }
  return { interface: on, rule }
}

function readProtocols(name: string | undefined): Pick<TabRule, 'protocols'> | undefined {
  if (name === undefined || name === 'any') return {}
  const number = Object.entries(IP_PROTOCOL).find(([each]) => each === name)?.[1] ?? Number(name)
  return Number.isInteger(number) && number >= 0 && number <= 255
    ? { protocols: [number] }
    : undefined
}

function readEnd(section: XmlRpcValue | undefined): EndpointRule | undefined {
  if (!isStruct(section)) return undefined
  const where = readWhere(section)
  if (where === undefined) return undefined
  const not = 'not' in section ? { not: true } : {}
  const port = textIn(section, 'port')
  if (port === undefined) return { where, ...not }
  const range = readPorts(port)
  return range === undefined ? undefined : { where, ...not, ports: [range] }
}

function readPorts(text: string): PortRange | undefined {
  const [, from, to = from] = /^(\d{1,5})(?:[-:](\d{1,5}))?$/.exec(text) ?? []
  return from === undefined ? undefined : { from: Number(from), to: Number(to) }
}

function readWhere(section: XmlRpcStruct): Where | undefined {
  if ('any' in section) return { kind: 'any' }
  const network = textIn(section, 'network')
  const named = /^\((.+)\)$/.exec(network ?? '')?.[1]
  if (named !== undefined)
    return named === 'self' ? { kind: 'self' } : { kind: 'interface', name: named }
  const text = textIn(section, 'address') ?? network
  if (text === undefined || text === '') return undefined
  const address = parseIpv4(text)
  if (address !== undefined) return { kind: 'address', address }
  const prefix = parseIpv4Prefix(text)
  return prefix === undefined ? { kind: 'alias', name: text } : { kind: 'network', prefix }
}
