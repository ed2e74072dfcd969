import fc from 'fast-check'
import type { FaultInput, FlowInput, ScenarioInput } from '../topologies/document.ts'

/**
 * Random small networks: up to two switches, an ESXi host or none, a pair of firewalls, a router or
 * neither, and machines in two VLANs that ping each other while things break. Much of it is
 * misconfigured: what counts is that frames and walks agree about it.
 */

const VLANS = [10, 20] as const
const GATEWAY = 254
const START_MS = 3_500
export const END_MS = 8_000

type Topology = ScenarioInput['topology']
type Nic = NonNullable<Topology['hosts']>[number]['nics'][number]
type SwitchPort = NonNullable<Topology['switches']>[number]['ports'][number]

const verdicts = fc.constantFrom('accept' as const, 'accept' as const, 'reject' as const)
const speeds = fc.constantFrom(10, 100, 1_000)

const places = fc.record({
  onEsxi: fc.boolean(),
  switchAt: fc.nat(1),
  linkSpeedMbps: speeds,
  trunkVlans: fc.constantFrom<number[]>([10, 20], [10, 20], [10, 20], [10]),
})

const machines = fc.record({
  place: places,
  vlan: fc.nat(1),
  os: fc.constantFrom('linux' as const, 'linux' as const, 'windows' as const),
  hasGateway: fc.integer({ min: 0, max: 9 }).map((draw) => draw > 0),
})

