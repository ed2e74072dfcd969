import * as z from 'zod'
import {
  carpPassword,
  duration,
  identifier,
  integer,
  interfaceAddress,
  label,
  list,
  mapping,
  text,
  yesOrNo,
} from '../../../schema/fields.ts'
import { machineFields, routeSchema } from '../../../schema/machine.ts'
import type { Nic, With } from '../../../schema/network.ts'
import { configurationFields } from './config-sync.ts'
import { filterSchema, pfsyncSchema } from './filter.ts'
import { openVpnServerSchema } from './openvpn.ts'

/** A firewall: its virtual addresses and services. */

const virtualIpSchema = mapping({
  interface: label('the name of an interface').describe('Interface of this firewall.'),
  vhid: integer(1, 255).describe('Virtual host ID: the same on every firewall that shares it.'),
  address: interfaceAddress().describe('The address that moves between firewalls.'),
  description: text('a text').default('').describe("As the firewall's status page shows it."),
  password: carpPassword().describe(
    'Shared secret of the VHID group; the first 19 characters count.',
  ),
  advbase: integer(1, 254).default(1).describe('Seconds between advertisements.'),
  advskew: integer(0, 254)
    .default(0)
    .describe('Added to that in 1/256 s; the lowest is master, 0 the usual one.'),
}).describe('A CARP virtual IP.')

const carpSchema = mapping({
  preempt: yesOrNo().default(true).describe('Whether it takes MASTER from a slower one.'),
  interfaceDownDemotion: integer(0, 255)
    .default(240)
    .describe('Added to the skew of every VHID for each interface that is down.'),
  verifyTtl: yesOrNo().default(false).describe('Drop advertisements whose TTL is not 255.'),
  readdOnLinkUp: yesOrNo()
    .default(true)
    .describe('Whether a link that comes up has the virtual IPs of its interfaces put anew.'),
})

const bootSchema = mapping({
  interfaces: duration()
    .exactOptional()
    .describe('Interfaces and virtual IPs are configured. Default: half of bootDuration.'),
  filter: duration()
    .exactOptional()
    .describe('The packet filter is enabled. Default: 0.6 of bootDuration.'),
  forwarding: duration()
    .exactOptional()
    .describe('Packets are forwarded. Default: 0.65 of bootDuration.'),
})

export const pfsenseSchema = mapping({
  name: identifier('the name of a firewall').describe('Unique among all nodes.'),
  product: z.literal('pfsense').default('pfsense').describe('What it runs: pfSense.'),
  ...machineFields,
  boot: bootSchema
    .default({})
    .describe('Stages of a boot, counted from the power; bootDuration is when CARP is allowed.'),
  shutdownDuration: duration()
    .default('5s')
    .describe('From the command that ends the system to the kernel being gone.'),
  virtualIps: list(virtualIpSchema, 'virtual IPs').default([]).describe('CARP virtual IPs.'),
  carp: carpSchema.default(carpSchema.parse({})).describe('CARP settings of the whole firewall.'),
  filter: filterSchema
    .exactOptional()
    .describe('Packet filter; absent: filtering is disabled and everything is forwarded.'),
  pfsync: pfsyncSchema.exactOptional().describe('State synchronisation; absent: none.'),
  openvpn: openVpnServerSchema
    .exactOptional()
    .describe('An OpenVPN server for road warriors; absent: none.'),
  ...configurationFields,
  routes: list(routeSchema, 'routes').default([]).describe('Static routes.'),
}).describe('A firewall.')

/** A pfSense node with every default spelled out. */
export type PfSenseDocument = With<z.output<typeof pfsenseSchema>, { nics: Nic[]; boot: Boot }>
export type VirtualIpDocument = PfSenseDocument['virtualIps'][number]
/** Durations since the power came. */
export interface Boot {
  interfaces: string
  filter: string
  forwarding: string
}
