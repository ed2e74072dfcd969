import { identifier, list, mapping, oneOf, positiveDuration, yesOrNo } from './fields.ts'
import { machineFields, routeSchema } from './machine.ts'

/** A computer or a router. */

const arpSchema = mapping({
  timeout: positiveDuration()
    .describe(
      "How long an answer is trusted, then forgotten, such as 4h. Default: the system's own.",
    )
    .exactOptional(),
  acceptGratuitousArp: yesOrNo()
    .default(true)
    .describe('Whether it learns from ARP packets that announce their own sender.'),
})

export const hostSchema = mapping({
  name: identifier('the name of a host').describe('Unique among all nodes.'),
  os: oneOf('windows', 'linux').default('linux').describe('Decides TTLs, timers and ping.'),
  forwarding: yesOrNo().default(false).describe('Whether it routes between its interfaces.'),
  arp: arpSchema.default(arpSchema.parse({})).describe('Its ARP cache.'),
  ...machineFields,
  routes: list(routeSchema, 'routes').default([]).describe('Static routes.'),
}).describe('A computer, or a router when it forwards.')
