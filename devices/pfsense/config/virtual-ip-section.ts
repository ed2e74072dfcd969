import { formatIpv4, parseIpv4Prefix } from '../../../protocols/addresses.ts'
import type { XmlRpcStruct, XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import type { VirtualIp } from '../../freebsd/carp/service.ts'
import { type Configuration, interfaceIdOf, interfaceNameOf } from './configuration.ts'
import { listIn, numberIn, textIn } from './section-values.ts'

/** The section `virtualip` of config.xml: the virtual IPs of CARP. */

type Assignment = Pick<Configuration, 'interfaces'>
type VirtualIps = Pick<Configuration, 'interfaces' | 'virtualIps'>

/** An incoming advskew is that of the primary and so much more, at most 254. */
const ADVSKEW_OFFSET = 100
const ADVSKEW_LIMIT = 254

// --- By what others name them ------------------------------------------------------------------

/**
 * The id that `_vip…` of other sections refers to. pfSense draws it when the virtual IP is made.
 * Here it follows from interface and VHID, so that nodes agree on it even if their virtual IPs were
 * made by hand.
 */
export function uniqidOf(
  assignment: Assignment,
  { interface: on, vhid }: Pick<VirtualIp, 'interface' | 'vhid'>,
): string {
  return `carp${vhid}${interfaceIdOf(assignment, on) ?? ''}`
}

export function findVirtualIp(configuration: VirtualIps, uniqid: string): VirtualIp | undefined {
  return configuration.virtualIps.find((each) => uniqidOf(configuration, each) === uniqid)
}

// --- To the section ----------------------------------------------------------------------------

/** backup_vip_config_section: the skew is rewritten by the sender, from its own, at every sync. */
export function virtualIpSection(configuration: VirtualIps): XmlRpcStruct {
  const vip = configuration.virtualIps.map((each) => ({
    mode: 'carp',
    interface: interfaceIdOf(configuration, each.interface) ?? '',
    vhid: String(each.vhid),
    advskew: Math.min(each.advskew + ADVSKEW_OFFSET, ADVSKEW_LIMIT),
    advbase: Math.min(each.advbaseSeconds, ADVSKEW_LIMIT),
    password: each.password,
    uniqid: uniqidOf(configuration, each),
    descr: each.description,
    type: 'single',
    subnet: formatIpv4(each.address.address),
    subnet_bits: String(each.address.length),
  }))
  return { vip }
}

// --- From the section --------------------------------------------------------------------------

/** A VIP on an interface that is not assigned here is passed over, as interface_carp_configure does. */
export function readVirtualIpSection(assignment: Assignment, section: XmlRpcValue): VirtualIp[] {
  return listIn(section, 'vip').flatMap((vip) => {
    const on = interfaceNameOf(assignment, textIn(vip, 'interface') ?? '')
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
