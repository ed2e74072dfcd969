import type { BuiltInScenario } from './built-in.ts'
import { referenceFlows, referenceTopology } from './reference-network.ts'

const name = 'no-fault'

export const noFault: BuiltInScenario = {
  name,
  summary: 'nothing breaks: what the network does at rest',
  document: {
    name,
    description: 'nothing breaks',
    duration: '60s',
    topology: referenceTopology,
    flows: referenceFlows,
  },
}
