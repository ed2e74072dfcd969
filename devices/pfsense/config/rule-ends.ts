import { assert } from '../../../engine/assert.ts'
import {
  formatIpv4,
  formatIpv4Prefix,
  parseIpv4,
  parseIpv4Prefix,
} from '../../../protocols/addresses.ts'
import { isStruct, type XmlRpcStruct, type XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import type { EndpointRule, PortRange, Where } from '../../freebsd/pf/rule.ts'
import { box, textIn } from './section-values.ts'

/** `source` and `destination` of rules in config.xml, and what stands for addresses and ports. */

/** The highest port there is. */
const PORT_LIMIT = 65_535

// --- To the section ----------------------------------------------------------------------------

export function endSection({ where, not, ports }: EndpointRule): XmlRpcStruct {
  return { ...whereSection(where), ...box('not', not), ...portSection('port', ports) }
}

export function portSection(
  name: string,
  ports: readonly PortRange[] | undefined,
): Record<string, string> {
  const [range] = ports ?? []
  // More would take an alias of ports, which nobody can make.
  assert((ports?.length ?? 1) === 1, 'the GUI has one range of ports for each end of a rule')
  return range === undefined ? {} : { [name]: formatPorts(range) }
}

export function formatPorts({ from, to }: PortRange): string {
  return from === to ? String(from) : `${from}-${to}`
}

function whereSection(where: Where): XmlRpcStruct {
  switch (where.kind) {
    case 'any':
      return { any: '' }
    case 'network':
    case 'address':
    case 'alias':
      return { address: formatWhere(where) }
    case 'self':
    case 'interface':
      return { network: formatWhere(where) }
  }
}

/** An end as one text, as outbound NAT has it. */
export function formatWhere(where: Where): string {
  switch (where.kind) {
    case 'any':
      return 'any'
    case 'network':
      return formatIpv4Prefix(where.prefix)
    case 'address':
      return formatIpv4(where.address)
    case 'alias':
      return where.name
    case 'self':
      return '(self)'
    case 'interface':
      return `(${where.name})`
  }
}

// --- From the section --------------------------------------------------------------------------

export function readEnd(section: XmlRpcValue | undefined): EndpointRule | undefined {
  if (!isStruct(section)) return undefined
  const where = 'any' in section ? parseWhere('any') : readWhere(section)
  const ports = readPorts(section, 'port')
  if (where === undefined || ports === undefined) return undefined
  return { where, ...('not' in section ? { not: true } : {}), ...ports }
}

function readWhere(section: XmlRpcStruct): Where | undefined {
  return parseWhere(textIn(section, 'address') ?? textIn(section, 'network') ?? '')
}

/** @returns undefined for what are no ports; nothing at all is every port */
export function readPorts(
  section: XmlRpcStruct,
  name: string,
): Pick<EndpointRule, 'ports'> | undefined {
  const text = textIn(section, name) ?? ''
  if (text === '') return {}
  const range = parsePorts(text)
  return range === undefined ? undefined : { ports: [range] }
}

export function parsePorts(text: string): PortRange | undefined {
  const [, first, last = first] = /^(\d{1,5})(?:[-:](\d{1,5}))?$/.exec(text) ?? []
  const [from, to] = [Number(first), Number(last)]
  return first !== undefined && from <= to && to <= PORT_LIMIT ? { from, to } : undefined
}

export function parseWhere(text: string): Where | undefined {
  if (text === '') return undefined
  if (text === 'any') return { kind: 'any' }
  const named = /^\((.+)\)$/.exec(text)?.[1]
  if (named !== undefined)
    return named === 'self' ? { kind: 'self' } : { kind: 'interface', name: named }
  const address = parseIpv4(text)
  if (address !== undefined) return { kind: 'address', address }
  const prefix = parseIpv4Prefix(text)
  return prefix === undefined ? { kind: 'alias', name: text } : { kind: 'network', prefix }
}
