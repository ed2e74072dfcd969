import { formatIpv4, formatIpv4Prefix, parseIpv4Prefix } from '../../../protocols/addresses.ts'
import { isStruct, type XmlRpcStruct, type XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import type { VirtualIp } from '../carp-service.ts'
import type { Aliases } from '../pf/rule.ts'
import { type Configuration, interfaceIdOf, interfaceNameOf } from './configuration.ts'
import { filterSection, listIn, readFilterSection, textIn } from './rule-section.ts'

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

/** An incoming advskew is that of the primary and so much more, at most 254. */
const ADVSKEW_OFFSET = 100
const ADVSKEW_LIMIT = 254
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
  if (name === 'filter') return filterSection(configuration)
  if (name === 'aliases') return aliasesSection(configuration.aliases)
  if (name === 'virtualip') return virtualIpSection(configuration)
  return configuration.others.get(name) ?? {}
}

function aliasesSection(aliases: Aliases): XmlRpcStruct {
  const alias = [...aliases].map(([name, prefixes]) => ({
    name,
    type: 'network',
    address: prefixes.map(formatIpv4Prefix).join(' '),
  }))
  return { alias }
}

/** backup_vip_config_section: the skew is rewritten by the sender, from its own, at every sync. */
function virtualIpSection(configuration: Configuration): XmlRpcStruct {
  const vip = configuration.virtualIps.map((each) => ({
    mode: 'carp',
    interface: interfaceIdOf(configuration, each.interface) ?? '',
    vhid: String(each.vhid),
    advskew: Math.min(each.advskew + ADVSKEW_OFFSET, ADVSKEW_LIMIT),
    advbase: Math.min(each.advbaseSeconds, ADVSKEW_LIMIT),
    password: each.password,
    uniqid: `carp${each.vhid}`,
    descr: each.description,
    type: 'single',
    subnet: formatIpv4(each.address.address),
    subnet_bits: String(each.address.length),
  }))
  return { vip }
}

// --- As received -------------------------------------------------------------------------------

/** Puts sections that came in the place of one's own; what is not among them stays. */
export function mergeSections(configuration: Configuration, sections: XmlRpcStruct): Configuration {
  const { filter, aliases, virtualip, system, ...others } = sections
  return {
    ...configuration,
    ...(filter === undefined ? {} : { rules: readFilterSection(configuration, filter) }),
    ...(aliases === undefined ? {} : { aliases: readAliases(aliases) }),
    ...(virtualip === undefined ? {} : { virtualIps: readVirtualIps(configuration, virtualip) }),
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

/** A VIP on an interface that is not assigned here is passed over, as interface_carp_configure does. */
function readVirtualIps(configuration: Configuration, section: XmlRpcValue): VirtualIp[] {
  return listIn(section, 'vip').flatMap((vip) => {
    const on = interfaceNameOf(configuration, textIn(vip, 'interface') ?? '')
    const address = parseIpv4Prefix(`${textIn(vip, 'subnet')}/${textIn(vip, 'subnet_bits')}`)
    const vhid = numberIn(vip, 'vhid', 1, 255)
    const advskew = numberIn(vip, 'advskew', 0, ADVSKEW_LIMIT)
    const advbaseSeconds = numberIn(vip, 'advbase', 1, 254)
    if (on === undefined || address === undefined || vhid === undefined) return []
    if (advskew === undefined || advbaseSeconds === undefined) return []
    const password = textIn(vip, 'password') ?? ''
    const description = textIn(vip, 'descr') ?? ''
    return [{ interface: on, vhid, address, description, password, advbaseSeconds, advskew }]
  })
}

function numberIn(
  struct: XmlRpcStruct,
  name: string,
  from: number,
  to: number,
): number | undefined {
  const text = textIn(struct, name) ?? ''
  const value = Number(text)
  return /^\d{1,9}$/.test(text) && value >= from && value <= to ? value : undefined
}
