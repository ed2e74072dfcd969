import type { BuiltInScenario } from './built-in.ts'
import {
  REFERENCE_FAULT_AT,
  referencePings,
  referenceTopology,
  sshFlow,
} from './reference-network.ts'

const name = 'disable-carp'

export const disableCarp: BuiltInScenario = {
  name,
  summary: 'CARP is disabled on pfsense1 and enabled again, which it waits 31 s for',
  document: {
    name,
    description: 'Temporarily Disable CARP on pfsense1, then Enable CARP',
    duration: '75s',
    topology: referenceTopology,
    flows: [...referencePings, sshFlow],
    faults: [
      { kind: 'carp-disable', node: 'pfsense1', at: REFERENCE_FAULT_AT },
      { kind: 'carp-enable', node: 'pfsense1', at: '30s' },
    ],
  },
}
