import { describe, expect, it } from 'vitest'
import { HOST, ruleSet } from './bench.fixture.ts'
import { type Details, packet } from './packets.fixture.ts'

function decision(rules: readonly string[], line: string, details: Details = {}): string {
  const { action, label } = ruleSet(rules).decide(packet(line, details), HOST)
  return label === '' ? `${action} by default` : label
}

describe('of the rules that match', () => {
  const LINE = 'in vmx1 udp 10.0.1.5:1000 > 1.1.1.1:53'

  it.each([
    ['none: pass, as pf does by default', [], 'pass by default'],
    ['the last one decides', ['block in all', 'pass in all', 'block all'], 'block all'],
    [
      'a quick one ends the search',
      ['block in all', 'pass in quick all', 'block all'],
      'pass in quick all',
    ],
    ['a quick one that does not match does not', ['pass all', 'block out quick all'], 'pass all'],
  ])('%s', (_, rules, expected) => {
    expect(decision(rules, LINE)).toBe(expected)
  })

  it('has its place and its tracker to tell it by', () => {
    const { number, tracker } = ruleSet(['block all', 'pass all']).decide(packet(LINE), HOST)
    expect({ number, tracker }).toEqual({ number: 1, tracker: 0 })
  })
})

/** A rule, a packet, and whether the one matches the other. */
const TABLE: readonly [rule: string, packet: string, matches: boolean][] = [
  ['pass in all', 'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53', true],
  ['pass in all', 'out vmx1 udp 10.0.1.5:1 > 1.1.1.1:53', false],
  ['pass on vmx1,vmx2 all', 'in vmx2 udp 10.0.1.5:1 > 1.1.1.1:53', true],
  ['pass on vmx1,vmx2 all', 'in vmx0 udp 10.0.1.5:1 > 1.1.1.1:53', false],
  ['pass proto udp all', 'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53', true],
  ['pass proto tcp,icmp all', 'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53', false],

  ['pass from 10.0.1.5', 'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53', true],
  ['pass from 10.0.1.5', 'in vmx1 udp 10.0.1.6:1 > 1.1.1.1:53', false],
  ['pass from 10.0.1.0/24', 'in vmx1 udp 10.0.1.255:1 > 1.1.1.1:53', true],
  ['pass from 10.0.1.0/24', 'in vmx1 udp 10.0.2.0:1 > 1.1.1.1:53', false],
  ['pass from !10.0.1.0/24', 'in vmx1 udp 10.0.2.0:1 > 1.1.1.1:53', true],
  ['pass from <admins>', 'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53', true],
  ['pass from <admins>', 'in vmx1 udp 10.0.1.100:1 > 1.1.1.1:53', true],
  ['pass from <admins>', 'in vmx1 udp 10.0.1.6:1 > 1.1.1.1:53', false],
  ['pass from <nobody>', 'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53', false],
  ['pass from !<unheard-of>', 'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53', true],
  ['pass to self', 'in vmx1 udp 10.0.1.5:1 > 10.0.2.2:53', true],
  ['pass to self', 'in vmx1 udp 10.0.1.5:1 > 10.0.2.3:53', false],
  ['pass to (vmx1)', 'in vmx1 udp 10.0.1.5:1 > 10.0.1.1:53', true],
  ['pass to (vmx1)', 'in vmx1 udp 10.0.1.5:1 > 10.0.2.2:53', false],

  ['pass to any port 53', 'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53', true],
  ['pass to any port 53', 'in vmx1 udp 10.0.1.5:53 > 1.1.1.1:1', false],
  ['pass to any port 50:60,80', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:60 S', true],
  ['pass to any port 50:60,80', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:80 S', true],
  ['pass to any port 50:60,80', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:61 S', false],
  ['pass from any port 1 to any port 2', 'in vmx1 udp 10.0.1.5:1 > 1.1.1.1:2', true],
  ['pass to !1.1.1.1 port 53', 'in vmx1 udp 10.0.1.5:1 > 1.1.1.2:53', true],
  ['pass to !1.1.1.1 port 53', 'in vmx1 udp 10.0.1.5:1 > 1.1.1.2:54', false],

  ['pass proto icmp icmp-type 8', 'in vmx1 icmp 10.0.1.5 > 1.1.1.1 request 7', true],
  ['pass proto icmp icmp-type 8', 'in vmx1 icmp 10.0.1.5 > 1.1.1.1 reply 7', false],

  ['pass proto tcp all', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:80 S', true],
  ['pass proto tcp all', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:80 SA', false],
  ['pass proto tcp all', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:80 PA', false],
  ['pass proto tcp all', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:80 SF', true],
  ['pass all', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:80 A', false],
  ['pass proto tcp flags any', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:80 PA', true],
  ['pass proto tcp flags SA/SA', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:80 SA', true],
  ['pass proto tcp no state', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:80 A', true],
  ['block proto tcp all', 'in vmx1 tcp 10.0.1.5:1 > 1.1.1.1:80 A', true],
  ['pass all', 'in vmx1 carp 10.0.1.3 > 224.0.0.18', true],
]

describe('a rule', () => {
  it.each(TABLE)('%s, seeing %s: %s', (rule, line, matches) => {
    expect(decision([rule], line)).toBe(matches ? rule : 'pass by default')
  })

  it.each([
    ['block all', true],
    ['block from 10.0.1.5', true],
    ['block proto udp to any port 53', false],
    ['block proto icmp icmp-type 8', false],
  ])('%s matches a fragment: %s', (rule, matches) => {
    const protocol = rule.includes('icmp') ? 'icmp' : 'udp'
    const line = `in vmx1 ${protocol} 10.0.1.5 > 1.1.1.1`
    const { number } = ruleSet([rule]).decide(packet(line, { fragment: true }), HOST)
    expect(number === 0).toBe(matches)
  })

  it('that asks for TCP flags matches no fragment of TCP', () => {
    const fragment = {
      ...packet('in vmx1 udp 10.0.1.5 > 1.1.1.1', { fragment: true }),
      protocol: 6,
    }
    expect(ruleSet(['pass all']).decide(fragment, HOST).number).toBe(-1)
    expect(ruleSet(['pass flags any']).decide(fragment, HOST).number).toBe(0)
  })
})
