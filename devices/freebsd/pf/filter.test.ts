import { describe, expect, it } from 'vitest'
import { Bench, ruleSet } from './bench.fixture.ts'
import { answerTo, packet } from './packets.fixture.ts'
import { endpoint, rule } from './rules.fixture.ts'
import { TIMEOUT } from './timeouts.ts'

const DENY = { ...rule('block all'), label: 'Default deny rule IPv4', log: true }
const LAN = 'pass in quick on vmx1 from 10.0.1.0/24'
const OUT = 'pass out'
const RULES = [DENY, OUT, LAN]

const SYN = packet('in vmx1 tcp 10.0.1.5:50000 > 1.1.1.1:443 S', { seq: 100 })

describe('a packet without a state', () => {
  it('is up to the rules, and makes a state where one passes it', () => {
    const bench = new Bench(RULES)
    expect(bench.outcome(SYN)).toBe(`pass: ${LAN}`)
    expect(bench.states.size).toBe(1)
    expect(bench.outcome('in vmx0 tcp 1.1.1.1:1 > 10.0.1.5:22 S')).toBe(
      'block: Default deny rule IPv4',
    )
    expect(bench.states.size).toBe(1)
  })

  it('makes none by a rule that keeps none', () => {
    const bench = new Bench(['pass all no state'])
    bench.see(SYN)
    expect(bench.states.size).toBe(0)
  })

  // What a failover without pfsync looks like: the connection is known to its ends only.
  it.each(['A', 'PA', 'SA', 'FA', 'R', 'RA'])('in mid-connection, flags %s, dies', (flags) => {
    const bench = new Bench(RULES)
    const verdict = bench.see(`in vmx1 tcp 10.0.1.5:50000 > 1.1.1.1:443 ${flags}`)
    expect(verdict).toMatchObject({
      action: 'block',
      reason: 'match',
      rule: { label: 'Default deny rule IPv4', number: 0 },
      state: undefined,
      logged: true,
    })
  })

  it('of UDP or ICMP makes its state at any time, in either direction', () => {
    const bench = new Bench(['pass all'])
    expect(bench.see('in vmx1 icmp 10.0.1.5 > 1.1.1.1 reply 7').state).toBeDefined()
    expect(bench.see('in vmx1 udp 10.0.1.5:53 > 1.1.1.1:9999').state).toBeDefined()
  })

  it('finds no room when the table is full', () => {
    const bench = new Bench(RULES, { states: { limit: 1 } })
    bench.see('in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53')
    expect(bench.see('in vmx1 udp 10.0.1.5:2 > 1.1.1.1:53')).toMatchObject({
      action: 'block',
      reason: 'memory',
      rule: { label: LAN },
    })
  })

  it('that is a fragment makes no state', () => {
    const bench = new Bench(['pass all'])
    expect(bench.outcome('in vmx1 udp 10.0.1.5 > 1.1.1.1', { fragment: true })).toBe(
      'pass: pass all',
    )
    expect(bench.states.size).toBe(0)
  })
})

