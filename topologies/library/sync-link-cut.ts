import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referenceTopology, sshFlow } from './reference-network.ts'

const name = 'sync-link-cut'

export const syncLinkCut: BuiltInScenario = {
  name,
  summary: 'with the SYNC link down nobody notices, until pfsense1 is cut: the session dies',
  document: {
    name,
    description: 'The SYNC link fails unnoticed, then pfsense1 is cut under an SSH session',
    duration: '60s',
    topology: referenceTopology,
    flows: [sshFlow],
    faults: [
      { kind: 'link-down', node: 'pfsense1', nic: 'vmx2', at: '4s' },
      { kind: 'power-off', node: 'pfsense1', at: REFERENCE_FAULT_AT },
    ],
  },
}
