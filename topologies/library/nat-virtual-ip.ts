import type { BuiltInScenario } from './built-in.ts'
import { outwardFlows } from './nat-interface-address.ts'
import { REFERENCE_FAULT_AT, withNatToVirtualIp } from './reference-network.ts'

const name = 'nat-virtual-ip'

export const natVirtualIp: BuiltInScenario = {
  name,
  summary: 'the same with outbound NAT to the WAN VIP: the session lives on',
  document: {
    name,
    description: 'pfsense1 is cut under a session that it translated to the CARP VIP of the WAN',
    duration: '60s',
    topology: withNatToVirtualIp,
    flows: outwardFlows,
    faults: [{ kind: 'power-off', node: 'pfsense1', at: REFERENCE_FAULT_AT }],
  },
}
