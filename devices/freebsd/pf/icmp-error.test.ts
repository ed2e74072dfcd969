import { describe, expect, it } from 'vitest'
import { Bench, show } from './bench.fixture.ts'
import type { NatRules } from './nat.ts'
import type { PacketSummary, QuotedPacket } from './packet.ts'
import { address, packet } from './packets.fixture.ts'
import { endpoint } from './rules.fixture.ts'

const RULES = [
  'block all',
  'pass out',
  'pass in on vmx1',
  'pass in on vmx0 proto tcp to any port 80',
]
const NAT: NatRules = {
  outbound: [
    {
      interfaces: ['vmx0'],
      source: endpoint('10.0.0.0/8'),
      destination: endpoint(),
      to: { kind: 'address', address: address('203.0.113.1') },
    },
  ],
  forwards: [
    {
      interfaces: ['vmx0'],
      source: endpoint(),
      destination: endpoint('203.0.113.1', '80'),
      to: { address: address('10.0.2.80'), port: 80 },
      pass: false,
    },
  ],
}

/** Time exceeded, from a router on the way, about a packet that went the other way. */
function errorAbout(about: PacketSummary, from: string, details: Partial<QuotedPacket> = {}) {
  const { source, sourcePort, target, targetPort, protocol, tcp } = about
  const quote = {
    ...{ source, sourcePort, target, targetPort, protocol },
    ...(tcp === undefined ? {} : { seq: tcp.seq }),
    ...details,
  }
  const error: PacketSummary = {
    ...packet(`in ${about.interface} icmp ${from} > 1.1.1.1 11`),
    direction: about.direction === 'in' ? 'out' : 'in',
    target: source,
    icmp: { type: 11, code: 0, quote },
  }
  return error
}

describe('an ICMP error', () => {
  it.each([
    ['in vmx1 tcp 10.0.1.5:1025 > 1.1.1.1:443 S'],
    ['in vmx1 udp 10.0.1.5:1025 > 1.1.1.1:53'],
    ['in vmx1 icmp 10.0.1.5 > 1.1.1.1 request 7'],
    ['in vmx1 gre 10.0.1.5 > 1.1.1.1'],
  ])('about %s passes by its state, and is translated with it', (line) => {
    const bench = new Bench(RULES, { nat: NAT })
    const inside = packet(line)
    const outside = bench.forward(inside, 'vmx0')
    bench.takeTold()
    const error = errorAbout(outside, '198.51.100.7')
    const verdict = bench.see(error)
    expect(verdict).toMatchObject({ action: 'pass', rule: { label: 'pass out' } })
    expect(verdict.translation).toMatchObject({
      source: address('198.51.100.7'),
      target: inside.source,
    })
    expect(show(verdict.translation?.quoted ?? error)).toBe(show(inside))
    // On to the client, by the state of the other interface, which has nothing to translate.
    const onward = { ...errorAbout(inside, '198.51.100.7'), interface: 'vmx1' }
    expect(bench.see(onward)).toMatchObject({
      action: 'pass',
      rule: { label: 'pass in on vmx1' },
      translation: undefined,
    })
    expect(bench.takeTold().map((told) => told.split(' ')[0])).toEqual(['update', 'update'])
  })

  it('about a forwarded port comes from the address that was asked', () => {
    const bench = new Bench(RULES, { nat: NAT })
    const asked = packet('in vmx0 tcp 9.9.9.9:1025 > 203.0.113.1:80 S')
    bench.forward(asked, 'vmx2')
    const inside = { ...asked, target: address('10.0.2.80') }
    const { translation } = bench.see(errorAbout(inside, '10.0.2.80'))
    expect(translation).toMatchObject({
      source: address('203.0.113.1'),
      target: address('9.9.9.9'),
    })
    expect(show(translation?.quoted ?? asked)).toBe(show(asked))
  })

  it('neither makes a state nor gives one time', () => {
    const bench = new Bench(RULES)
    const asked = packet('in vmx1 udp 10.0.1.5:1025 > 1.1.1.1:53')
    const { state } = bench.see(asked)
    bench.waitSeconds(5)
    bench.see(errorAbout(asked, '10.0.1.1'))
    expect(state).toMatchObject({ hitSecond: 0, packetsBackward: 1 })
    expect(bench.states.size).toBe(1)
  })

  it.each([
    ['nothing known', { sourcePort: 9 }],
    ['nothing that it shows', undefined],
    ['somebody else', { source: 77 }],
  ])('about %s is up to the rules, and makes no state', (_, details) => {
    const bench = new Bench(RULES)
    const asked = packet('out vmx0 udp 10.0.1.5:1025 > 1.1.1.1:53')
    bench.see(asked)
    const known = errorAbout(asked, '1.1.1.1', details)
    const error = details === undefined ? { ...known, icmp: { type: 11, code: 0 } } : known
    expect(bench.outcome(error)).toBe('block: block all')
    expect(bench.outcome({ ...error, direction: 'out' })).toBe('pass: pass out')
    expect(bench.states.size).toBe(1)
  })

  it.each([
    ['just sent', 1000, 'pass'],
    ['to be sent yet', 1003, 'block'],
    ['of long ago', 1000 - 2, 'block'],
  ])('about a segment %s: %s', (_, seq, action) => {
    const bench = new Bench(RULES)
    const syn = packet('in vmx1 tcp 10.0.1.5:1025 > 1.1.1.1:443 S', { seq: 1000 })
    bench.see(syn)
    const verdict = bench.see(errorAbout(syn, '1.1.1.1', { seq }))
    expect(verdict.action).toBe(action)
    if (action === 'block') expect(verdict.reason).toBe('state-mismatch')
  })

  it('about any segment passes by a sloppy state', () => {
    const bench = new Bench(['pass in sloppy'])
    const syn = packet('in vmx1 tcp 10.0.1.5:1025 > 1.1.1.1:443 S', { seq: 1000 })
    bench.see(syn)
    expect(bench.see(errorAbout(syn, '1.1.1.1', { seq: 77 })).rule.label).toBe('pass in sloppy')
  })
})
