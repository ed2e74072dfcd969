import type { FlowInput, TopologyInput } from '../document.ts'
import { vpnFlow, withOpenVpn } from './vpn-network.ts'

/**
 * The reference deployment: two pfSense firewalls on one ESXi host, a network per trade behind
 * them, the management stations on a physical switch, and a router with one machine beyond it.
 *
 * VLAN numbers are the third octet of each network; 210 (WAN) and 100 (SYNC) are our choice, and so
 * are all that stands outside the firewalls and the server. MAC addresses tell who is who:
 * 00:50:56:01 and 02 are the firewalls, 00:50:56:11 and up the virtual machines, and
 * 02:00:5e:00:53 (the documentation range, made locally administered) all physical cards.
 */

type FirewallInput = NonNullable<TopologyInput['firewalls']>[number]
type HostInput = NonNullable<TopologyInput['hosts']>[number]
type EsxiHostInput = NonNullable<TopologyInput['esxiHosts']>[number]
type SwitchInput = NonNullable<TopologyInput['switches']>[number]

// --- The hypervisor and the switch -------------------------------------------------------------

const CARP_NEEDS = {
  promiscuousMode: 'accept',
  macChanges: 'accept',
  forgedTransmits: 'accept',
} as const

const esx1: EsxiHostInput = {
  name: 'esx1',
  vmnics: [
    {
      name: 'vmnic0',
      macAddress: '02:00:5e:00:53:01',
      connectedTo: { switch: 'sw1', port: 'Gi1/0/1' },
    },
  ],
  vswitches: [
    {
      name: 'vSwitch0',
      uplinks: ['vmnic0'],
      portGroups: [
        { name: 'WAN', vlanId: 210, security: CARP_NEEDS },
        { name: 'LAN-TRUNK', vlanId: 4095, security: CARP_NEEDS },
        { name: 'VLANSERVER', vlanId: 110 },
        { name: 'VLANCLIENT', vlanId: 120 },
        { name: 'VLANDMZ', vlanId: 140 },
        { name: 'VLANMGMT', vlanId: 199 },
        { name: 'VLANBACKUP', vlanId: 200 },
        // Not among the VLANs of the trunk: it never leaves the host.
        { name: 'SYNC', vlanId: 100 },
      ],
    },
  ],
}

const sw1: SwitchInput = {
  name: 'sw1',
  ports: [
    { name: 'Gi1/0/1', mode: 'trunk', allowedVlans: [110, 120, 140, 199, 200, 210] },
    { name: 'Gi1/0/2', mode: 'access', vlanId: 199 },
    { name: 'Gi1/0/3', mode: 'access', vlanId: 199 },
    { name: 'Gi1/0/4', mode: 'access', vlanId: 210 },
  ],
}

// --- The cluster -------------------------------------------------------------------------------

/** The deployment does not tell its rules: each inside network may go anywhere, and SYNC too. */
const INSIDE_NETWORKS = [
  ['VLANSERVER', '10.10.110.0/24'],
  ['VLANCLIENT', '10.10.120.0/24'],
  ['VLANDMZ', '10.10.140.0/24'],
  ['VLANMGMT', '10.10.199.0/24'],
  ['VLANBACKUP', '10.10.200.0/24'],
  ['SYNC', '172.29.100.0/24'],
] as const

