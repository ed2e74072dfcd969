import type { BuiltInScenario } from './built-in.ts'
import {
  REFERENCE_FAULT_AT,
  referencePings,
  referenceTopology,
  sshFlow,
} from './reference-network.ts'

const name = 'reboot'

export const reboot: BuiltInScenario = {
  name,
  summary: 'pfsense1 is rebooted from its GUI: no faster than a crash, as no goodbye is said',
  document: {
    name,
    description: 'pfsense1 is rebooted, and takes everything back when it is up',
    duration: '75s',
    topology: referenceTopology,
    flows: [...referencePings, sshFlow],
    faults: [{ kind: 'reboot', node: 'pfsense1', at: REFERENCE_FAULT_AT }],
  },
}
