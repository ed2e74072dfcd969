import * as z from 'zod'
import {
  carpPassword,
  duration,
  expectation,
  identifier,
  integer,
  label,
  mapping,
  text,
  variants,
} from '../../schema/fields.ts'
import { ruleSchema } from './filter.ts'

/** What breaks during a run, and what is mended or administered. */

const AT = 'a duration such as 12s, or a range such as { from: 12s, to: 13s }'

const instant = z.union(
  [
    duration(),
    mapping({
      from: duration().describe('Earliest instant.'),
      to: duration().describe('The instant drawn is before this one.'),
    }).describe('A range from which the seed draws.'),
  ],
  { error: expectation(AT) },
)

const at = () => instant.describe('When: a time since the start, or a range to draw from.')
const node = () => identifier('the name of a node').describe('Firewall or host.')
const firewall = () => identifier('the name of a firewall').describe('Firewall.')

const faultVariants = [
  mapping({
    kind: z.literal('power-off').describe('Cut, without warning.'),
    node: node(),
    at: at(),
  }),
  mapping({ kind: z.literal('power-on').describe('Power back; boots.'), node: node(), at: at() }),
  mapping({
    kind: z.literal('interface-disable').describe('Unticked in the configuration.'),
    node: node(),
    interface: label('the name of an interface').describe('Interface of that node.'),
    at: at(),
  }),
  mapping({
    kind: z.literal('interface-enable').describe('Ticked again.'),
    node: node(),
    interface: label('the name of an interface').describe('Interface of that node.'),
    at: at(),
  }),
  mapping({
    kind: z.literal('link-down').describe('Unplugged.'),
    node: identifier('the name of a node').describe('Firewall, host or ESXi host.'),
    nic: label('the name of a NIC').describe('NIC of that node (of an ESXi host: a vmnic).'),
    at: at(),
  }),
  mapping({
    kind: z.literal('link-up').describe('Plugged in again.'),
    node: identifier('the name of a node').describe('Firewall, host or ESXi host.'),
    nic: label('the name of a NIC').describe('NIC of that node (of an ESXi host: a vmnic).'),
    at: at(),
  }),
  mapping({
    kind: z.literal('maintenance-enter').describe('Persistent CARP maintenance mode: on.'),
    node: firewall(),
    at: at(),
  }),
  mapping({
    kind: z.literal('maintenance-leave').describe('Persistent CARP maintenance mode: off.'),
    node: firewall(),
    at: at(),
  }),
  mapping({
    kind: z.literal('reboot').describe('Diagnostics > Reboot; comes back by itself.'),
    node: firewall(),
    at: at(),
  }),
  mapping({
    kind: z.literal('halt').describe('Diagnostics > Halt System; off afterwards.'),
    node: firewall(),
    at: at(),
  }),
  mapping({
    kind: z.literal('carp-disable').describe('Temporarily Disable CARP; until the next boot.'),
    node: firewall(),
    at: at(),
  }),
  mapping({
    kind: z.literal('carp-enable').describe('Enable CARP; it waits up to 31s for pfsync.'),
    node: firewall(),
    at: at(),
  }),
  mapping({
    kind: z.literal('interface-apply').describe('Saved and applied, with nothing changed.'),
    node: firewall(),
    interface: label('the name of an interface').describe('Interface of that firewall.'),
    at: at(),
  }),
  mapping({
    kind: z.literal('virtual-ip-apply').describe('A CARP virtual IP is saved and applied.'),
    node: firewall(),
    interface: label('the name of an interface').describe('Interface of that firewall.'),
    vhid: integer(1, 255).describe('VHID on that interface.'),
    advskew: integer(0, 254).exactOptional().describe('Its new skew; absent: as it was.'),
    advbase: integer(1, 254).exactOptional().describe('Its new base; absent: as it was.'),
    password: carpPassword().exactOptional().describe('Its new password; absent: as it was.'),
    at: at(),
  }),
  mapping({
    kind: z.literal('save-rule').describe('A rule is added behind the others and applied.'),
    node: firewall(),
    rule: ruleSchema,
    at: at(),
  }),
  mapping({
    kind: z.literal('save').describe('Something else is saved, which synchronises as well.'),
    node: firewall(),
    description: text('a text')
      .default('System: General Setup: changed.')
      .describe('What the page says that was changed.'),
    at: at(),
  }),
] as const

export const faultSchema = variants(
  'kind',
  faultVariants.map((variant) => variant.shape.kind.value),
  faultVariants,
)
