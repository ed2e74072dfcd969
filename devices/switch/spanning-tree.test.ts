import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import { ethernet } from '../frames.fixture.ts'
import { CountingWatch, Laboratory, mac, Recorder } from '../laboratory.fixture.ts'
import { LearningSwitch, type SwitchPortFeatures } from '../learning-switch.ts'
import type { Port } from '../port.ts'
import { Walk } from '../walk.ts'
import { type SpanningTree, startSpanningTrees } from './spanning-tree.ts'

const ALICE = '02:00:00:00:00:0a'
const BOB = '02:00:00:00:00:0b'
const BROADCAST = 'ff:ff:ff:ff:ff:ff'
const EDGE: SwitchPortFeatures = {
  spanningTree: { portFast: true, bpduGuard: false, portPriority: 128 },
}
const GUARDED: SwitchPortFeatures = {
  spanningTree: { portFast: true, bpduGuard: true, portPriority: 128 },
}

type Mode = 'stp' | 'rstp'

interface Event {
  readonly atS: number
  readonly node: string
  readonly kind: string
  readonly text: string
}

/** Switches named by their bridge addresses: the lowest is the root. */
class Switches {
  readonly lab = new Laboratory()
  readonly events: Event[] = []
  readonly ports = new Map<string, Port>()
  readonly ends = new Map<string, Recorder>()
  readonly #switches = new Map<string, LearningSwitch>()

  constructor() {
    this.lab.world.journal.listen(({ timeNs, node, kind, text }) => {
      this.events.push({ atS: timeNs / SECOND_NS, node, kind, text })
    })
  }

