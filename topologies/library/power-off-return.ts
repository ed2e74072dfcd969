import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referenceFlows, referenceTopology } from './reference-network.ts'

const name = 'power-off-return'

export const powerOffReturn: BuiltInScenario = {
  name,
  summary: 'pfsense1 is cut and returns: one timeout of the Windows ping, then none',
  document: {
    name,
    description: 'pfsense1 is cut, then returns',
    duration: '90s',
    topology: referenceTopology,
    flows: referenceFlows,
    faults: [
      { kind: 'power-off', node: 'pfsense1', at: REFERENCE_FAULT_AT },
      { kind: 'power-on', node: 'pfsense1', at: '30s' },
    ],
  },
}
