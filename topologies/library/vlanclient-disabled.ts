import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referencePings, referenceTopology } from './reference-network.ts'

const name = 'vlanclient-disabled'

export const vlanclientDisabled: BuiltInScenario = {
  name,
  summary: 'one interface is disabled on pfsense1: only its VHID moves',
  document: {
    name,
    description: 'VLANCLIENT is disabled on pfsense1',
    duration: '60s',
    topology: referenceTopology,
    flows: referencePings,
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
