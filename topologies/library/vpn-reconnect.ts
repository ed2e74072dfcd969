import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, referenceTopology } from './reference-network.ts'
import { vpnFlow } from './vpn-network.ts'

const name = 'vpn-reconnect'

export const vpnReconnect: BuiltInScenario = {
  name,
  summary: 'a VPN dies with pfsense1: its client needs a minute, and 3 s at the return',
  document: {
    name,
    description: 'pfsense1 is cut under a VPN and returns; the client comes back by itself',
    duration: '150s',
    topology: referenceTopology,
    flows: [vpnFlow],
    faults: [
      { kind: 'power-off', node: 'pfsense1', at: REFERENCE_FAULT_AT },
      // After the client has found pfsense2.
      { kind: 'power-on', node: 'pfsense1', at: '90s' },
    ],
  },
}