describe('a packet with a state', () => {
  it('passes whatever the rules say of it, and so do the answers', () => {
    const bench = new Bench(RULES)
    const { state } = bench.see(SYN)
    expect(bench.see(answerTo(SYN)).state).toBe(state)
    const ack = packet('in vmx1 tcp 10.0.1.5:50000 > 1.1.1.1:443 A', { seq: 101, ack: 5002 })
    expect(bench.see(ack)).toMatchObject({ action: 'pass', reason: 'match', rule: { label: LAN } })
    expect(bench.states.size).toBe(1)
  })

  it('goes on when the rules are replaced, by the rule that made it', () => {
    const bench = new Bench(RULES)
    bench.see(SYN)
    bench.filter.load(ruleSet(['block all']), { outbound: [], forwards: [] })
    expect(bench.outcome(answerTo(SYN))).toBe(`pass: ${LAN}`)
    expect(bench.outcome('in vmx1 tcp 10.0.1.6:1 > 1.1.1.1:443 S')).toBe('block: block all')
  })

  it('is counted in its direction, the first one too', () => {
    const bench = new Bench(RULES)
    const { state } = bench.see('in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53', { totalBytes: 60 })
    const answer = answerTo(packet('in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53', { totalBytes: 200 }))
    bench.see(answer)
    bench.see(answer)
    expect(state).toMatchObject({
      packetsForward: 1,
      bytesForward: 60,
      packetsBackward: 2,
      bytesBackward: 400,
    })
  })

  it('is dropped unlogged and uncounted when it does not fit, and no rule is to blame', () => {
    const bench = new Bench(RULES)
    const { state } = bench.see(SYN)
    bench.see(answerTo(SYN))
    bench.takeTold()
    const far = packet('in vmx1 tcp 10.0.1.5:50000 > 1.1.1.1:443 PA', {
      seq: 10_000_000,
      ack: 5002,
      payloadBytes: 10,
    })
    expect(bench.see(far)).toMatchObject({
      action: 'block',
      reason: 'state-mismatch',
      rule: { number: -1 },
      state,
      logged: false,
    })
    expect(bench.takeTold()).toEqual([])
    expect(state?.packetsForward).toBe(1)
  })

  it('of TCP starts anew on the ports of a connection that is over', () => {
    const bench = new Bench(RULES)
    const { state: old } = bench.see(SYN)
    bench.see(answerTo(SYN, { flags: 'RA' }))
    const { state } = bench.see(SYN)
    expect(state).not.toBe(old)
    expect(bench.states.size).toBe(1)
    const first = old?.id.low ?? 0
    expect(bench.takeTold()).toEqual([
      `insert ${first} local`,
      `update ${first}`,
      `delete ${first} reused`,
      `insert ${first + 1} local`,
    ])
  })

  it('with IP options passes where its rule allows them', () => {
    const bench = new Bench(['pass proto udp all', 'pass proto gre allow-opts'])
    const udp = 'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53'
    const gre = 'in vmx1 gre 10.0.1.5 > 1.1.1.1'
    for (const expected of ['made', 'found']) {
      const { action, reason, state } = bench.see(udp, { options: true })
      expect({ action, reason, expected }).toEqual({
        action: 'block',
        reason: 'ip-option',
        expected,
      })
      expect(state).toBeDefined()
      expect(bench.see(gre, { options: true }).action).toBe('pass')
    }
  })
})

describe('a flow through the firewall', () => {
  it('has two states with consecutive ids, in where it comes in and out where it goes out', () => {
    const bench = new Bench(RULES)
    bench.forward(SYN, 'vmx0')
    const [inbound, outbound] = bench.states.all()
    expect([inbound?.direction, inbound?.originalInterface]).toEqual(['in', 'vmx1'])
    expect([outbound?.direction, outbound?.originalInterface]).toEqual(['out', 'vmx0'])
    expect((outbound?.id.low ?? 0) - (inbound?.id.low ?? 0)).toBe(1)
    const answer = { ...answerTo(SYN), direction: 'in' as const, interface: 'vmx0' }
    bench.forward(answer, 'vmx1')
    expect(bench.states.size).toBe(2)
    expect([inbound?.packetsBackward, outbound?.packetsBackward]).toEqual([1, 1])
  })
})

