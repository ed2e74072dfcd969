import { formatIpv4, parseIpv4 } from '../../../protocols/addresses.ts'
import { isStruct, type XmlRpcStruct, type XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import type { ConfiguredFilter } from '../pf-configuration.ts'
import type { ForwardedPort, MappedSource, OwnAddress } from '../user-nat.ts'
import { type Configuration, interfaceIdOf, interfaceNameOf } from './configuration.ts'
import {
  endSection,
  formatPorts,
  formatWhere,
  parsePorts,
  parseWhere,
  portSection,
  readEnd,
  readPorts,
} from './rule-ends.ts'
import { box, listIn, numberIn, textIn } from './section-values.ts'

/** The section `nat` of config.xml: outbound NAT (`outbound`) and port forwards (`rule`). */

type NatPart = Pick<ConfiguredFilter, 'outboundNat' | 'portForwards'>
type MappedOn = NatPart['outboundNat']['rules'][number]
type ForwardOn = NatPart['portForwards'][number]

const MODES = ['automatic', 'hybrid', 'advanced', 'disabled'] as const

// --- To the section ----------------------------------------------------------------------------

export function natSection(configuration: Configuration): XmlRpcStruct {
  const { outboundNat, portForwards } = configuration
  const idOf = (name: string): string => interfaceIdOf(configuration, name) ?? ''
  return {
    outbound: {
      mode: outboundNat.mode,
      rule: outboundNat.rules.map((rule) => mappedSection(rule, idOf(rule.interface))),
    },
    rule: portForwards.map((forward) => forwardSection(forward, idOf(forward.interface))),
  }
}

/** The target is empty for the address of the interface. */
function mappedSection({ source, target }: MappedSource, on: string): XmlRpcStruct {
  return {
    interface: on,
    source: { network: formatWhere(source.where), ...box('not', source.not) },
    ...portSection('sourceport', source.ports),
    destination: { any: '' },
    ...(target === 'interface'
      ? { target: '', target_subnet: '' }
      : { target: formatIpv4(target), target_subnet: '32' }),
  }
}

function forwardSection(forward: ForwardedPort, on: string): XmlRpcStruct {
  const { protocols, source, destination, ports, target, targetPort } = forward
  const own: XmlRpcStruct =
    destination === 'interface'
      ? { network: addressIdOf(on) }
      : { address: formatIpv4(destination) }
  return {
    interface: on,
    ipprotocol: 'inet',
    protocol: protocols.join('/'),
    source: endSection(source),
    destination: { ...own, port: formatPorts(ports) },
    target: formatIpv4(target),
    'local-port': String(targetPort),
    descr: forward.description,
    'associated-rule-id': forward.associatedRuleId,
  }
}

/** `wanip`: the address of an interface, without its virtual ones. */
function addressIdOf(id: string): string {
  return `${id}ip`
}

// --- From the section --------------------------------------------------------------------------

/** A mode that makes no sense is that of a fresh pfSense; rules that make none apply to nothing. */
export function readNatSection(configuration: Configuration, section: XmlRpcValue): NatPart {
  const outbound = isStruct(section) ? section.outbound : undefined
  const text = isStruct(outbound) ? textIn(outbound, 'mode') : undefined
  return {
    outboundNat: {
      mode: MODES.find((each) => each === text) ?? 'automatic',
      rules: listIn(outbound, 'rule').flatMap((each) => readMapped(configuration, each) ?? []),
    },
    portForwards: listIn(section, 'rule').flatMap((each) => readForward(configuration, each) ?? []),
  }
}

function readMapped(configuration: Configuration, section: XmlRpcStruct): MappedOn | undefined {
  const { source, destination } = section
  const id = textIn(section, 'interface') ?? ''
  const on = interfaceNameOf(configuration, id)
  const where = isStruct(source) ? parseWhere(textIn(source, 'network') ?? '') : undefined
  const ports = readPorts(section, 'sourceport')
  const target = readOwnAddress(textIn(section, 'target') ?? '', id)
  if (on === undefined || where === undefined || ports === undefined) return undefined
  // A rule for some destinations only, or one that skips others, cannot be made here.
  const isForAll = isStruct(destination) && 'any' in destination && !('dstport' in section)
  if (target === undefined || !isForAll) return undefined
  if ('disabled' in section || 'nonat' in section) return undefined
  const not = isStruct(source) && 'not' in source ? { not: true } : {}
  return { interface: on, source: { where, ...not, ...ports }, target }
}

function readForward(configuration: Configuration, section: XmlRpcStruct): ForwardOn | undefined {
  const id = textIn(section, 'interface') ?? ''
  const on = interfaceNameOf(configuration, id)
  const protocols = readProtocols(textIn(section, 'protocol'))
  const source = readEnd(section.source)
  const { destination } = section
  const ports = isStruct(destination) ? parsePorts(textIn(destination, 'port') ?? '') : undefined
  const own = isStruct(destination) ? readDestination(destination, id) : undefined
  const target = parseIpv4(textIn(section, 'target') ?? '')
  const targetPort = numberIn(section, 'local-port', 1, 65_535)
  if (on === undefined || protocols === undefined || source === undefined) return undefined
  if (ports === undefined || own === undefined) return undefined
  if (target === undefined || targetPort === undefined) return undefined
  if ('disabled' in section || 'nordr' in section) return undefined
  return {
    interface: on,
    protocols,
    source,
    destination: own,
    ports,
    target,
    targetPort,
    description: textIn(section, 'descr') ?? '',
    associatedRuleId: textIn(section, 'associated-rule-id') ?? '',
  }
}

function readProtocols(text: string | undefined): ForwardedPort['protocols'] | undefined {
  if (text === 'tcp' || text === 'udp') return [text]
  return text === 'tcp/udp' ? ['tcp', 'udp'] : undefined
}

function readDestination(section: XmlRpcStruct, id: string): OwnAddress | undefined {
  if ('not' in section) return undefined
  const text = textIn(section, 'address') ?? textIn(section, 'network') ?? ''
  return text === '' ? undefined : readOwnAddress(text, id)
}

function readOwnAddress(text: string, id: string): OwnAddress | undefined {
  return text === '' || text === addressIdOf(id) ? 'interface' : parseIpv4(text)
}
