import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referenceTopology, sshFlow } from './reference-network.ts'

const name = 'tcp-with-pfsync'

export const tcpWithPfsync: BuiltInScenario = {
  name,
  summary: 'a session over TCP outlives the cut and the return, by its synchronized state',
  document: {
    name,
    description: 'pfsense1 is cut and returns under an SSH session, with pfsync',
    duration: '90s',
    topology: referenceTopology,
    flows: [sshFlow],
    faults: [
      { kind: 'power-off', node: 'pfsense1', at: REFERENCE_FAULT_AT },
      { kind: 'power-on', node: 'pfsense1', at: '30s' },
    ],
  },
}
