import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../engine/time.ts'
import { readUint32, writeUint32 } from '../protocols/bytes.ts'
import { BOOT_NS, CLIENT_IP, Cluster, type NodeName, SERVER_IP } from './cluster.fixture.ts'
import { ip } from './laboratory.fixture.ts'
import { Walk } from './walk.ts'

/** A protocol of the tests: whoever gets a packet of it writes down that it did. */
const PROBE_PROTOCOL = 253
const TTL = 64

/** From whom to whom: between the networks, and to the virtual addresses themselves. */
const JOURNEYS: readonly (readonly [from: NodeName, to: string])[] = [
  ['client', SERVER_IP],
  ['server', CLIENT_IP],
  ['client', '10.10.199.254'],
  ['server', '10.10.110.254'],
  ['client', '10.10.199.252'],
  ['client', '10.10.110.254'],
  ['client', '10.10.110.252'],
  ['fw1', SERVER_IP],
  ['fw2', CLIENT_IP],
]

/** What befalls the cluster, each followed by some time. */
const EVENTS = {
  'fw1 off': ({ fw1 }) => fw1.host.powerOff(),
  'fw1 on': ({ fw1 }) => fw1.host.powerOn(),
  'fw2 off': ({ fw2 }) => fw2.host.powerOff(),
  'fw2 on': ({ fw2 }) => fw2.host.powerOn(),
  'server off': ({ hosts }) => hosts.server.powerOff(),
  'server on': ({ hosts }) => hosts.server.powerOn(),
  'client unplugged': ({ hosts }) => hosts.client.nics[0]?.port.setPlugged(false),
  'client plugged': ({ hosts }) => hosts.client.nics[0]?.port.setPlugged(true),
  'vmnic0 unplugged': ({ uplinks }) => uplinks[0]?.setPlugged(false),
  'vmnic0 plugged': ({ uplinks }) => uplinks[0]?.setPlugged(true),
  'vmnic1 unplugged': ({ uplinks }) => uplinks[1]?.setPlugged(false),
  'fw1 trunk unplugged': ({ fw1 }) => fw1.host.nics[1]?.port.setPlugged(false),
  'fw1 trunk plugged': ({ fw1 }) => fw1.host.nics[1]?.port.setPlugged(true),
  'fw1 without MGMT': ({ fw1 }) => fw1.disableInterface('MGMT'),
  'fw1 with MGMT': ({ fw1 }) => fw1.enableInterface('MGMT'),
  'fw1 without SERVER': ({ fw1 }) => fw1.disableInterface('SERVER'),
  'fw1 in maintenance': ({ fw1 }) => fw1.enterMaintenance(),
  traffic: (cluster) => {
    for (const [from, to] of JOURNEYS) send(cluster, from, to)
  },
} satisfies Record<string, (cluster: Cluster) => void>

const verdicts = fc.constantFrom('accept' as const, 'reject' as const)
const policies = fc.record({
  promiscuousMode: verdicts,
  macChanges: verdicts,
  forgedTransmits: verdicts,
})
const plans = fc.record({
  security: fc.record({ fw1: policies, fw2: policies }),
  uplinks: fc.constantFrom(1 as const, 2 as const),
  vSwitch: fc.record({ reversePathCheckPromiscuous: fc.boolean() }),
})
const events = fc.record({
  what: fc.constantFrom(...(Object.keys(EVENTS) as (keyof typeof EVENTS)[])),
  thenMs: fc.oneof(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 900, max: 8_000 })),
})

/** @param mark tells the probe that is looked for from all others */
function send(cluster: Cluster, from: NodeName, to: string, ttl = TTL, mark = 0): void {
  const stack = cluster.hosts[from].running?.stack
  if (stack === undefined) return
  const frame = stack.newPacket(4)
  writeUint32(frame.bytes, stack.payloadAt(frame), mark)
  stack.send(frame, { protocol: PROBE_PROTOCOL, target: ip(to), ttl })
}

/** Who would get the packet, according to a walk. */
function walked(cluster: Cluster, from: NodeName, to: string, ttl = TTL): string[] {
  const walk = new Walk()
  const stack = cluster.hosts[from].running?.stack
  if (stack !== undefined) {
    const [source, target] = [stack.interfaces.at(-1)?.primaryAddress ?? 0, ip(to)]
    const common = { kind: 'ipv4', protocol: PROBE_PROTOCOL, totalBytes: 24 } as const
    stack.walkPacketOut({ ...common, source, target, ttl }, walk)
  }
  return [...new Set(walk.arrived.map(({ node }) => node))].sort()
}

/** A cluster whose nodes write down the marked probes they get. A boot makes them anew. */
function observed(plan: ConstructorParameters<typeof Cluster>[0]) {
  const cluster = new Cluster(plan)
  const arrived = new Set<string>()
  let mark = 0
  const watch = () => {
    for (const [name, { running }] of Object.entries(cluster.hosts)) {
      running?.stack.handle(PROBE_PROTOCOL, ({ frame, payloadAt }) => {
        if (readUint32(frame.bytes, payloadAt) === mark) arrived.add(name)
        cluster.lab.world.frames.deliver(frame)
      })
    }
  }
  const sendMarked = (from: NodeName, to: string, ttl?: number) => {
    arrived.clear()
    send(cluster, from, to, ttl, ++mark)
  }
  return { cluster, arrived, watch, sendMarked }
}

