import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referenceTopology, statefulFlows } from './reference-network.ts'

const name = 'tcp-with-pfsync'

export const tcpWithPfsync: BuiltInScenario = {
  name,
  summary: 'sessions over TCP outlive the cut and the return, by their synchronized states',
  document: {
    name,
    description: 'pfsense1 is cut and returns under sessions and a call, with pfsync',
    duration: '90s',
    topology: referenceTopology,
    flows: statefulFlows,
    faults: [
      { kind: 'power-off', node: 'pfsense1', at: REFERENCE_FAULT_AT },
      { kind: 'power-on', node: 'pfsense1', at: '30s' },
    ],
  },
}
