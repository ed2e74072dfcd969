import type { FlowInput } from '../document.ts'
import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referenceTopology } from './reference-network.ts'

const name = 'nat-interface-address'

/** From inside to the machine beyond the WAN: a session, and pings. */
export const outwardFlows: FlowInput[] = [
  { name: 'ssh-out', kind: 'tcp', from: 'client1', to: '203.0.113.10', port: 22 },
  { name: 'ping-out', kind: 'linux-ping', from: 'client1', to: '203.0.113.10' },
]

export const natInterfaceAddress: BuiltInScenario = {
  name,
  summary: 'outbound NAT to the WAN address: sessions die with the node, new ones work',
  document: {
    name,
    description: 'pfsense1 is cut under a session that it translated to its own WAN address',
    duration: '60s',
    topology: referenceTopology,
    flows: outwardFlows,
    faults: [{ kind: 'power-off', node: 'pfsense1', at: REFERENCE_FAULT_AT }],
  },
}
