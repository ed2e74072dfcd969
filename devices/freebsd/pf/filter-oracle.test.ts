import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../../engine/time.ts'
import { Bench, show } from './bench.fixture.ts'
import { flowOf, NaiveFilter, type NaiveState } from './naive-filter.fixture.ts'
import type { OutboundNat, PortForward } from './nat.ts'
import type { PacketSummary } from './packet.ts'
import { address, packet } from './packets.fixture.ts'
import { endpoint, rule } from './rules.fixture.ts'
import { endpointsOf, type PfState } from './state.ts'

/** A small world, so that flows meet: a few hosts, ports and interfaces. */
const HOSTS = ['10.0.1.5', '10.0.1.70', '10.0.2.80', '203.0.113.1', '1.1.1.1']
const PORTS = [1, 2, 80]
const PLACES = ['any', '!10.0.1.5', '10.0.1.0/24', '<admins>', 'self', '!(vmx1)', '1.1.1.1']
const PROTOCOLS = ['tcp', 'udp', 'icmp', 'gre']
const INTERFACES = ['vmx0', 'vmx1', 'vmx2']

// --- Random rules and packets ------------------------------------------------------------------

const maybe = (text: fc.Arbitrary<string>, odds = 2) =>
  fc.oneof({ weight: odds, arbitrary: fc.constant('') }, { weight: 1, arbitrary: text })
const oneOf = (words: readonly string[]) => fc.constantFrom(...words)
const line = (...parts: fc.Arbitrary<string>[]) =>
  fc.tuple(...parts).map((words) => words.filter((word) => word !== '').join(' '))

const ruleLine = line(
  fc.constantFrom('pass', 'pass', 'pass', 'block'),
  maybe(oneOf(['in', 'out'])),
  maybe(fc.constant('quick')),
  maybe(oneOf(['on vmx1', 'on vmx0,vmx2'])),
  maybe(oneOf(['proto tcp', 'proto udp,icmp', 'proto tcp,udp'])),
  oneOf(PLACES).map((place) => `from ${place}`),
  oneOf(PLACES).map((place) => `to ${place}`),
  maybe(oneOf(['port 80', 'port 1:2'])),
  maybe(oneOf(['flags any'])),
  maybe(oneOf(['no state']), 6),
  maybe(oneOf(['floating', 'if-bound']), 4),
)

const outboundNat: fc.Arbitrary<OutboundNat> = fc.record({
  interfaces: fc.constant(['vmx0']),
  source: oneOf(PLACES).map((place) => endpoint(place)),
  destination: fc.constantFrom(endpoint(), endpoint('any', '80')),
  to: fc.constantFrom<OutboundNat['to']>(
    { kind: 'address', address: address('203.0.113.1') },
    { kind: 'interface', name: 'vmx0' },
    { kind: 'none' },
  ),
  ports: fc.constantFrom<NonNullable<OutboundNat['ports']>>('static', { from: 1, to: 3 }),
})

const portForward: fc.Arbitrary<PortForward> = fc.record({
  interfaces: fc.constant(['vmx0']),
  protocols: fc.constantFrom([6], [6, 17]),
  source: fc.constant(endpoint()),
  destination: fc.constantFrom(endpoint('203.0.113.1', '80'), endpoint('self', '1:2')),
  to: fc.constantFrom(
    { address: address('10.0.2.80') },
    { address: address('10.0.2.80'), port: 80 },
  ),
  pass: fc.boolean(),
})

/** With numbers that always fit: the windows have tests of their own. */
const anyPacket: fc.Arbitrary<PacketSummary> = fc
  .tuple(
    oneOf(['in', 'out']),
    oneOf(INTERFACES),
    oneOf(PROTOCOLS),
    oneOf(HOSTS),
    oneOf(HOSTS),
    fc.constantFrom(...PORTS),
    fc.constantFrom(...PORTS),
    fc.constantFrom('S', 'S', 'SA', 'A', 'PA', 'FA', 'R'),
    oneOf(['request', 'reply', '42']),
  )
  .map(([direction, on, protocol, source, target, from, to, flags, type]) => {
    const ports = protocol === 'tcp' || protocol === 'udp'
    const [left, right] = ports ? [`${source}:${from}`, `${target}:${to}`] : [source, target]
    const rest = { tcp: flags, icmp: `${type} ${from}` }[protocol] ?? ''
    const text = `${direction} ${on} ${protocol} ${left} > ${right} ${rest}`.trim()
    return packet(text, { seq: 1000, ack: 1000 })
  })

