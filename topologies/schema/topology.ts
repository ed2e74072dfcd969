import { firewallSchema } from '../../devices/products.ts'
import { esxiHostSchema } from '../../schema/esxi.ts'
import { list, mapping } from '../../schema/fields.ts'
import { hostSchema } from '../../schema/host.ts'
import { switchSchema } from '../../schema/switch.ts'

/** The machines of a scenario. */

export const topologySchema = mapping({
  esxiHosts: list(esxiHostSchema, 'ESXi hosts').default([]).describe('Hypervisors.'),
  switches: list(switchSchema, 'switches').default([]).describe('Physical switches.'),
  firewalls: list(firewallSchema, 'firewalls').default([]).describe('Firewalls.'),
  hosts: list(hostSchema, 'hosts').default([]).describe('Everything that firewalls serve.'),
})
