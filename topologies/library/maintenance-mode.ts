import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referencePings, referenceTopology } from './reference-network.ts'

const name = 'maintenance-mode'

export const maintenanceMode: BuiltInScenario = {
  name,
  summary: 'pfsense1 is put into maintenance and back: planned, so next to nothing is lost',
  document: {
    name,
    description: 'pfsense1 enters persistent CARP maintenance mode, then leaves it',
    duration: '60s',
    topology: referenceTopology,
    flows: referencePings,
    faults: [
      { kind: 'maintenance-enter', node: 'pfsense1', at: REFERENCE_FAULT_AT },
      { kind: 'maintenance-leave', node: 'pfsense1', at: '40s' },
    ],
  },
}
