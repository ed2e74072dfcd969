import { findBuiltIn } from '../topologies/built-in.ts'
import type { Scenario, ScenarioInput } from '../topologies/document.ts'
import { resolveScenario } from '../topologies/read.ts'

/** The scenarios that are measured. */

export function resolved(document: unknown, overrides: readonly string[] = []): Scenario {
  const result = resolveScenario(document, overrides)
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('\n'))
  return result.scenario
}

export function builtIn(name: string, ...overrides: readonly string[]): Scenario {
  return resolved(findBuiltIn(name)?.document, overrides)
}

/** With the two pings as its only flows: the network is measured, not what is sent through it. */
export function pingsOf(name: string, ...overrides: readonly string[]): Scenario {
  const flows = findBuiltIn('power-off')?.document.flows
  return resolved({ ...findBuiltIn(name)?.document, flows }, overrides)
}

/**
 * The pings of the imitation in ns-3: one a second for 60 s, the primary dies after 30 s. Before them is
 * an election of 4 s, which the imitation does without.
 */
export function likeTheImitation(): Scenario {
  const faults = [{ kind: 'power-off', node: 'pfsense1', at: '34s' }]
  const powerOff = findBuiltIn('power-off')?.document
  const flows = [
    { name: 'ping', kind: 'linux-ping', from: 'mgmt-linux', to: '10.10.110.10', start: '4s' },
  ]
  const document = { ...powerOff, duration: '64s', flows, faults }
  return resolved(document, ['captures.points=none'])
}

/**
 * The Linux client pings through physical switch, vSwitch, pfSense and back, with CARP going on and all
 * checksums made and verified.
 */
export function fullPath(points: string, interval: string, simulatedSeconds: number): Scenario {
  return pingsOf(
    'no-fault',
    `duration=${simulatedSeconds + 4}s`,
    `captures.points=${points}`,
    `flows.mgmt-linux-ping.interval=${interval}`,
    'flows.*.start=4s',
  )
}

type Topology = ScenarioInput['topology']

/** The network of the path in ns-3, device for device: no CARP, no pf, plain switches. */
export function plainPath(simulatedSeconds: number): Scenario {
  const hosts: NonNullable<Topology['hosts']> = []
  const switches = [1, 2].map((lan) => ({
    name: `sw${lan}`,
    ports: ['end', 'r1', 'r2'].map((name) => ({ name, mode: 'access' as const, vlanId: 1 })),
  }))
  const nic = (lan: number, port: string, own: number) => ({
    name: `eth${lan}`,
    macAddress: `02:00:00:00:0${lan}:0${own}`,
    connectedTo: { switch: `sw${lan}`, port },
  })
  const at = (lan: number, own: number) => ({
    name: `eth${lan}`,
    nic: `eth${lan}`,
    address: `10.0.${lan}.${own}/24`,
  })
  for (const lan of [1, 2]) {
    hosts.push({
      name: lan === 1 ? 'client' : 'server',
      nics: [nic(lan, 'end', 1)],
      interfaces: [{ ...at(lan, 10), gateway: `10.0.${lan}.251` }],
    })
  }
  for (const router of [1, 2]) {
    hosts.push({
      name: `r${router}`,
      forwarding: true,
      nics: [1, 2].map((lan) => nic(lan, `r${router}`, 1 + router)),
      interfaces: [1, 2].map((lan) => at(lan, 250 + router)),
    })
  }
  return resolved({
    name: 'plain-path',
    duration: `${simulatedSeconds}s`,
    topology: { switches, hosts },
    flows: [
      {
        name: 'ping',
        kind: 'linux-ping',
        from: 'client',
        to: '10.0.2.10',
        interval: '1ms',
        start: '0s',
      },
    ],
    captures: { points: 'none' },
  })
}

/** A pair of firewalls with so many VLANs and a VHID in each; so many hosts in the first VLAN. */
export function grown(vlans: number, hosts: number, simulatedSeconds: number): Scenario {
  const ids = Array.from({ length: vlans }, (_, index) => index + 1)
  const subnet = (id: number) => `10.${id}`
  const firewalls = [1, 2].map((own) => ({
    name: `fw${own}`,
    nics: [
      {
        name: 'vmx0',
        macAddress: `00:50:56:0${own}:00:01`,
        connectedTo: { esxiHost: 'esx', portGroup: 'TRUNK' },
      },
    ],
    interfaces: ids.map((vlanId) => ({
      name: `V${vlanId}`,
      nic: 'vmx0',
      vlanId,
      address: `${subnet(vlanId)}.255.25${own}/16`,
    })),
    virtualIps: ids.map((vhid) => ({
      interface: `V${vhid}`,
      vhid,
      address: `${subnet(vhid)}.255.254/16`,
      password: `secret-${vhid}`,
      advskew: (own - 1) * 100,
    })),
  }))
  const machine = (name: string, vlan: number, number: number) => ({
    name,
    nics: [
      {
        name: 'eth0',
        macAddress: `02:00:00:${[vlan, number >> 8, number & 255].map(hex).join(':')}`,
        connectedTo: { esxiHost: 'esx', portGroup: `V${vlan}` },
      },
    ],
    interfaces: [
      {
        name: 'eth0',
        nic: 'eth0',
        address: `${subnet(vlan)}.${number >> 8}.${number & 255}/16`,
        gateway: `${subnet(vlan)}.255.254`,
      },
    ],
  })
  const clients = Array.from({ length: hosts }, (_, index) => machine(`h${index}`, 1, index + 1))
  return resolved({
    name: 'grown',
    duration: `${simulatedSeconds + 4}s`,
    topology: {
      esxiHosts: [
        {
          name: 'esx',
          vswitches: [
            {
              name: 'vSwitch0',
              security: {
                promiscuousMode: 'accept',
                macChanges: 'accept',
                forgedTransmits: 'accept',
              },
              portGroups: [
                { name: 'TRUNK', vlanId: 4095 },
                ...ids.map((vlanId) => ({
                  name: `V${vlanId}`,
                  vlanId,
                  security: { promiscuousMode: 'reject' },
                })),
              ],
            },
          ],
        },
      ],
      firewalls,
      hosts: [...clients, machine('server', 2, 1)],
    },
    flows: clients.map(({ name }) => ({
      name,
      kind: 'linux-ping',
      from: name,
      to: '10.2.0.1',
      interval: `${hosts}ms`,
      start: '4s',
    })),
    captures: { points: 'none' },
  })
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
