import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referenceTopology } from './reference-network.ts'
import { vpnFlow } from './vpn-network.ts'

const name = 'vpn-maintenance'

export const vpnMaintenance: BuiltInScenario = {
  name,
  summary: 'maintenance mode moves a VPN: told to restart, its client is back in seconds',
  document: {
    name,
    description: 'pfsense1 enters CARP maintenance mode under a VPN, and leaves it',
    duration: '90s',
    topology: referenceTopology,
    flows: [vpnFlow],
    faults: [
      { kind: 'maintenance-enter', node: 'pfsense1', at: REFERENCE_FAULT_AT },
      { kind: 'maintenance-leave', node: 'pfsense1', at: '50s' },
    ],
  },
}
