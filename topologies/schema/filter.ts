import { integer, ipv4, label, list, mapping, oneOf, ruleEnd, text, yesOrNo } from './fields.ts'

/** The packet filter of a firewall, and the synchronisation of its states. */

export const ruleSchema = mapping({
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

export const filterSchema = mapping({
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

export const pfsyncSchema = mapping({
  enabled: yesOrNo().default(true).describe('Synchronize states.'),
  interface: label('the name of an interface').describe('Synchronize Interface.'),
  peer: ipv4()
    .exactOptional()
    .describe('pfsync Synchronize Peer IP; absent: everybody on the link, by multicast.'),
  buckets: integer(1, 256).default(4).describe('Queues of messages: two for each CPU.'),
}).describe('State synchronisation. It needs a filter, and a rule that lets pfsync in.')
