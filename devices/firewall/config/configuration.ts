import type { XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import type { VirtualIp } from '../carp-service.ts'
import { OPENVPN_TAB } from '../openvpn-server.ts'
import type { TabRule } from '../pf/generated-rules.ts'
import type { Aliases } from '../pf/rule.ts'

/**
 * The configuration of a pfSense node, `/conf/config.xml`, as far as it can be synchronised. It is
 * a value: who changes it makes another one. It survives reboots.
 */
export interface Configuration {
  /** The revision of its format (`version`): nodes whose revisions differ do not synchronise. */
  readonly version: string
  /** Names of the interfaces, in the order of their assignment: WAN, LAN, OPT1 … */
  readonly interfaces: readonly string[]
  /** Rules of the interface tabs, in their order. */
  readonly rules: readonly ConfiguredRule[]
  readonly aliases: Aliases
  readonly virtualIps: readonly VirtualIp[]
  /** Sections that nothing here looks into, by their names: `nat`, `openvpn`, `user`, `cert` … */
  readonly others: ReadonlyMap<string, XmlRpcValue>
}

export interface ConfiguredRule {
  /** The name of the interface whose tab it stands on. */
  readonly interface: string
  readonly rule: TabRule
}

// --- Interfaces by their internal names --------------------------------------------------------

/** config.xml knows interfaces by the order of their assignment only. */
export function interfaceIdOf({ interfaces }: Configuration, name: string): string | undefined {
  if (name === OPENVPN_TAB) return OPENVPN_ID
  const at = interfaces.indexOf(name)
  if (at === -1) return undefined
  return FIRST_IDS[at] ?? `opt${at - FIRST_IDS.length + 1}`
}

/** The other way round, on the node that asks: another one may have assigned it otherwise. */
export function interfaceNameOf({ interfaces }: Configuration, id: string): string | undefined {
  if (id === OPENVPN_ID) return OPENVPN_TAB
  const first = FIRST_IDS.indexOf(id)
  if (first !== -1) return interfaces[first]
  const number = /^opt([1-9]\d{0,3})$/.exec(id)?.[1]
  return number === undefined ? undefined : interfaces[FIRST_IDS.length + Number(number) - 1]
}

const FIRST_IDS: readonly string[] = ['wan', 'lan']
/** Of the group of all interfaces that OpenVPN makes, which nobody assigns. */
const OPENVPN_ID = 'openvpn'

// --- What every node starts with ---------------------------------------------------------------

/** Sections as a fresh pfSense has them; the certificate stands for that of the GUI. */
export const FACTORY_SECTIONS: ReadonlyMap<string, XmlRpcValue> = new Map<string, XmlRpcValue>([
  ['nat', { outbound: { mode: 'automatic' } }],
  ['openvpn', {}],
  ['schedules', {}],
  ['ca', []],
  ['cert', [{ refid: '66c5a3c08e4b1', descr: 'GUI default', type: 'server' }]],
  ['crl', []],
  [
    'user',
    [
      {
        name: 'admin',
        descr: 'System Administrator',
        scope: 'system',
        groupname: 'admins',
        uid: '0',
      },
    ],
  ],
  [
    'group',
    [
      { name: 'all', description: 'All Users', scope: 'system', gid: '1998' },
      { name: 'admins', description: 'System Administrators', scope: 'system', gid: '1999' },
    ],
  ],
])
