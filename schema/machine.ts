import {
  duration,
  integer,
  interfaceAddress,
  ipv4,
  label,
  list,
  mapping,
  network,
  oneOf,
  yesOrNo,
} from './fields.ts'
import { nicSchema } from './plugs.ts'

/** Common fields of every machine: NICs, interfaces, routes, a power switch. */

export const vlanId = () => integer(1, 4094)

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

export const routeSchema = mapping({
  to: network().describe('Network that the route leads to.'),
  via: ipv4().describe('Next hop, on a network of this machine.'),
}).describe('A static route.')

export const machineFields = {
  powerState: oneOf('poweredOn', 'poweredOff')
    .default('poweredOn')
    .describe('State at the start; a machine that is on has long booted.'),
  bootDuration: duration().default('30s').describe('From power to service.'),
  nics: list(nicSchema, 'NICs').describe('Its network cards.'),
  interfaces: list(interfaceSchema, 'interfaces').describe('Its interfaces.'),
}