function pfsense(number: 1 | 2): FirewallInput {
  const own = 250 + number
  const advskew = number === 1 ? 0 : 100
  const mac = (nic: number) => `00:50:56:0${number}:00:0${nic}`
  return {
    name: `pfsense${number}`,
    nics: [
      { name: 'vmx0', macAddress: mac(1), connectedTo: { esxiHost: 'esx1', portGroup: 'WAN' } },
      {
        name: 'vmx1',
        macAddress: mac(2),
        connectedTo: { esxiHost: 'esx1', portGroup: 'LAN-TRUNK' },
      },
      { name: 'vmx2', macAddress: mac(3), connectedTo: { esxiHost: 'esx1', portGroup: 'SYNC' } },
    ],
    interfaces: [
      { name: 'WAN', nic: 'vmx0', address: `10.10.210.${own}/24`, gateway: '10.10.210.1' },
      // No address: it only carries the VLANs.
      { name: 'LAN', nic: 'vmx1' },
      { name: 'VLANSERVER', nic: 'vmx1', vlanId: 110, address: `10.10.110.${own}/24` },
      { name: 'VLANCLIENT', nic: 'vmx1', vlanId: 120, address: `10.10.120.${own}/24` },
      { name: 'VLANDMZ', nic: 'vmx1', vlanId: 140, address: `10.10.140.${own}/24` },
      { name: 'VLANMGMT', nic: 'vmx1', vlanId: 199, address: `10.10.199.${own}/24` },
      { name: 'VLANBACKUP', nic: 'vmx1', vlanId: 200, address: `10.10.200.${own}/24` },
      { name: 'SYNC', nic: 'vmx2', address: `172.29.100.${own}/24` },
    ],
    virtualIps: [
      { interface: 'WAN', address: '10.10.210.253/24', description: 'CARP WAN' },
      { interface: 'VLANSERVER', address: '10.10.110.254/24', description: 'CARP SERVER' },
      { interface: 'VLANCLIENT', address: '10.10.120.254/24', description: 'CARP CLIENT' },
      // The wrong mask is the deployment's own.
      { interface: 'VLANDMZ', address: '10.10.140.254/32', description: 'CARP DMZ' },
      { interface: 'VLANMGMT', address: '10.10.199.254/24', description: 'CARP MGMT' },
      { interface: 'VLANBACKUP', address: '10.10.200.254/24', description: 'CARP BACKUP' },
    ].map((virtualIp, at) => ({
      ...virtualIp,
      vhid: at + 1,
      password: `carp-vhid-${at + 1}`,
      advskew,
    })),
    // The secondary synchronises nothing back: that would be a loop.
    ...(number === 1 ? { configSync: { to: '172.29.100.252' } } : {}),
    // No peer IP is set, so it is directed multicast.
    pfsync: { interface: 'SYNC' },
    filter: {
      // The id of node 1 is the deployment's; the id of node 2 is our choice.
      hostId: number === 1 ? '419f1e34' : '5b2c7d10',
      rules: INSIDE_NETWORKS.map(([on, network]) => ({
        interface: on,
        source: network,
        description: `Default allow ${on} to any`,
      })),
    },
  }
}

// --- The machines that it serves ---------------------------------------------------------------

function virtualMachine(
  name: string,
  os: 'windows' | 'linux',
  number: number,
  portGroup: string,
  network: string,
): HostInput {
  return {
    name,
    os,
    nics: [
      {
        name: 'eth0',
        macAddress: `00:50:56:${number}:00:01`,
        connectedTo: { esxiHost: 'esx1', portGroup },
      },
    ],
    interfaces: [
      { name: 'eth0', nic: 'eth0', address: `${network}.10/24`, gateway: `${network}.254` },
    ],
  }
}

function managementStation(
  name: string,
  os: 'windows' | 'linux',
  address: string,
  macAddress: string,
  port: string,
): HostInput {
  return {
    name,
    os,
    nics: [{ name: 'eth0', macAddress, connectedTo: { switch: 'sw1', port } }],
    interfaces: [{ name: 'eth0', nic: 'eth0', address, gateway: '10.10.199.254' }],
  }
}

// --- Beyond the WAN ----------------------------------------------------------------------------

const wanRouter: HostInput = {
  name: 'wan-router',
  forwarding: true,
  nics: [
    {
      name: 'eth0',
      macAddress: '02:00:5e:00:53:21',
      connectedTo: { switch: 'sw1', port: 'Gi1/0/4' },
    },
    {
      name: 'eth1',
      macAddress: '02:00:5e:00:53:22',
      connectedTo: { node: 'wan-host', nic: 'eth0' },
    },
  ],
  interfaces: [
    { name: 'eth0', nic: 'eth0', address: '10.10.210.1/24' },
    { name: 'eth1', nic: 'eth1', address: '203.0.113.1/24' },
  ],
  routes: [{ to: '10.10.0.0/16', via: '10.10.210.253' }],
}

const wanHost: HostInput = {
  name: 'wan-host',
  nics: [{ name: 'eth0', macAddress: '02:00:5e:00:53:31' }],
  interfaces: [{ name: 'eth0', nic: 'eth0', address: '203.0.113.10/24', gateway: '203.0.113.1' }],
}

