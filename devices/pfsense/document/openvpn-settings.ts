import { SECOND_NS } from '../../../engine/time.ts'
import { ipv4, nanoseconds, prefix } from '../../../schema/values.ts'
import { firstAddressOf, type OpenVpnSettings } from '../openvpn-server.ts'
import type { PfSenseDocument } from './firewall.ts'

/** The OpenVPN server of a firewall; undefined where the document has none. */
export function openVpnSettingsOf({
  openvpn,
  virtualIps,
}: PfSenseDocument): OpenVpnSettings | undefined {
  if (openvpn === undefined) return undefined
  const address = ipv4(openvpn.virtualIp)
  const virtualIp = virtualIps.find((each) => prefix(each.address).address === address)
  if (virtualIp === undefined) return undefined
  const network = prefix(openvpn.tunnelNetwork)
  return {
    interface: virtualIp.interface,
    vhid: virtualIp.vhid,
    address,
    port: openvpn.port,
    tunnel: { address: firstAddressOf(network), length: network.length },
    routes: openvpn.localNetworks.map(prefix),
    keepaliveIntervalNs: openvpn.keepaliveInterval * SECOND_NS,
    keepaliveTimeoutNs: openvpn.keepaliveTimeout * SECOND_NS,
    exitNotify: openvpn.exitNotify,
    startDurationNs: nanoseconds(openvpn.startDuration),
    authenticationNs: nanoseconds(openvpn.authentication),
    handshakeWindowNs: nanoseconds(openvpn.handshakeWindow),
    secret: openvpn.secret,
  }
}