/**
 * Sends a probe in earnest and compares. One may be kept waiting by an ARP question that was asked
 * before, for at most a second; it counts unless an election went another way meanwhile.
 */
function compare(made: ReturnType<typeof observed>, from: NodeName, to: string, ttl?: number) {
  const { cluster, arrived, watch, sendMarked } = made
  watch()
  const foreseen = walked(cluster, from, to, ttl)
  const states = () => JSON.stringify([cluster.statuses('fw1'), cluster.statuses('fw2')])
  const before = states()
  sendMarked(from, to, ttl)
  cluster.lab.runFor(SECOND_NS / 500)
  if (foreseen.length > arrived.size) cluster.lab.runFor(1.05 * SECOND_NS)
  if (states() !== before) return
  expect({ from, to, arrived: [...arrived].sort() }).toEqual({ from, to, arrived: foreseen })
}

describe('what arrives', () => {
  it('is each translation of a packet, and one of several copies', () => {
    const walk = new Walk()
    const packet = { kind: 'ipv4', protocol: 1, totalBytes: 84, target: ip('10.0.20.3') } as const
    const behind = (nat: string, ttl: number) => ({ ...packet, source: ip(nat), ttl })
    walk.arrive('server', behind('10.0.20.251', 63))
    walk.arrive('server', behind('10.0.20.251', 62))
    walk.arrive('server', behind('10.0.20.252', 63))
    expect(walk.arrived.map(({ packet: { source } }) => source)).toEqual([
      ip('10.0.20.251'),
      ip('10.0.20.252'),
    ])
    expect(walk.passProbabilityTo('server')).toBe(1)
    expect(walk.passProbabilityTo('client')).toBe(0)
  })
})

describe('a walk', () => {
  it('arrives where a packet sent now arrives, whatever has befallen the network', () => {
    const journey = fc.tuple(fc.constantFrom(...JOURNEYS), fc.constantFrom(TTL, TTL, 2, 1))
    const journeys = fc.array(journey, { minLength: 1, maxLength: 4 })
    const arrivals = { some: 0, none: 0 }
    fc.assert(
      fc.property(plans, fc.array(events, { maxLength: 6 }), journeys, (plan, befallen, sent) => {
        const made = observed(plan)
        const { cluster } = made
        cluster.start()
        cluster.runForSeconds(4)
        made.watch()
        for (const { what, thenMs } of befallen) {
          EVENTS[what](cluster)
          cluster.lab.runFor(thenMs * 1_000_000)
          made.watch()
        }
        for (const [[from, to], ttl] of sent) {
          compare(made, from, to, ttl)
          arrivals[made.arrived.size > 0 ? 'some' : 'none']++
        }
      }),
      { numRuns: 200 },
    )
    // Or else the property would be about nothing.
    expect(Math.min(arrivals.some, arrivals.none)).toBeGreaterThan(50)
  }, 30_000)

  it('changes nothing: neither tables nor counters nor the order of what is to come', () => {
    const run = (looking: boolean) => {
      const cluster = new Cluster()
      cluster.start()
      for (let second = 0; second < 12; second++) {
        cluster.runForSeconds(1)
        if (second === 5) cluster.fw1.host.powerOff()
        if (looking) for (const [from, to] of JOURNEYS) walked(cluster, from, to)
        send(cluster, 'client', SERVER_IP)
      }
      const { digest, scheduler, frames } = cluster.lab.world
      return [digest.toString(), scheduler.eventsRun, frames.sent]
    }
    expect(run(true)).toEqual(run(false))
  })

  it('knows that whoever did not answer is asked anew', () => {
    const made = observed({})
    const { cluster } = made
    cluster.start()
    cluster.runForSeconds(4)
    cluster.hosts.server.powerOff()
    send(cluster, 'client', SERVER_IP)
    cluster.runForSeconds(6)
    cluster.hosts.server.powerOn()
    cluster.lab.runFor(BOOT_NS)
    made.watch()
    expect(walked(cluster, 'client', SERVER_IP)).toEqual(['server'])
    compare(made, 'client', SERVER_IP)
  })

  it('tells which firewall a virtual address is at', () => {
    const { cluster, watch } = observed({})
    const at = () => {
      watch()
      return walked(cluster, 'client', '10.10.199.254')
    }
    cluster.start()
    cluster.runForSeconds(4)
    expect(at()).toEqual(['fw1'])
    cluster.fw1.host.powerOff()
    expect(at()).toEqual([])
    cluster.runForSeconds(4)
    expect(at()).toEqual(['fw2'])
    cluster.fw1.host.powerOn()
    cluster.lab.runFor(BOOT_NS)
    expect(at()).toEqual(['fw2'])
    cluster.runForSeconds(1.5)
    expect(at()).toEqual(['fw1'])
  })
})
