import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referenceTopology } from './reference-network.ts'

const name = 'admin-vip'

export const adminVip: BuiltInScenario = {
  name,
  summary: 'the administration page at the MGMT VIP, while pfsense1 is cut and returns',
  document: {
    name,
    description: 'mgmt-pc reloads https://10.10.199.254 each second: which node answers?',
    duration: '90s',
    topology: referenceTopology,
    flows: [{ name: 'admin-page', kind: 'web-page', from: 'mgmt-pc', to: '10.10.199.254' }],
    faults: [
      { kind: 'power-off', node: 'pfsense1', at: REFERENCE_FAULT_AT },
      { kind: 'power-on', node: 'pfsense1', at: '30s' },
    ],
  },
}