  add(name: string, mode: Mode, recovery: 'bpduguard'[] = []): LearningSwitch {
    const made = new LearningSwitch(this.lab.world, name, {
      ageingNs: 300 * SECOND_NS,
      forwardingDelayNs: 4000,
      spanningTree: {
        mode,
        id: { priority: 32_768, address: mac('02:1d:00:00:00:00') + this.#switches.size * 256 },
        maxAgeNs: 20 * SECOND_NS,
        helloTimeNs: 2 * SECOND_NS,
        forwardDelayNs: 15 * SECOND_NS,
      },
      errDisableRecovery: { causes: recovery, intervalNs: 30 * SECOND_NS },
    })
    this.#switches.set(name, made)
    return made
  }

  port(name: string, number: number, features: SwitchPortFeatures = {}): Port {
    const key = `${name} ${number}`
    let port = this.ports.get(key)
    if (port === undefined) {
      const device = this.#switches.get(name) as LearningSwitch
      port = device.addPort(String(number), { mode: 'access', vlanId: 10 }, features)
      this.ports.set(key, port)
    }
    return port
  }

  cable(a: string, aPort: number, b: string, bPort: number): Port {
    const port = this.port(a, aPort)
    this.lab.connect(port, this.port(b, bPort))
    return port
  }

  end(name: string, at: string, port: number, features: SwitchPortFeatures): Recorder {
    const end = new Recorder(this.lab.world, name)
    this.lab.connect(end.port, this.port(at, port, features))
    this.ends.set(name, end)
    return end
  }

  get trees(): SpanningTree[] {
    return [...this.#switches.values()].flatMap(({ spanningTree }) => spanningTree ?? [])
  }

  start(): void {
    startSpanningTrees(this.trees)
  }

  /** `root forwarding` of each port of a switch. */
  states(name: string): string[] {
    const bridge = this.#switches.get(name)?.spanningTree?.bridge
    return (bridge?.ports ?? []).map(({ role, state }) => `${role} ${state}`)
  }
}

/** Two switches with two cables between them, and a station at each. */
function pair(mode: Mode, other: Mode = mode) {
  const net = new Switches()
  net.add('sw1', mode)
  net.add('sw2', other)
  const first = net.cable('sw1', 1, 'sw2', 1)
  net.cable('sw1', 2, 'sw2', 2)
  const alice = net.end('alice', 'sw1', 3, EDGE)
  const bob = net.end('bob', 'sw2', 3, EDGE)
  const passes = () => {
    bob.takeReceived()
    alice.send(ethernet({ to: BROADCAST, from: ALICE }))
    net.lab.runFor(1_000_000)
    return bob.takeReceived().filter((hex) => hex.startsWith('ffff')).length
  }
  const walkPasses = () => {
    bob.walked.length = 0
    const frame = { ...WALKED, destinationMac: mac(BROADCAST) }
    net.port('sw1', 3).device.walk(frame, net.port('sw1', 3), new Walk(new CountingWatch()))
    return bob.walked.length
  }
  return { net, first, alice, bob, passes, walkPasses }
}

const WALKED = {
  sourceMac: mac(ALICE),
  vlanId: undefined,
  payload: { kind: 'arpRequest', senderIp: 1, senderMac: mac(ALICE), targetIp: 2 },
} as const

/** After how many seconds a broadcast crosses again; the walk must say the same all the time. */
function secondsUntilItPasses({ net, passes, walkPasses }: ReturnType<typeof pair>): number {
  const fromNs = net.lab.nowNs
  for (;;) {
    const walked = walkPasses()
    const passed = passes()
    if (walked !== passed) throw new Error(`walked ${walked}, passed ${passed}`)
    const seconds = (net.lab.nowNs - fromNs) / SECOND_NS
    if (passed > 0 || seconds > 100) return seconds
    net.lab.runFor(100_000_000)
  }
}

describe('a loop of two switches', () => {
  it.each(['stp', 'rstp'] as const)('is broken by %s, before and after the first BPDU', (mode) => {
    const { net, passes, walkPasses } = pair(mode)
    net.start()
    expect(net.states('sw1')).toEqual(Array(3).fill('designated forwarding'))
    const expected = ['root forwarding', 'alternate blocking', 'designated forwarding']
    expect(net.states('sw2')).toEqual(expected)
    expect([walkPasses(), passes()]).toEqual([1, 1])
    net.lab.runForSeconds(60)
    expect(net.states('sw2')).toEqual(expected)
    expect([walkPasses(), passes()]).toEqual([1, 1])
    expect(net.events).toEqual([])
  })

  it('is opened by RSTP at once when the first cable is cut', () => {
    const all = pair('rstp')
    all.net.start()
    all.net.lab.runForSeconds(10)
    all.first.setPlugged(false)
    expect(secondsUntilItPasses(all)).toBeLessThan(0.1)
    expect(all.net.states('sw2')[1]).toBe('root forwarding')
  })

  it('is opened by STP after listening and learning', () => {
    const all = pair('stp')
    all.net.start()
    all.net.lab.runForSeconds(10)
    all.first.setPlugged(false)
    expect(secondsUntilItPasses(all)).toBeCloseTo(30, 0)
  })

  it('falls back to the first cable by proposal and agreement, without a loop', () => {
    const all = pair('rstp')
    all.net.start()
    all.net.lab.runForSeconds(10)
    all.first.setPlugged(false)
    all.net.lab.runForSeconds(10)
    all.first.setPlugged(true)
    all.net.lab.runFor(1_000_000)
    expect([all.walkPasses(), all.passes()]).toEqual([1, 1])
    expect(all.net.states('sw2').slice(0, 2)).toEqual(['root forwarding', 'alternate blocking'])
    expect(all.passes()).toBe(1)
  })

  it('is broken too where one of them speaks STP only', () => {
    const all = pair('rstp', 'stp')
    all.net.start()
    all.net.lab.runForSeconds(60)
    expect([all.walkPasses(), all.passes()]).toEqual([1, 1])
  })

  it('without a start in agreement, comes to the same tree', () => {
    const all = pair('rstp')
    for (const tree of all.net.trees) tree.start(false)
    all.net.lab.runForSeconds(5)
    expect(all.net.states('sw2').slice(0, 2)).toEqual(['root forwarding', 'alternate blocking'])
    expect(all.passes()).toBe(1)
  })
})

describe('a silent root', () => {
  /** The frames of sw1, the root, are lost while the links stay up. */
  function hidden(mode: Mode) {
    const all = pair(mode)
    all.net.start()
    all.net.lab.runForSeconds(10)
    for (const number of [1, 2]) all.net.port('sw1', number).setLoss(1)
    return all
  }

  it('is forgotten by RSTP after three hellos, by STP after the maximum age', () => {
    for (const [mode, fromS, toS] of [
      ['rstp', 4, 6.1],
      ['stp', 18, 20.1],
    ] as const) {
      const { net } = hidden(mode)
      const cutS = net.lab.nowNs / SECOND_NS
      const isRoot = () => net.states('sw2').every((it) => it.startsWith('designated'))
      while (!isRoot() && net.lab.nowNs / SECOND_NS < cutS + 60) net.lab.runFor(100_000_000)
      const seconds = net.lab.nowNs / SECOND_NS - cutS
      expect(seconds).toBeGreaterThan(fromS)
      expect(seconds).toBeLessThan(toS)
    }
  })
})

describe('a port whose link comes up', () => {
  it.each(['stp', 'rstp'] as const)('of %s listens and learns if it is no edge port', (mode) => {
    const net = new Switches()
    net.add('sw1', mode)
    const alice = net.end('alice', 'sw1', 1, {})
    const bob = net.end('bob', 'sw1', 2, EDGE)
    net.start()
    alice.port.setPlugged(false)
    alice.port.setPlugged(true)
    net.lab.runForSeconds(20)
    alice.send(ethernet({ to: BROADCAST, from: ALICE }))
    net.lab.runForSeconds(1)
    expect(net.lab.takeDrops()).toEqual(['stpBlocked at sw1 1'])
    // It learned meanwhile, but what it learned cannot be reached yet.
    bob.send(ethernet({ to: ALICE, from: BOB }))
    net.lab.runForSeconds(1)
    expect(net.lab.takeDrops()).toEqual(['stpBlocked at sw1 1'])
    net.lab.runForSeconds(9)
    alice.takeReceived()
    bob.send(ethernet({ to: ALICE, from: BOB }))
    net.lab.runFor(1_000_000)
    expect(alice.takeReceived()).toHaveLength(1)
    const states = net.events.filter(({ kind }) => kind === 'stp.portState')
    expect(states.map(({ atS, text }) => `${atS} ${text}`)).toEqual([
      '0 1 is disabled',
      '0 1 is listening (designated port)',
      '15 1 is learning (designated port)',
      '30 1 is forwarding (designated port)',
    ])
  })

  it('forwards at once if it is an edge port, and tells nobody of a change', () => {
    const net = new Switches()
    net.add('sw1', 'rstp')
    const alice = net.end('alice', 'sw1', 1, EDGE)
    const bob = net.end('bob', 'sw1', 2, EDGE)
    net.start()
    alice.port.setPlugged(false)
    alice.port.setPlugged(true)
    alice.send(ethernet({ to: BROADCAST, from: ALICE }))
    net.lab.runFor(1_000_000)
    expect(bob.takeReceived().filter((it) => it.startsWith('ffff'))).toHaveLength(1)
    expect(net.events.some(({ kind }) => kind === 'stp.topologyChange')).toBe(false)
  })
})

describe('a topology change', () => {
  it('of RSTP makes the other switch forget what it learned, and not at its edge', () => {
    const { net, first, alice, bob } = pair('rstp')
    net.start()
    bob.send(ethernet({ to: BROADCAST, from: BOB }))
    alice.send(ethernet({ to: BOB, from: ALICE }))
    net.lab.runForSeconds(1)
    first.setPlugged(false)
    net.lab.runForSeconds(1)
    bob.takeReceived()
    // sw1 does not know where Bob is and floods; sw2 still does.
    alice.send(ethernet({ to: BOB, from: ALICE }))
    net.lab.runFor(1_000_000)
    expect(bob.takeReceived().filter((it) => it.startsWith('02'))).toHaveLength(1)
    expect(net.events.some(({ kind }) => kind === 'stp.topologyChange')).toBe(true)
  })

  it('of STP lets addresses age within the forward delay, and as usual later', () => {
    const net = new Switches()
    net.add('sw1', 'stp')
    net.add('sw2', 'stp')
    net.cable('sw1', 1, 'sw2', 1)
    const alice = net.end('alice', 'sw1', 2, EDGE)
    const bob = net.end('bob', 'sw1', 3, EDGE)
    const carol = net.end('carol', 'sw1', 4, EDGE)
    const late = net.end('late', 'sw2', 2, {})
    net.start()
    late.port.setPlugged(false)
    late.port.setPlugged(true)
    net.lab.runForSeconds(29)
    // One second later that port forwards, which is a change.
    const teach = () => bob.send(ethernet({ to: BROADCAST, from: BOB }))
    const isFlooded = () => {
      net.lab.runFor(1_000_000)
      carol.takeReceived()
      alice.send(ethernet({ to: BOB, from: ALICE }))
      net.lab.runFor(1_000_000)
      return carol.takeReceived().some((it) => it.startsWith(BOB.replaceAll(':', '')))
    }
    teach()
    net.lab.runForSeconds(10)
    expect(isFlooded()).toBe(false)
    net.lab.runForSeconds(6)
    expect(isFlooded()).toBe(true)
    net.lab.runForSeconds(60)
    teach()
    net.lab.runForSeconds(16)
    expect(isFlooded()).toBe(false)
  })
})

describe('BPDU guard', () => {
  it('shuts a port that hears a bridge, and opens it again after the recovery interval', () => {
    const net = new Switches()
    net.add('sw1', 'rstp', ['bpduguard'])
    net.add('sw2', 'rstp')
    const guarded = net.port('sw1', 1, GUARDED)
    net.lab.connect(guarded, net.port('sw2', 1))
    for (const tree of net.trees) tree.start(false)
    net.lab.runForSeconds(5)
    expect(guarded.up).toBe(false)
    const atS = net.events.find(({ kind }) => kind === 'port.errDisabled')?.atS ?? -1
    expect(net.states('sw2')).toEqual(['disabled disabled'])
    net.lab.runForSeconds(30)
    const guard = net.events.filter(({ kind }) => kind.startsWith('port.'))
    expect(guard.map((it) => [it.kind, Math.round(it.atS - atS)])).toEqual([
      ['port.errDisabled', 0],
      ['port.recovered', 30],
      ['port.errDisabled', 30],
    ])
  })

  it('stays shut where recovery is off', () => {
    const net = new Switches()
    net.add('sw1', 'rstp')
    net.add('sw2', 'rstp')
    net.lab.connect(net.port('sw1', 1, GUARDED), net.port('sw2', 1))
    for (const tree of net.trees) tree.start(false)
    net.lab.runForSeconds(1000)
    expect(net.port('sw1', 1).up).toBe(false)
    expect(net.events.filter(({ kind }) => kind === 'port.errDisabled')).toHaveLength(1)
  })
})
