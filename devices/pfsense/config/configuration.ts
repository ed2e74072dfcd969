import type { XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import type { VirtualIp } from '../../freebsd/carp/service.ts'
import { OPENVPN_TAB, type OpenVpnSettings } from '../openvpn-server.ts'
import type { ConfiguredFilter } from '../pf-configuration.ts'

/**
 * The configuration of a pfSense node, `/conf/config.xml`, as far as it can be synchronised. It is
 * a value: who changes it makes another one. It survives reboots.
 */
export interface Configuration extends ConfiguredFilter {
  /** The revision of its format (`version`): nodes whose revisions differ do not synchronise. */
  readonly version: string
  /** Names of the interfaces, in the order of their assignment: WAN, LAN, OPT1 … */
  readonly interfaces: readonly string[]
  readonly virtualIps: readonly VirtualIp[]
  /** The first one runs. */
  readonly openVpnServers: readonly ConfiguredServer[]
  /** Sections that nothing here looks into, by their names: `user`, `cert`, `schedules` … */
  readonly others: ReadonlyMap<string, XmlRpcValue>
}

/** The fields of an OpenVPN server that belong to the machine that it runs on. */
export type OpenVpnTimings = Pick<
  OpenVpnSettings,
  'startDurationNs' | 'authenticationNs' | 'handshakeWindowNs'
>

/** An OpenVPN server as it is configured. Its address follows from the virtual IPs. */
export interface ConfiguredServer
  extends Omit<OpenVpnSettings, keyof OpenVpnTimings | 'interface' | 'vhid' | 'address'> {
  /** The `uniqid` of the virtual IP that it is bound to. */
  readonly virtualIp: string
}

// --- Interfaces by their internal names --------------------------------------------------------

type Assignment = Pick<Configuration, 'interfaces'>

/** config.xml knows interfaces by the order of their assignment only. */
export function interfaceIdOf({ interfaces }: Assignment, name: string): string | undefined {
  if (name === OPENVPN_TAB) return OPENVPN_ID
  const at = interfaces.indexOf(name)
  if (at === -1) return undefined
  return FIRST_IDS[at] ?? `opt${at - FIRST_IDS.length + 1}`
}

/** The other way round, on the node that asks: another one may have assigned it otherwise. */
export function interfaceNameOf({ interfaces }: Assignment, id: string): string | undefined {
  if (id === OPENVPN_ID) return OPENVPN_TAB
  const first = FIRST_IDS.indexOf(id)
  if (first !== -1) return interfaces[first]
  const number = /^opt([1-9]\d{0,3})$/.exec(id)?.[1]
  return number === undefined ? undefined : interfaces[FIRST_IDS.length + Number(number) - 1]
}

const FIRST_IDS: readonly string[] = ['wan', 'lan']
/** The name of the group of all OpenVPN interfaces, which nobody assigns. */
const OPENVPN_ID = 'openvpn'

// --- The configuration of a new node -----------------------------------------------------------

/** Sections as a fresh pfSense has them; the certificate stands for that of the GUI. */
export const FACTORY_SECTIONS: ReadonlyMap<string, XmlRpcValue> = new Map<string, XmlRpcValue>([
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
