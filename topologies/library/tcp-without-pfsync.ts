import type { BuiltInScenario } from './built-in.ts'
import { REFERENCE_FAULT_AT, statefulFlows, withoutPfsync } from './reference-network.ts'

const name = 'tcp-without-pfsync'

export const tcpWithoutPfsync: BuiltInScenario = {
  name,
  summary: 'the same without pfsync: sessions die at cut and return, a call does not',
  document: {
    name,
    description: 'pfsense1 is cut and returns under sessions and a call, without pfsync',
    duration: '90s',
    topology: withoutPfsync,
    flows: statefulFlows,
    faults: [
      { kind: 'power-off', node: 'pfsense1', at: REFERENCE_FAULT_AT },
      { kind: 'power-on', node: 'pfsense1', at: '30s' },
    ],
  },
}
