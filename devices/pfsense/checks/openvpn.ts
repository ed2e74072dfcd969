import { inPrefix, parseIpv4, parseIpv4Prefix } from '../../../protocols/addresses.ts'
import type { CheckContext } from '../../../schema/check-context.ts'
import type { Path } from '../../../schema/problem.ts'
import { either } from '../../../schema/suggest.ts'
import type { PfSenseDocument } from '../document/firewall.ts'
import { OPENVPN_TAB } from '../openvpn-server.ts'

/** The OpenVPN server of a firewall: it is bound to one of its virtual IPs. */

type Server = NonNullable<PfSenseDocument['openvpn']>

export function checkOpenVpn(context: CheckContext, firewall: PfSenseDocument, path: Path): void {
  if (firewall.openvpn !== undefined) checkServer(context, firewall, firewall.openvpn, path)
}

function checkServer(
  context: CheckContext,
  firewall: PfSenseDocument,
  server: Server,
  path: Path,
): void {
  const here = [...path, 'openvpn']
  const virtualIps = firewall.virtualIps.map(({ address }) => address.replace(/\/.*/, ''))
  if (!virtualIps.includes(server.virtualIp)) {
    const wanted = virtualIps.length === 0 ? 'one, but it has none' : either(virtualIps)
    context.report(
      [...here, 'virtualIp'],
      `${server.virtualIp} is no virtual IP of ${firewall.name}; expected ${wanted}`,
    )
  }
  checkTunnelNetwork(context, firewall, server, [...here, 'tunnelNetwork'])
  for (const [index, network] of server.localNetworks.entries()) {
    if (!holds(network, server.virtualIp)) continue
    context.report(
      [...here, 'localNetworks', index],
      `${network} holds ${server.virtualIp}, where the clients connect to; expected a network that does not`,
    )
  }
  if (server.keepaliveTimeout < 2 * server.keepaliveInterval) {
    context.report(
      [...here, 'keepaliveTimeout'],
      `expected at least twice the keepaliveInterval (${server.keepaliveInterval}), got ${server.keepaliveTimeout}`,
    )
  }
  for (const [index, { name }] of firewall.interfaces.entries()) {
    if (name !== OPENVPN_TAB) continue
    context.report(
      [...path, 'interfaces', index, 'name'],
      `${OPENVPN_TAB} is the interface of the OpenVPN server; expected another name`,
    )
  }
}

function checkTunnelNetwork(
  context: CheckContext,
  { interfaces }: PfSenseDocument,
  { tunnelNetwork }: Server,
  path: Path,
): void {
  const tunnel = parseIpv4Prefix(tunnelNetwork)
  if (tunnel === undefined) return
  if (tunnel.length < 16 || tunnel.length > 29) {
    context.report(path, `expected a network from /16 to /29, got ${tunnelNetwork}`)
  }
  for (const { name, address } of interfaces) {
    const other = parseIpv4Prefix(address ?? '')
    if (other === undefined) continue
    if (inPrefix(other.address, tunnel) || inPrefix(tunnel.address, other)) {
      context.report(
        path,
        `${tunnelNetwork} overlaps the network of ${name} (${address}); expected one of its own`,
      )
    }
  }
}

function holds(network: string, ip: string): boolean {
  const prefix = parseIpv4Prefix(network)
  const address = parseIpv4(ip)
  return prefix !== undefined && address !== undefined && inPrefix(address, prefix)
}
