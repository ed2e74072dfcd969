import { cableFields } from './cable.ts'
import {
  duration,
  identifier,
  integer,
  label,
  list,
  macAddress,
  mapping,
  oneOf,
  yesOrNo,
} from './fields.ts'
import { vmnicPlug } from './plugs.ts'

/** An ESXi host: its NICs, vSwitches and port groups. */

const policy = () => oneOf('accept', 'reject')
const PROMISCUOUS_MODE = 'Whether a NIC that asks for it gets every frame of its VLAN.'
const MAC_CHANGES = 'Whether a NIC may receive on an address other than its own.'
const FORGED_TRANSMITS = "Whether a NIC may send from an address other than its own, as CARP's."

const securitySchema = mapping({
  promiscuousMode: policy().default('reject').describe(PROMISCUOUS_MODE),
  macChanges: policy().default('accept').describe(MAC_CHANGES),
  forgedTransmits: policy().default('accept').describe(FORGED_TRANSMITS),
})

const portGroupSecuritySchema = mapping({
  promiscuousMode: policy().exactOptional().describe(PROMISCUOUS_MODE),
  macChanges: policy().exactOptional().describe(MAC_CHANGES),
  forgedTransmits: policy().exactOptional().describe(FORGED_TRANSMITS),
})

const POLICY =
  'What shares frames out among the active uplinks: the originating virtual port, a hash of the source MAC or of both IP addresses; explicit: the first uplink in the failover order takes all.'
const NOTIFY_SWITCHES = 'Whether RARP requests tell physical switches of NICs that moved.'
const FAILBACK = 'Whether an uplink that is back displaces the one that stood in for it.'
const ACTIVE = 'Uplinks that are used, in failover order. Default: all that are named nowhere else.'
const STANDBY = 'Uplinks that take the place of active ones that fail, in order.'
const UNUSED = 'Uplinks that are not used at all.'

const loadBalancing = () => oneOf('srcport', 'srcmac', 'iphash', 'explicit')
const uplinkNames = () => list(label('the name of a vmnic'), 'names of vmnics').exactOptional()
const failoverOrder = {
  activeUplinks: uplinkNames().describe(ACTIVE),
  standbyUplinks: uplinkNames().describe(STANDBY),
  unusedUplinks: uplinkNames().describe(UNUSED),
}

const teamingSchema = mapping({
  policy: loadBalancing().default('srcport').describe(POLICY),
  notifySwitches: yesOrNo().default(true).describe(NOTIFY_SWITCHES),
  failback: yesOrNo().default(true).describe(FAILBACK),
  ...failoverOrder,
})

const portGroupTeamingSchema = mapping({
  policy: loadBalancing().exactOptional().describe(POLICY),
  notifySwitches: yesOrNo().exactOptional().describe(NOTIFY_SWITCHES),
  failback: yesOrNo().exactOptional().describe(FAILBACK),
  ...failoverOrder,
})

export const portGroupSchema = mapping({
  name: label('the name of a port group').describe('Unique on its ESXi host.'),
  vlanId: integer(0, 4095)
    .describe('0: untagged; 1 to 4094: tagged by the vSwitch; 4095: every VLAN, tags left alone.')
    .default(0),
  security: portGroupSecuritySchema
    .describe("Security policy; what is left out is the vSwitch's.")
    .exactOptional(),
  teaming: portGroupTeamingSchema
    .describe("NIC teaming; what is left out is the vSwitch's. A failover order is taken whole.")
    .exactOptional(),
}).describe('A port group of a vSwitch.')

const latencySchema = mapping({
  guestTransmit: duration().default('5us').describe('From the guest to the vSwitch.'),
  forwarding: duration().default('3us').describe('Inside the vSwitch.'),
  guestReceive: duration()
    .default('17us')
    .describe('From the vSwitch into the guest: its wake-up.'),
})

export const virtualSwitchSchema = mapping({
  name: label('the name of a vSwitch').describe('Unique on its ESXi host.'),
  mtu: integer(1280, 9000).default(1500).describe('Largest IP packet in bytes.'),
  uplinks: list(label('the name of a vmnic'), 'names of vmnics')
    .default([])
    .describe('Physical NICs of the host that belong to this vSwitch; none: an isolated vSwitch.'),
  latency: latencySchema
    .default(latencySchema.parse({}))
    .describe('Time that a frame spends on each step.'),
  security: securitySchema
    .default(securitySchema.parse({}))
    .describe('Security policy of its port groups. The defaults are those of ESXi 8.0.'),
  teaming: teamingSchema
    .default(teamingSchema.parse({}))
    .describe('NIC teaming of its port groups. Failures are detected by link status.'),
  portGroups: list(portGroupSchema, 'port groups').default([]).describe('Its port groups.'),
}).describe('A standard vSwitch.')

export const vmnicSchema = mapping({
  name: label('the name of a vmnic').describe('Unique on its ESXi host, such as vmnic0.'),
  macAddress: macAddress()
    .exactOptional()
    .describe('Unique in the topology. Default: a locally administered one, from the names.'),
  interruptLatency: duration().default('15us').describe('From the wire to the vSwitch.'),
  connectedTo: vmnicPlug.exactOptional().describe('What it is plugged into; absent: nothing.'),
  ...cableFields,
}).describe('A physical NIC of an ESXi host.')

const advancedSchema = mapping({
  'Net.ReversePathFwdCheck': integer(0, 1)
    .default(1)
    .describe("1: drop what comes back on a second uplink from one of the host's own NICs."),
  'Net.ReversePathFwdCheckPromisc': integer(0, 1)
    .default(0)
    .describe('1: the same check for promiscuous NICs.'),
  'Net.BlockGuestBPDU': integer(0, 1)
    .default(1)
    .describe('1: drop spanning tree frames that a guest sends.'),
  'Net.TeamPolicyUpDelay': integer(0, 600_000)
    .default(100)
    .describe('Milliseconds that an uplink which has its link back is not used yet.'),
})

export const esxiHostSchema = mapping({
  name: identifier('the name of an ESXi host').describe('Unique among all nodes.'),
  advanced: advancedSchema
    .default(advancedSchema.parse({}))
    .describe('Advanced system settings. The defaults are those of ESXi 8.0.'),
  vmnics: list(vmnicSchema, 'vmnics').default([]).describe('Its physical NICs.'),
  vswitches: list(virtualSwitchSchema, 'vSwitches').default([]).describe('Its vSwitches.'),
}).describe('A hypervisor.')