describe('levels and timeouts of flows without a connection', () => {
  it.each([
    [
      'udp',
      'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53',
      [
        ['>', '1:0', 'udpFirst'],
        ['>', '1:0', 'udpSingle'],
        ['<', '2:1', 'udpSingle'],
        ['>', '2:2', 'udpMultiple'],
        ['<', '2:2', 'udpMultiple'],
      ],
    ],
    [
      'gre',
      'in vmx1 gre 10.0.1.5 > 1.1.1.1',
      [
        ['>', '1:0', 'otherFirst'],
        ['<', '2:1', 'otherSingle'],
        ['>', '2:2', 'otherMultiple'],
      ],
    ],
    [
      'icmp',
      'in vmx1 icmp 10.0.1.5 > 1.1.1.1 request 4660',
      [
        ['>', '0:0', 'icmpFirst'],
        ['<', '0:0', 'icmpError'],
        ['>', '0:0', 'icmpError'],
      ],
    ],
  ] as const)('%s', (_, line, steps) => {
    const bench = new Bench(RULES)
    const seen = steps.map(([way]) => {
      const { state } = bench.see(way === '>' ? packet(line) : answerTo(packet(line)))
      if (state === undefined) return []
      const timeout = Object.entries(TIMEOUT).find(([, index]) => index === state.timeout)?.[0]
      return [way, `${state.source.level}:${state.destination.level}`, timeout]
    })
    expect(seen).toEqual(steps)
    expect(bench.states.size).toBe(1)
  })

  it('an echo with another identifier is another flow', () => {
    const bench = new Bench(RULES)
    bench.see('in vmx1 icmp 10.0.1.5 > 1.1.1.1 request 1')
    bench.see('in vmx1 icmp 10.0.1.5 > 1.1.1.1 request 2')
    expect(bench.states.size).toBe(2)
    expect(bench.outcome('out vmx1 icmp 1.1.1.1 > 10.0.1.5 reply 3')).toBe(`pass: ${OUT}`)
    expect(bench.states.size).toBe(3)
  })
})

describe('what is refused rather than dropped', () => {
  it.each([
    ['in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:2 S', 'tcpReset'],
    ['in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:2 R', undefined],
    ['in vmx1 udp 10.0.1.5:1 > 1.1.1.1:2', 'portUnreachable'],
    ['in vmx1 gre 10.0.1.5 > 1.1.1.1', 'portUnreachable'],
    ['in vmx1 icmp 10.0.1.5 > 1.1.1.1 request 1', undefined],
  ])('%s is answered by %s', (line, answer) => {
    const verdict = new Bench(['reject all']).see(line)
    expect([verdict.action, verdict.answer]).toEqual(['block', answer])
    expect(new Bench(['block all']).see(line).answer).toBeUndefined()
  })
})

/** Asks once, and never again. */
const NOBODY = { note: () => {}, expires: () => {} }

describe('what is foreseen', () => {
  const nat = {
    outbound: [
      {
        interfaces: ['vmx0'],
        source: endpoint('10.0.0.0/8'),
        destination: endpoint(),
        to: { kind: 'interface', name: 'vmx0' },
        ports: { from: 5, to: 6 },
      } as const,
    ],
    forwards: [],
  }

  it('is what happens, and leaves no trace', () => {
    const bench = new Bench(['block all', 'pass out'], { nat })
    const lines = [
      'out vmx0 udp 10.0.1.5:1 > 1.1.1.1:53',
      'in vmx0 udp 1.1.1.1:53 > 203.0.113.2:5',
      'in vmx0 udp 1.1.1.1:53 > 203.0.113.2:6',
      'out vmx0 udp 10.0.1.6:1 > 1.1.1.1:53',
      'out vmx0 udp 10.0.1.7:1 > 1.1.1.1:53',
    ]
    for (const line of lines) {
      const seen = packet(line)
      const { action, translation } = bench.filter.foresee(seen, NOBODY)
      const before = bench.told.length
      const verdict = bench.see(seen)
      expect(before).toBe(bench.told.length - (action === 'pass' ? 1 : 0))
      expect(action).toBe(verdict.action)
      expect(translation?.target).toBe(verdict.translation?.target)
    }
    expect(bench.outcome('out vmx0 udp 10.0.1.8:1 > 1.1.1.1:53')).toBe('block: map-failed')
  })
})
