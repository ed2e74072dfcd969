import type { BuiltInScenario } from './built-in.ts'
import { referenceTopology } from './reference-network.ts'

const name = 'config-sync'

/** From outside, which nobody may ping at first. */
const fromOutside = { kind: 'linux-ping', from: 'wan-host', to: '10.10.110.10' } as const

export const configSync: BuiltInScenario = {
  name,
  summary: 'a rule saved on pfsense1 is in force on pfsense2 2.5 s later, or not',
  document: {
    name,
    description:
      'Rules saved on pfsense1 come to pfsense2, unless that is off: four tries, a notice',
    duration: '160s',
    topology: referenceTopology,
    flows: [
      { ...fromOutside, name: 'outside-ping', stop: '18s' },
      // A new ping makes a new state, and that by a rule of pfsense2.
      { ...fromOutside, name: 'outside-ping-2', start: '23s', stop: '29s' },
    ],
    faults: [
      {
        kind: 'save-rule',
        node: 'pfsense1',
        at: '10s',
        rule: {
          interface: 'WAN',
          protocol: 'icmp',
          destination: '10.10.110.10',
          description: 'Ping to the server',
        },
      },
      { kind: 'maintenance-enter', node: 'pfsense1', at: '20s' },
      { kind: 'maintenance-leave', node: 'pfsense1', at: '30s' },
      { kind: 'power-off', node: 'pfsense2', at: '40s' },
      { kind: 'save', node: 'pfsense1', at: '45s' },
      { kind: 'power-on', node: 'pfsense2', at: '95s' },
      {
        kind: 'save-rule',
        node: 'pfsense1',
        at: '150s',
        rule: {
          interface: 'WAN',
          protocol: 'tcp',
          destination: '10.10.110.10',
          destinationPort: 443,
          description: 'Web server',
        },
      },
    ],
  },
}
