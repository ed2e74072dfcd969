import * as z from 'zod'
import {
  duration,
  expectation,
  identifier,
  integer,
  interfaceAddress,
  ipv4,
  label,
  list,
  macAddress,
  mapping,
  network,
  oneOf,
  positiveDuration,
  ruleEnd,
  text,
  variants,
  yesOrNo,
} from './fields.ts'

/** The machines of a scenario, what they are plugged into, and how they are set up. */

// --- Plugs -------------------------------------------------------------------------------------

const portGroupPlug = mapping({
  esxiHost: identifier('the name of an ESXi host').describe('ESXi host that runs this machine.'),
  portGroup: label('the name of a port group').describe('Port group of one of its vSwitches.'),
}).describe('A virtual NIC on a port group.')

const switchPlug = mapping({
  switch: identifier('the name of a switch').describe('Physical switch at the other end.'),
  port: label('the name of a port').describe('Port of that switch; takes one cable.'),
}).describe('A cable to a physical switch.')

const nodePlug = mapping({
  node: identifier('the name of a node').describe('Machine at the other end.'),
  nic: label('the name of a NIC').describe('NIC of that machine (of an ESXi host: a vmnic).'),
}).describe('A cable straight to another machine; written at one of its ends only.')

const nicPlug = z.union([portGroupPlug, switchPlug, nodePlug], {
  error: expectation('{ esxiHost, portGroup }, { switch, port } or { node, nic }'),
})

const vmnicPlug = z.union([switchPlug, nodePlug], {
  error: expectation('{ switch, port } or { node, nic }'),
})

const cable = {
  linkSpeedMbps: integer(10, 400_000)
    .describe('Speed in Mbit/s. Default: 1000 for a cable, 10000 for a virtual NIC.')
    .exactOptional(),
  propagation: duration()
    .describe('Time along the cable, 5ns a metre. Default: 50ns (10 m), 0ns for a virtual NIC.')
    .exactOptional(),
}

export const nicSchema = mapping({
  name: label('the name of a NIC').describe('Unique on its machine, such as vmx0.'),
  macAddress: macAddress().describe('Hardware address, unique in the topology.'),
  connectedTo: nicPlug
    .describe('What it is plugged into; absent: nothing, or the cable that another NIC names.')
    .exactOptional(),
  ...cable,
}).describe('A network card.')

// --- ESXi --------------------------------------------------------------------------------------

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

export const portGroupSchema = mapping({
  name: label('the name of a port group').describe('Unique on its ESXi host.'),
  vlanId: integer(0, 4095)
    .describe('0: untagged; 1 to 4094: tagged by the vSwitch; 4095: every VLAN, tags left alone.')
    .default(0),
  security: portGroupSecuritySchema
    .describe("Security policy; what is left out is the vSwitch's.")
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
  portGroups: list(portGroupSchema, 'port groups').default([]).describe('Its port groups.'),
}).describe('A standard vSwitch.')

export const vmnicSchema = mapping({
  name: label('the name of a vmnic').describe('Unique on its ESXi host, such as vmnic0.'),
  macAddress: macAddress().describe('Hardware address, unique in the topology.'),
  interruptLatency: duration().default('15us').describe('From the wire to the vSwitch.'),
  connectedTo: vmnicPlug.exactOptional().describe('What it is plugged into; absent: nothing.'),
  ...cable,
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
})

export const esxiHostSchema = mapping({
  name: identifier('the name of an ESXi host').describe('Unique among all nodes.'),
  advanced: advancedSchema
    .default(advancedSchema.parse({}))
    .describe('Advanced system settings. The defaults are those of ESXi 8.0.'),
  vmnics: list(vmnicSchema, 'vmnics').default([]).describe('Its physical NICs.'),
  vswitches: list(virtualSwitchSchema, 'vSwitches').default([]).describe('Its vSwitches.'),
}).describe('A hypervisor.')

// --- Physical switches -------------------------------------------------------------------------

const vlanId = () => integer(1, 4094)
const PORT_NAME = 'Unique on its switch, such as Gi1/0/1.'

const switchPortSchema = variants(
  'mode',
  ['access', 'trunk'],
  [
    mapping({
      name: label('the name of a port').describe(PORT_NAME),
      mode: z.literal('trunk').describe('Carries several VLANs, tagged.'),
      allowedVlans: list(vlanId(), 'VLAN numbers').describe('VLANs that may cross.'),
      nativeVlan: vlanId().default(1).describe('VLAN of untagged frames, if it is allowed.'),
    }).describe('A trunk port.'),
    mapping({
      name: label('the name of a port').describe(PORT_NAME),
      mode: z.literal('access').describe('Belongs to one VLAN, untagged.'),
      vlanId: vlanId().describe('VLAN of the port.'),
    }).describe('An access port.'),
  ],
)

const switchSchema = mapping({
  name: identifier('the name of a switch').describe('Unique among all nodes.'),
  ageing: positiveDuration().default('300s').describe('How long an unseen address is remembered.'),
  forwardingDelay: duration().default('4us').describe('From a whole frame in to its way out.'),
  ports: list(switchPortSchema, 'ports').describe('Its ports.'),
}).describe('A physical switch.')

// --- Firewalls and hosts -----------------------------------------------------------------------

