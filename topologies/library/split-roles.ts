import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referenceTopology } from './reference-network.ts'

const name = 'split-roles-client-to-server'

/** The effect of vlanclient-disabled on the users of VLANCLIENT. */
export const splitRolesClientToServer: BuiltInScenario = {
  name,
  summary: 'VLANCLIENT is disabled on pfsense1: clients reach their gateway, no server',
  document: {
    name,
    description: 'Requests enter by node 2, and their answers are lost at node 1',
    duration: '60s',
    topology: referenceTopology,
    flows: [
      { name: 'client-server-ping', kind: 'linux-ping', from: 'client1', to: '10.10.110.10' },
      { name: 'client-server-ssh', kind: 'tcp', from: 'client1', to: '10.10.110.10', port: 22 },
      { name: 'client-gateway-ping', kind: 'linux-ping', from: 'client1', to: '10.10.120.254' },
      { name: 'mgmt-ping', kind: 'windows-ping', from: 'mgmt-pc', to: '10.10.110.10' },
    ],
    faults: [
      {
        kind: 'interface-disable',
        node: 'pfsense1',
        interface: 'VLANCLIENT',
        at: REFERENCE_FAULT_AT,
      },
    ],
  },
}