const plans = fc.record({
  machines: fc.array(machines, { minLength: 2, maxLength: 4 }),
  between: fc.constantFrom('firewalls', 'firewalls', 'router', 'nothing'),
  gateways: fc.tuple(places, places),
  hasFilter: fc.boolean(),
  statePolicy: fc.constantFrom('if-bound' as const, 'floating' as const),
  isNat: fc.boolean(),
  security: fc.record({
    promiscuousMode: verdicts,
    macChanges: verdicts,
    forgedTransmits: verdicts,
  }),
  mtu: fc.constantFrom(1_500, 1_500, 1_400, 1_280),
  uplinks: fc.array(fc.record({ switchAt: fc.nat(1), linkSpeedMbps: speeds }), { maxLength: 2 }),
  teaming: fc.record({
    policy: fc.constantFrom(
      'srcport' as const,
      'srcport' as const,
      'srcmac' as const,
      'iphash' as const,
      'explicit' as const,
    ),
    failback: fc.boolean(),
    hasStandby: fc.boolean(),
  }),
  ageing: fc.constantFrom('300s', '300s', '1s'),
  pings: fc.array(
    fc.record({
      from: fc.nat(3),
      to: fc.nat(5),
      dataBytes: fc.constantFrom(56, 56, 1_200, 1_300, 1_472),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  breaks: fc.array(
    fc.record({
      what: fc.nat(4),
      whom: fc.nat(9),
      atMs: fc.integer({ min: START_MS, max: END_MS - 1_000 }),
      lastsMs: fc.constantFrom(1, 40, 300, 1_200, 10_000),
    }),
    { maxLength: 4 },
  ),
  seed: fc.nat(1_000_000),
})

type Plan = typeof plans extends fc.Arbitrary<infer Value> ? Value : never
type Place = Plan['gateways'][number]

/** Scenario documents, as they are written. */
export const randomNetworks: fc.Arbitrary<ScenarioInput> = plans.map(documentOf)

function documentOf(plan: Plan): ScenarioInput {
  const ports: SwitchPort[][] = [[], []]
  let macs = 0
  const macAddress = () => `02:00:00:00:01:${(++macs).toString(16).padStart(2, '0')}`
  const plug = (switchAt: number, port: SwitchPort) => {
    ports[switchAt]?.push(port)
    return { switch: `sw${switchAt}`, port: port.name }
  }
  /** @param vlan of an access port; undefined: a trunk */
  const nicOf = (node: string, place: Place, vlan: number | undefined): Nic => {
    const common = { name: 'eth0', macAddress: macAddress() }
    const portGroup = vlan === undefined ? 'TRUNK' : `V${vlan}`
    if (place.onEsxi) return { ...common, connectedTo: { esxiHost: 'esx', portGroup } }
    const port: SwitchPort =
      vlan === undefined
        ? { name: node, mode: 'trunk', allowedVlans: [...place.trunkVlans] }
        : { name: node, mode: 'access', vlanId: vlan }
    const connectedTo = plug(place.switchAt, port)
    return { ...common, linkSpeedMbps: place.linkSpeedMbps, connectedTo }
  }
  const onBothVlans = (own: number) =>
    VLANS.map((vlanId) => ({
      name: `V${vlanId}`,
      nic: 'eth0',
      vlanId,
      address: `10.0.${vlanId}.${own}/24`,
    }))

  const hosts: NonNullable<Topology['hosts']> = plan.machines.map((machine, at) => {
    const vlan = VLANS[machine.vlan as 0 | 1]
    const gateway = machine.hasGateway ? { gateway: `10.0.${vlan}.${GATEWAY}` } : {}
    const address = `10.0.${vlan}.${at + 1}/24`
    return {
      name: `m${at}`,
      os: osOf(machine, at),
      nics: [nicOf(`m${at}`, machine.place, vlan)],
      interfaces: [{ name: 'eth0', nic: 'eth0', address, ...gateway }],
      bootDuration: '500ms',
    }
  })
  if (plan.between === 'router') {
    hosts.push({
      name: 'router',
      os: 'linux',
      forwarding: true,
      nics: [nicOf('router', plan.gateways[0], undefined)],
      interfaces: onBothVlans(GATEWAY),
      bootDuration: '500ms',
    })
  }
  const nat = {
    mode: 'manual' as const,
    rules: [{ interface: 'V20', source: '10.0.10.0/24', target: 'interface' }],
  }
  const firewalls: NonNullable<Topology['firewalls']> =
    plan.between !== 'firewalls'
      ? []
      : plan.gateways.map((place, at) => ({
          name: `fw${at}`,
          nics: [nicOf(`fw${at}`, place, undefined)],
          interfaces: onBothVlans(251 + at),
          virtualIps: VLANS.map((vlan) => ({
            interface: `V${vlan}`,
            vhid: vlan,
            address: `10.0.${vlan}.${GATEWAY}/24`,
            password: 'secret',
            advskew: at * 100,
          })),
          bootDuration: '1s',
          shutdownDuration: '200ms',
          ...(plan.hasFilter
            ? {
                filter: {
                  hostId: `a${at}`,
                  statePolicy: plan.statePolicy,
                  rules: VLANS.map((vlan) => ({ interface: `V${vlan}` })),
                  ...(plan.isNat ? { outboundNat: nat } : {}),
                },
              }
            : {}),
        }))
  const vmnics = plan.uplinks.map(({ switchAt, linkSpeedMbps }, at) => ({
    name: `vmnic${at}`,
    macAddress: macAddress(),
    linkSpeedMbps,
    connectedTo: plug(switchAt, { name: `up${at}`, mode: 'trunk', allowedVlans: [...VLANS] }),
  }))
  return {
    name: 'random',
    seed: plan.seed,
    duration: `${END_MS}ms`,
    topology: {
      esxiHosts: [
        {
          name: 'esx',
          vmnics,
          vswitches: [
            {
              name: 'vSwitch0',
              mtu: plan.mtu,
              uplinks: vmnics.map(nameOf),
              security: plan.security,
              teaming: {
                policy: plan.teaming.policy,
                failback: plan.teaming.failback,
                standbyUplinks: plan.teaming.hasStandby ? vmnics.slice(1).map(nameOf) : [],
              },
              portGroups: [
                { name: 'TRUNK', vlanId: 4095 },
                ...VLANS.map((vlanId) => ({ name: `V${vlanId}`, vlanId })),
              ],
            },
          ],
        },
      ],
      switches: ports.map((own, at) => ({ name: `sw${at}`, ageing: plan.ageing, ports: own })),
      firewalls,
      hosts,
    },
    flows: plan.pings.map((ping, at) => pingOf(plan, ping, at)),
    faults: plan.breaks.flatMap((each) => faultsOf(plan, each)).toSorted(byTime),
    captures: { points: 'none' },
  }
}

/** The first one is Linux, so that somebody can ping. */
function osOf({ os }: Plan['machines'][number], at: number) {
  return at === 0 ? 'linux' : os
}

function pingOf(plan: Plan, { from, to, dataBytes }: Plan['pings'][number], at: number): FlowInput {
  const senders = plan.machines.flatMap((machine, index) =>
    osOf(machine, index) === 'linux' ? [`m${index}`] : [],
  )
  const targets = [
    ...plan.machines.map(({ vlan }, index) => `10.0.${VLANS[vlan as 0 | 1]}.${index + 1}`),
    ...VLANS.map((vlan) => `10.0.${vlan}.${GATEWAY}`),
    '10.0.10.252',
  ]
  return {
    name: `p${at}`,
    kind: 'linux-ping',
    from: senders[from % senders.length] ?? 'm0',
    to: targets[to % targets.length] ?? '10.0.10.1',
    interval: '3ms',
    start: `${START_MS}ms`,
    dataBytes,
  }
}

function faultsOf(plan: Plan, { what, whom, atMs, lastsMs }: Plan['breaks'][number]): FaultInput[] {
  const machines = plan.machines.map((_, index) => `m${index}`)
  const gateways =
    { firewalls: ['fw0', 'fw1'], router: ['router'], nothing: [] }[plan.between] ?? []
  const all = [...machines, ...gateways]
  const node = all[whom % all.length] ?? 'm0'
  const at = `${atMs}ms`
  const end = atMs + lastsMs < END_MS ? { at: `${atMs + lastsMs}ms` } : undefined
  const pair = (broken: FaultInput, mended: FaultInput | undefined) =>
    mended === undefined ? [broken] : [broken, mended]
  const firewall = gateways.length === 2 ? gateways[whom % 2] : undefined
  switch (what) {
    case 0:
      return pair({ kind: 'power-off', node, at }, end && { kind: 'power-on', node, ...end })
    case 1:
      return pair(
        { kind: 'link-down', node, nic: 'eth0', at },
        end && { kind: 'link-up', node, nic: 'eth0', ...end },
      )
    case 2: {
      if (plan.uplinks.length === 0) return []
      const link = { node: 'esx', nic: `vmnic${whom % plan.uplinks.length}` }
      return pair({ kind: 'link-down', ...link, at }, end && { kind: 'link-up', ...link, ...end })
    }
    case 3: {
      const on = machines.includes(node) ? 'eth0' : `V${VLANS[(whom % 2) as 0 | 1]}`
      return pair(
        { kind: 'interface-disable', node, interface: on, at },
        end && { kind: 'interface-enable', node, interface: on, ...end },
      )
    }
    default:
      return firewall === undefined ? [] : [{ kind: 'maintenance-enter', node: firewall, at }]
  }
}

function nameOf({ name }: { readonly name: string }): string {
  return name
}

function byTime(one: FaultInput, other: FaultInput): number {
  return Number.parseFloat(String(one.at)) - Number.parseFloat(String(other.at))
}