// --- All together ------------------------------------------------------------------------------

/** With the remote access that the deployment has. */
export const referenceTopology: TopologyInput = withOpenVpn({
  esxiHosts: [esx1],
  switches: [sw1],
  firewalls: [pfsense(1), pfsense(2)],
  hosts: [
    virtualMachine('srv-server', 'windows', 11, 'VLANSERVER', '10.10.110'),
    virtualMachine('client1', 'linux', 12, 'VLANCLIENT', '10.10.120'),
    virtualMachine('dmz1', 'linux', 13, 'VLANDMZ', '10.10.140'),
    virtualMachine('backup1', 'linux', 14, 'VLANBACKUP', '10.10.200'),
    managementStation('mgmt-pc', 'windows', '10.10.199.10/24', '02:00:5e:00:53:11', 'Gi1/0/2'),
    managementStation('mgmt-linux', 'linux', '10.10.199.11/24', '02:00:5e:00:53:12', 'Gi1/0/3'),
    wanRouter,
    wanHost,
  ],
})

/** The ping of the reference, and the same from a Linux station, which does not wait for replies. */
export const referencePings: FlowInput[] = [
  { name: 'mgmt-ping', kind: 'windows-ping', from: 'mgmt-pc', to: '10.10.110.10' },
  { name: 'mgmt-linux-ping', kind: 'linux-ping', from: 'mgmt-linux', to: '10.10.110.10' },
]

/** When the reference's fault strikes: the seed draws one instant of a second, as a person would. */
export const REFERENCE_FAULT_AT = { from: '12s', to: '13s' }

/** Somebody types a key each second, and sees it echoed. */
export const sshFlow: FlowInput = {
  name: 'ssh',
  kind: 'tcp',
  from: 'mgmt-linux',
  to: '10.10.110.10',
  port: 22,
}

/** A file fetched in pieces, the next one as soon as the last is there and put away. */
export const downloadFlow: FlowInput = {
  name: 'download',
  kind: 'tcp',
  from: 'mgmt-linux',
  to: '10.10.110.10',
  port: 80,
  pattern: 'download',
  interval: '500ms',
  requestBytes: 120,
  responseBytes: 6_000,
}

/** A call between the management station and the server, 50 packets a second each way. */
export const voiceFlow: FlowInput = {
  name: 'voice',
  kind: 'udp',
  from: 'mgmt-linux',
  to: '10.10.110.10',
  codec: 'g729',
}

/**
 * Flows that show whether states are synchronised: without it the sessions die and the call does
 * not.
 */
export const statefulFlows: FlowInput[] = [sshFlow, downloadFlow, voiceFlow]

/**
 * All flows of the reference run. The download pauses longer and the call has fewer and larger
 * packets than elsewhere, so that all captures of the run take less than 15 MB.
 */
export const referenceFlows: FlowInput[] = [
  ...referencePings,
  sshFlow,
  { ...downloadFlow, interval: '2s' },
  { ...voiceFlow, interval: '30ms' },
  vpnFlow,
]

/** The same network with state synchronisation switched off on both nodes, and nothing else. */
export const withoutPfsync: TopologyInput = {
  ...referenceTopology,
  firewalls: (referenceTopology.firewalls ?? []).map((firewall) => ({
    ...firewall,
    pfsync: { interface: 'SYNC', enabled: false },
  })),
}

/** The networks that NAT is for. Never any: the firewalls themselves would go by the VIP too. */
const NAT_TO_VIRTUAL_IP = INSIDE_NETWORKS.filter(([on]) => on !== 'SYNC').map(([, network]) => ({
  interface: 'WAN',
  source: network,
  target: '10.10.210.253',
}))

/** The same network with outbound NAT as HA wants it: by hand, to the VIP of the WAN. */
export const withNatToVirtualIp: TopologyInput = {
  ...referenceTopology,
  firewalls: (referenceTopology.firewalls ?? []).map((firewall) => ({
    ...firewall,
    ...(firewall.filter === undefined
      ? {}
      : {
          filter: {
            ...firewall.filter,
            outboundNat: { mode: 'hybrid' as const, rules: NAT_TO_VIRTUAL_IP },
          },
        }),
  })),
}
