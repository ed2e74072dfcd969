import { formatIpv4Prefix, parseIpv4Prefix } from '../../../protocols/addresses.ts'
import { isStruct, type XmlRpcStruct, type XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import type { Aliases } from '../../freebsd/pf/rule.ts'
import type { Configuration } from './configuration.ts'
import { natSection, readNatSection } from './nat-section.ts'
import { openVpnSection, readOpenVpnSection } from './openvpn-section.ts'
import { filterSection, readFilterSection } from './rule-section.ts'
import { listIn, textIn } from './section-values.ts'
import { readVirtualIpSection, virtualIpSection } from './virtual-ip-section.ts'

/** Sections of config.xml as XML-RPC carries them from node to node (rc.filter_synchronize). */

/** The boxes of System > High Avail. Sync that have a counterpart here. */
export interface SyncedSections {
  readonly users: boolean
  readonly certificates: boolean
  readonly rules: boolean
  readonly aliases: boolean
  readonly nat: boolean
  readonly openvpn: boolean
  readonly virtualIps: boolean
}

/** Users and groups stand below this one. */
const SYSTEM_SECTIONS = ['user', 'group']

/** The names of the sections that the ticked boxes stand for, in the order of the script. */
export function namesOfSections(ticked: SyncedSections): string[] {
  const chosen: [boolean, string[]][] = [
    [ticked.rules, ['filter']],
    [ticked.nat, ['nat']],
    [ticked.aliases, ['aliases']],
    [ticked.virtualIps, ['virtualip']],
    [ticked.openvpn, ['openvpn']],
    // A server of OpenVPN is nothing without its certificates.
    [ticked.certificates || ticked.openvpn, ['cert', 'ca', 'crl']],
    [ticked.users, ['user', 'group']],
    [ticked.rules, ['schedules']],
  ]
  return chosen.flatMap(([isTicked, names]) => (isTicked ? names : []))
}

// --- To be sent --------------------------------------------------------------------------------

export function sectionsToSend(
  configuration: Configuration,
  names: readonly string[],
): XmlRpcStruct {
  const sections: Record<string, XmlRpcValue> = {}
  const system: Record<string, XmlRpcValue> = {}
  for (const name of names) {
    const isSystem = SYSTEM_SECTIONS.includes(name)
    ;(isSystem ? system : sections)[name] = sectionOf(configuration, name)
  }
  return Object.keys(system).length === 0 ? sections : { ...sections, system }
}

function sectionOf(configuration: Configuration, name: string): XmlRpcValue {
  switch (name) {
    case 'filter':
      return filterSection(configuration)
    case 'nat':
      return natSection(configuration)
    case 'aliases':
      return aliasesSection(configuration.aliases)
    case 'virtualip':
      return virtualIpSection(configuration)
    case 'openvpn':
      return openVpnSection(configuration)
    default:
      return configuration.others.get(name) ?? {}
  }
}

function aliasesSection(aliases: Aliases): XmlRpcStruct {
  const alias = [...aliases].map(([name, prefixes]) => ({
    name,
    type: 'network',
    address: prefixes.map(formatIpv4Prefix).join(' '),
  }))
  return { alias }
}

// --- As received -------------------------------------------------------------------------------

/** Puts sections that came in the place of one's own; what is not among them stays. */
export function mergeSections(configuration: Configuration, sections: XmlRpcStruct): Configuration {
  const { filter, nat, aliases, virtualip, openvpn, system, ...others } = sections
  return {
    ...configuration,
    ...(filter === undefined ? {} : readFilterSection(configuration, filter)),
    ...(nat === undefined ? {} : readNatSection(configuration, nat)),
    ...(aliases === undefined ? {} : { aliases: readAliases(aliases) }),
    ...(virtualip === undefined
      ? {}
      : { virtualIps: readVirtualIpSection(configuration, virtualip) }),
    ...(openvpn === undefined ? {} : { openVpnServers: readOpenVpnSection(openvpn) }),
    others: new Map([
      ...configuration.others,
      ...Object.entries(others),
      ...(isStruct(system) ? Object.entries(system) : []),
    ]),
  }
}

function readAliases(section: XmlRpcValue): Aliases {
  return new Map(
    listIn(section, 'alias').map((alias) => {
      const addresses = (textIn(alias, 'address') ?? '').split(' ')
      const prefixes = addresses.flatMap(
        (text) => parseIpv4Prefix(text.includes('/') ? text : `${text}/32`) ?? [],
      )
      return [textIn(alias, 'name') ?? '', prefixes] as const
    }),
  )
}
