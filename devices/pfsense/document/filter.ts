import * as z from 'zod'
import {
  expectation,
  integer,
  ipv4,
  label,
  list,
  mapping,
  oneOf,
  ownAddress,
  ruleEnd,
  ruleTarget,
  text,
  yesOrNo,
} from '../../../schema/fields.ts'

/** The packet filter of a firewall, and the synchronisation of its states. */

const RULE_END = 'any, self, an IPv4 address or network, or the name of an alias.'
const port = () => integer(1, 65_535)
const description = () => text('a text').default('').describe('Shown in the firewall log.')

// --- Rules -------------------------------------------------------------------------------------

const ruleFields = {
  action: oneOf('pass', 'block', 'reject')
    .default('pass')
    .describe('What becomes of a match; reject also tells the sender.'),
  protocol: oneOf('any', 'tcp', 'udp', 'icmp', 'pfsync')
    .default('any')
    .describe('Protocol that it is about.'),
  source: ruleEnd().default('any').describe(RULE_END),
  destination: ruleEnd().default('any').describe(RULE_END),
  destinationPort: port().exactOptional().describe('Port of TCP or UDP; absent: every port.'),
  description: description(),
}

export const ruleSchema = mapping({
  interface: label('the name of an interface').describe('Interface whose tab it stands on.'),
  ...ruleFields,
}).describe('A rule of an interface, in the order of its tab: the first that matches decides.')

const floatingRuleSchema = mapping({
  interfaces: list(label('the name of an interface'), 'names of interfaces')
    .default([])
    .describe('Where it counts; none: everywhere.'),
  direction: oneOf('any', 'in', 'out').default('any').describe('Which way packets cross them.'),
  quick: yesOrNo()
    .default(false)
    .describe('Whether it decides at once; otherwise a later match, as on a tab, wins.'),
  ...ruleFields,
}).describe('A rule of the Floating tab. They come before those of the interfaces.')

const aliasSchema = mapping({
  name: text(
    'the name of an alias, a letter and up to 30 letters, digits and underscores',
    /^(?!(?:any|self)$)[A-Za-z][A-Za-z0-9_]{0,30}$/,
  ).describe('Unique on its firewall.'),
  addresses: list(ruleTarget(), 'addresses and networks').describe('What it stands for.'),
}).describe('A name for addresses and networks, for the ends of rules.')

// --- NAT ---------------------------------------------------------------------------------------

const portForwardSchema = mapping({
  interface: label('the name of an interface').describe('Interface that packets come in by.'),
  protocol: oneOf('tcp', 'udp', 'tcp/udp').default('tcp').describe('Protocol that it is about.'),
  source: ruleEnd().default('any').describe(RULE_END),
  destination: ownAddress()
    .default('interface')
    .describe('interface: its own address, on this node only; or another such as a CARP VIP.'),
  port: port().describe('Port that packets are sent to.'),
  target: ipv4().describe('Machine that they are handed to.'),
  targetPort: port().exactOptional().describe('Port of that machine; absent: the same.'),
  filterRule: oneOf('associated', 'pass', 'none')
    .default('associated')
    .describe('associated: a rule "NAT ..." on the tab; pass: none is needed; none: none is made.'),
  description: description(),
}).describe('A port forward. Its filter rule, "NAT ...", comes last on the tab of the interface.')

const outboundRuleSchema = mapping({
  interface: label('the name of an interface').describe('Interface that packets leave by.'),
  source: ruleEnd().default('any').describe(RULE_END),
  target: ownAddress().describe(
    'What their source becomes: interface, or an address such as a VIP.',
  ),
}).describe('A rule of outbound NAT: the first that matches decides.')

const outboundNatSchema = z
  .union(
    [
      oneOf('automatic', 'disabled'),
      mapping({
        mode: oneOf('hybrid', 'manual').describe('hybrid: the automatic rules follow.'),
        rules: list(outboundRuleSchema, 'rules of outbound NAT').describe('Rules of the user.'),
      }),
    ],
    { error: expectation('automatic, disabled or a mapping with mode and rules') },
  )
  .describe('automatic: to the own address of the interface that has the gateway.')

// --- All together ------------------------------------------------------------------------------

export const filterSchema = mapping({
  hostId: text('1 to 8 hexadecimal digits, not all 0', /^(?!0+$)[0-9A-Fa-f]{1,8}$/).describe(
    'Filter Host ID: marks the states that this firewall made; another on each firewall.',
  ),
  statePolicy: oneOf('floating', 'if-bound')
    .default('floating')
    .describe('Whether states match on any interface: the default up to pfSense 2.7.'),
  outboundNat: outboundNatSchema.default('automatic'),
  portForwards: list(portForwardSchema, 'port forwards').default([]).describe('Port forwards.'),
  aliases: list(aliasSchema, 'aliases').default([]).describe('Aliases.'),
  floatingRules: list(floatingRuleSchema, 'floating rules').default([]).describe('Floating rules.'),
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
