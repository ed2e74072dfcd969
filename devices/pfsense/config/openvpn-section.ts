import { bytesToUtf8 } from '@noble/ciphers/utils.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { SECOND_NS } from '../../../engine/time.ts'
import {
  formatIpv4,
  formatIpv4Prefix,
  maskOf,
  parseIpv4Prefix,
} from '../../../protocols/addresses.ts'
import { fromBase64, toBase64 } from '../../../protocols/http/basic-auth.ts'
import type { XmlRpcStruct, XmlRpcValue } from '../../../protocols/xmlrpc/value.ts'
import { firstAddressOf, type OpenVpnSettings } from '../openvpn-server.ts'
import type { Configuration, ConfiguredServer, OpenVpnTimings } from './configuration.ts'
import { listIn, numberIn, textIn } from './section-values.ts'
import { findVirtualIp, uniqidOf } from './virtual-ip-section.ts'

/** The section `openvpn` of config.xml: servers for road warriors on virtual IPs. */

const DAY_SECONDS = 86_400
/** The prefix lengths of tunnel networks whose client addresses can be counted. */
const TUNNEL_LENGTHS = { from: 16, to: 29 }

// --- Between the configuration and what runs ---------------------------------------------------

export function configuredServer(
  configuration: Pick<Configuration, 'interfaces' | 'virtualIps'>,
  { startDurationNs, authenticationNs, handshakeWindowNs, ...settings }: OpenVpnSettings,
): ConfiguredServer {
  const { interface: on, vhid, address, ...server } = settings
  return { ...server, virtualIp: uniqidOf(configuration, { interface: on, vhid }) }
}

/** @returns undefined where there is no such virtual IP: nothing can be bound to it (L30) */
export function openVpnSettingsOf(
  configuration: Configuration,
  timings: OpenVpnTimings,
): OpenVpnSettings | undefined {
  const [configured] = configuration.openVpnServers
  if (configured === undefined) return undefined
  const { virtualIp, ...server } = configured
  const found = findVirtualIp(configuration, virtualIp)
  if (found === undefined) return undefined
  const { interface: on, vhid, address } = found
  return { ...server, ...timings, interface: on, vhid, address: address.address }
}

// --- To the section ----------------------------------------------------------------------------

export function openVpnSection(configuration: Configuration): XmlRpcStruct {
  const servers = configuration.openVpnServers.map((server, at) =>
    serverSection(configuration, server, at + 1),
  )
  return servers.length === 0 ? {} : { 'openvpn-server': servers }
}

function serverSection(
  configuration: Configuration,
  server: ConfiguredServer,
  vpnid: number,
): XmlRpcStruct {
  const { address } = findVirtualIp(configuration, server.virtualIp) ?? {}
  const { address: own, length } = server.tunnel
  const network = { address: (own & maskOf(length)) >>> 0, length }
  return {
    vpnid: String(vpnid),
    mode: 'server_tls',
    protocol: 'UDP4',
    dev_mode: 'tun',
    interface: `_vip${server.virtualIp}`,
    ipaddr: address === undefined ? '' : formatIpv4(address.address),
    local_port: String(server.port),
    // In place of certificates and passwords, for which it stands.
    tls: toBase64(utf8ToBytes(server.secret)),
    tunnel_network: formatIpv4Prefix(network),
    local_network: server.routes.map(formatIpv4Prefix).join(','),
    ping_method: 'keepalive',
    keepalive_interval: String(server.keepaliveIntervalNs / SECOND_NS),
    keepalive_timeout: String(server.keepaliveTimeoutNs / SECOND_NS),
    exit_notify: server.exitNotify ? '1' : 'none',
  }
}

// --- From the section --------------------------------------------------------------------------

/** The servers that a section holds; one that makes no sense never starts. */
export function readOpenVpnSection(section: XmlRpcValue): ConfiguredServer[] {
  return listIn(section, 'openvpn-server').flatMap((each) => readServer(each) ?? [])
}

function readServer(section: XmlRpcStruct): ConfiguredServer | undefined {
  const virtualIp = /^_vip(.+)$/.exec(textIn(section, 'interface') ?? '')?.[1]
  const port = numberIn(section, 'local_port', 1, 65_535)
  const network = parseIpv4Prefix(textIn(section, 'tunnel_network') ?? '')
  const interval = numberIn(section, 'keepalive_interval', 1, DAY_SECONDS)
  const timeout = numberIn(section, 'keepalive_timeout', 1, DAY_SECONDS)
  const secret = fromBase64(textIn(section, 'tls') ?? '')
  if (virtualIp === undefined || port === undefined || network === undefined) return undefined
  if (interval === undefined || timeout === undefined || secret === undefined) return undefined
  const { length } = network
  if (length < TUNNEL_LENGTHS.from || length > TUNNEL_LENGTHS.to) return undefined
  if ('disable' in section) return undefined
  const networks = (textIn(section, 'local_network') ?? '').split(',')
  return {
    virtualIp,
    port,
    tunnel: { address: firstAddressOf(network), length },
    routes: networks.flatMap((text) => parseIpv4Prefix(text) ?? []),
    keepaliveIntervalNs: interval * SECOND_NS,
    keepaliveTimeoutNs: timeout * SECOND_NS,
    exitNotify: textIn(section, 'exit_notify') === '1',
    secret: bytesToUtf8(secret),
  }
}