const interfaceFields = {
  name: label('the name of an interface').describe('Unique on its machine.'),
  nic: label('the name of a NIC').describe('NIC of the same machine that carries it.'),
  vlanId: vlanId()
    .exactOptional()
    .describe('Tag of its frames, for a VLAN interface; absent: untagged.'),
  enabled: yesOrNo().default(true).describe('Whether it is up at the start.'),
  address: interfaceAddress().exactOptional().describe('Address and prefix; absent: none.'),
  gateway: ipv4().exactOptional().describe("Next hop of the machine's default route."),
}

const interfaceSchema = mapping(interfaceFields).describe('An interface.')

const routeSchema = mapping({
  to: network().describe('Network that the route leads to.'),
  via: ipv4().describe('Next hop, on a network of this machine.'),
}).describe('A static route.')

const virtualIpSchema = mapping({
  interface: label('the name of an interface').describe('Interface of this firewall.'),
  vhid: integer(1, 255).describe('Virtual host ID: the same on every firewall that shares it.'),
  address: interfaceAddress().describe('The address that moves between firewalls.'),
  description: text('a text').default('').describe("As the firewall's status page shows it."),
  password: text('a password of at least 1 character', /^[^\p{Cc}]+$/u).describe(
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
})

const machineFields = {
  powerState: oneOf('poweredOn', 'poweredOff')
    .default('poweredOn')
    .describe('State at the start; a machine that is on has long booted.'),
  bootDuration: duration().default('30s').describe('From power to service.'),
  nics: list(nicSchema, 'NICs').describe('Its network cards.'),
  interfaces: list(interfaceSchema, 'interfaces').describe('Its interfaces.'),
}

const ruleSchema = mapping({
  interface: label('the name of an interface').describe('Interface whose tab it stands on.'),
  action: oneOf('pass', 'block', 'reject').default('pass').describe('What becomes of a match.'),
  protocol: oneOf('any', 'tcp', 'udp', 'icmp', 'pfsync')
    .default('any')
    .describe('Protocol that it is about.'),
  source: ruleEnd().default('any').describe('any, self, an IPv4 address or network.'),
  destination: ruleEnd().default('any').describe('any, self, an IPv4 address or network.'),
  destinationPort: integer(1, 65_535)
    .exactOptional()
    .describe('Port of TCP or UDP; absent: every port.'),
  description: text('a text').default('').describe('Shown in the firewall log.'),
}).describe('A rule of an interface, in the order of its tab: the first that matches decides.')

const filterSchema = mapping({
  hostId: text('1 to 8 hexadecimal digits, not all 0', /^(?!0+$)[0-9A-Fa-f]{1,8}$/).describe(
    'Filter Host ID: marks the states that this firewall made; another on each firewall.',
  ),
  statePolicy: oneOf('floating', 'if-bound')
    .default('floating')
    .describe('Whether states match on any interface: the default up to pfSense 2.7.'),
  outboundNat: oneOf('automatic', 'disabled')
    .default('automatic')
    .describe('automatic: to the own address of the interface that has the gateway.'),
  rules: list(ruleSchema, 'rules').default([]).describe('Rules of the user.'),
}).describe('The packet filter, with the rules that pfSense adds by itself.')

const pfsyncSchema = mapping({
  enabled: yesOrNo().default(true).describe('Synchronize states.'),
  interface: label('the name of an interface').describe('Synchronize Interface.'),
  peer: ipv4()
    .exactOptional()
    .describe('pfsync Synchronize Peer IP; absent: everybody on the link, by multicast.'),
  buckets: integer(1, 256).default(4).describe('Queues of messages: two for each CPU.'),
}).describe('State synchronisation. It needs a filter, and a rule that lets pfsync in.')

export const firewallSchema = mapping({
  name: identifier('the name of a firewall').describe('Unique among all nodes.'),
  model: oneOf('pfsense').default('pfsense').describe('What it runs.'),
  ...machineFields,
  virtualIps: list(virtualIpSchema, 'virtual IPs').default([]).describe('CARP virtual IPs.'),
  carp: carpSchema.default(carpSchema.parse({})).describe('CARP settings of the whole firewall.'),
  filter: filterSchema
    .exactOptional()
    .describe('Packet filter; absent: filtering is disabled and everything is forwarded.'),
  pfsync: pfsyncSchema.exactOptional().describe('State synchronisation; absent: none.'),
  routes: list(routeSchema, 'routes').default([]).describe('Static routes.'),
}).describe('A firewall.')

export const hostSchema = mapping({
  name: identifier('the name of a host').describe('Unique among all nodes.'),
  os: oneOf('windows', 'linux').default('linux').describe('Decides TTLs, timers and ping.'),
  forwarding: yesOrNo().default(false).describe('Whether it routes between its interfaces.'),
  ...machineFields,
  routes: list(routeSchema, 'routes').default([]).describe('Static routes.'),
}).describe('A computer, or a router when it forwards.')

export const topologySchema = mapping({
  esxiHosts: list(esxiHostSchema, 'ESXi hosts').default([]).describe('Hypervisors.'),
  switches: list(switchSchema, 'switches').default([]).describe('Physical switches.'),
  firewalls: list(firewallSchema, 'firewalls').default([]).describe('Firewalls.'),
  hosts: list(hostSchema, 'hosts').default([]).describe('Everything that firewalls serve.'),
})
