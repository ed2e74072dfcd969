import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referencePings, referenceTopology } from './reference-network.ts'

const name = 'power-off'

export const powerOff: BuiltInScenario = {
  name,
  summary: 'pfsense1 is cut for good: pfsense2 takes all six VHIDs',
  document: {
    name,
    description: 'pfsense1 is cut for good',
    duration: '60s',
    topology: referenceTopology,
    flows: referencePings,
    faults: [{ kind: 'power-off', node: 'pfsense1', at: REFERENCE_FAULT_AT }],
  },
}
