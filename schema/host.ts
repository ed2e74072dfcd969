import { identifier, list, mapping, oneOf, yesOrNo } from './fields.ts'
import { machineFields, routeSchema } from './machine.ts'

/** A computer or a router. */

export const hostSchema = mapping({
  name: identifier('the name of a host').describe('Unique among all nodes.'),
  os: oneOf('windows', 'linux').default('linux').describe('Decides TTLs, timers and ping.'),
  forwarding: yesOrNo().default(false).describe('Whether it routes between its interfaces.'),
  ...machineFields,
  routes: list(routeSchema, 'routes').default([]).describe('Static routes.'),
}).describe('A computer, or a router when it forwards.')
