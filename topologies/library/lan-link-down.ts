import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referencePings, referenceTopology } from './reference-network.ts'

const name = 'lan-link-down'

export const lanLinkDown: BuiltInScenario = {
  name,
  summary: "pfsense1's VLAN trunk loses its link: the demotion moves WAN as well",
  document: {
    name,
    description: "the NIC that carries pfsense1's VLANs loses its link",
    duration: '60s',
    topology: referenceTopology,
    flows: referencePings,
    faults: [{ kind: 'link-down', node: 'pfsense1', nic: 'vmx1', at: REFERENCE_FAULT_AT }],
  },
}