/** A packet, or the answer to the one before last: flows must come about. */
const event = fc.record({
  packet: anyPacket,
  answer: fc.integer({ min: 0, max: 4 }),
  waitSeconds: fc.constantFrom(0, 0, 0, 0.07, 1.3, 12, 40, 100),
})

// --- The comparison ----------------------------------------------------------------------------

function describeState(state: PfState): string {
  const { direction, interface: bound, wire, stack, source, destination, timeout } = state
  const arriving = show(endpointsOf('in', wire))
  const leaving = show(endpointsOf('out', stack))
  const levels = `${source.level}:${destination.level}`
  const packets = `${state.packetsForward}+${state.packetsBackward}`
  return `${direction} ${bound} ${wire.protocol} ${arriving} | ${leaving} ${levels} ${timeout} ${state.hitSecond} ${packets}`
}

function describeNaive(state: NaiveState): string {
  const { direction, bound, protocol, levels, timeout, hitSecond, packets } = state
  const arriving = show(flowOf(state, 'in'))
  const leaving = show(flowOf(state, 'out'))
  return `${direction} ${bound} ${protocol} ${arriving} | ${leaving} ${levels.maker}:${levels.other} ${timeout} ${hitSecond} ${packets.join('+')}`
}

function reply(to: PacketSummary, on: PacketSummary): PacketSummary {
  return {
    ...to,
    direction: to.direction === 'in' ? 'out' : 'in',
    interface: on.interface,
    source: to.target,
    sourcePort: to.targetPort,
    target: to.source,
    targetPort: to.sourcePort,
    ...(to.tcp === undefined || on.tcp === undefined ? {} : { tcp: on.tcp }),
  }
}

describe('the filter', () => {
  it('never disagrees with an oracle that keeps its states in an array', () => {
    let found = 0
    fc.assert(
      fc.property(
        fc.array(ruleLine, { maxLength: 6 }),
        fc.constantFrom<'floating' | 'if-bound'>('floating', 'if-bound'),
        fc.array(outboundNat, { maxLength: 2 }),
        fc.array(portForward, { maxLength: 2 }),
        fc.array(event, { minLength: 1, maxLength: 60 }),
        (lines, policy, outbound, forwards, events) => {
          const drawing = () => {
            let draws = 0
            return (from: number, to: number) => {
              draws += 1
              return from + ((draws * 7919) % (to - from))
            }
          }
          const bench = new Bench(lines, {
            statePolicy: policy,
            nat: { outbound, forwards },
            draws: { integer: drawing() },
          })
          const naive = new NaiveFilter({
            rules: lines.map(rule),
            policy,
            outbound,
            forwards,
            draw: drawing(),
          })
          let nowNs = 0
          let last: PacketSummary | undefined
          for (const { packet: drawn, answer, waitSeconds } of events) {
            nowNs += waitSeconds * SECOND_NS
            const seen = answer > 1 && last !== undefined ? reply(last, drawn) : drawn
            const verdict = bench.filter.inspect(seen, nowNs)
            const expected = naive.inspect(seen, nowNs)
            const why = verdict.reason === 'match' ? verdict.rule.label : verdict.reason
            expect(`${verdict.action}: ${why}`).toBe(expected.outcome)
            if (expected.flow !== undefined) {
              expect(show(verdict.translation ?? seen)).toBe(show(expected.flow))
              last = { ...seen, ...verdict.translation }
            }
            expect(bench.states.all().map(describeState).toSorted()).toEqual(
              naive.arriving.map(describeNaive).toSorted(),
            )
            expect(bench.states.counters.expired).toBe(naive.expired)
            found += verdict.state !== undefined && verdict.state.packetsBackward > 0 ? 1 : 0
          }
        },
      ),
      { numRuns: 1500 },
    )
    // The world is small enough for flows to get answers.
    expect(found).toBeGreaterThan(500)
  })
})
