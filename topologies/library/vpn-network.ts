import { OPENVPN_PORT } from '../../protocols/openvpn/wire.ts'
import type { FlowInput, TopologyInput } from '../document.ts'

/**
 * Remote access to the reference deployment. We only know that it has an OpenVPN server: the tunnel
 * network, the rules and the road warrior are our choice.
 */

type FirewallInput = NonNullable<TopologyInput['firewalls']>[number]
type HostInput = NonNullable<TopologyInput['hosts']>[number]

const TUNNEL_NETWORK = '10.20.200.0/24'
const WAN_VIP = '10.10.210.253'

/** The same on both nodes, as XMLRPC keeps it. */
export const openVpnServer: NonNullable<FirewallInput['openvpn']> = {
  virtualIp: WAN_VIP,
  tunnelNetwork: TUNNEL_NETWORK,
  localNetworks: ['10.10.110.0/24', '10.10.199.0/24'],
}

/** The rules that the wizard of OpenVPN adds: clients may come in, and may go anywhere. */
export const openVpnRules: NonNullable<FirewallInput['filter']>['rules'] = [
  {
    interface: 'WAN',
    protocol: 'udp',
    destination: WAN_VIP,
    destinationPort: OPENVPN_PORT,
    description: 'OpenVPN server 1',
  },
  { interface: 'OpenVPN', source: TUNNEL_NETWORK, description: 'OpenVPN server 1 wizard' },
]

/** Somebody at home, on a network of its own behind the WAN's router. */
export const roadWarrior: HostInput = {
  name: 'roadwarrior',
  nics: [{ name: 'eth0', macAddress: '02:00:5e:00:53:32' }],
  interfaces: [{ name: 'eth0', nic: 'eth0', address: '198.51.100.10/24', gateway: '198.51.100.1' }],
}

/** A network that has a WAN like the reference's, with an OpenVPN server and a road warrior. */
export function withOpenVpn(topology: TopologyInput): TopologyInput {
  return {
    ...topology,
    firewalls: (topology.firewalls ?? []).map((firewall) => ({
      ...firewall,
      openvpn: openVpnServer,
      ...(firewall.filter === undefined
        ? {}
        : {
            filter: {
              ...firewall.filter,
              rules: [...(firewall.filter.rules ?? []), ...(openVpnRules ?? [])],
            },
          }),
    })),
    hosts: [
      ...(topology.hosts ?? []).map((host) =>
        host.name === 'wan-router' ? withLinkTo(host, roadWarrior.name) : host,
      ),
      roadWarrior,
    ],
  }
}

function withLinkTo(router: HostInput, node: string): HostInput {
  return {
    ...router,
    nics: [
      ...(router.nics ?? []),
      {
        name: 'eth2',
        macAddress: '02:00:5e:00:53:23',
        connectedTo: { node, nic: 'eth0' },
      },
    ],
    interfaces: [
      ...(router.interfaces ?? []),
      { name: 'eth2', nic: 'eth2', address: '198.51.100.1/24' },
    ],
  }
}

/** A road warrior who watches the server through the tunnel. */
export const vpnFlow: FlowInput = {
  name: 'vpn',
  kind: 'openvpn',
  from: roadWarrior.name,
  server: WAN_VIP,
  to: '10.10.110.10',
}
