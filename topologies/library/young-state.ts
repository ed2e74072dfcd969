import type { BuiltInScenario } from './built-in.ts'
import { referenceTopology, sshFlow } from './reference-network.ts'

const name = 'young-state'

export const youngState: BuiltInScenario = {
  name,
  summary: 'a session opened half a second before the cut dies: its state was not sent yet',
  document: {
    name,
    description: 'pfsense1 is cut under an SSH session younger than the batch of pfsync',
    duration: '60s',
    topology: referenceTopology,
    flows: [{ ...sshFlow, start: '11.5s', phase: '0s' }],
    faults: [{ kind: 'power-off', node: 'pfsense1', at: '12s' }],
  },
}
