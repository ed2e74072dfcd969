import { describe, expect, it } from 'vitest'
import { Bench, type BenchOptions } from '../freebsd/pf/bench.fixture.ts'
import { address, prefix } from '../freebsd/pf/packets.fixture.ts'
import { ANYWHERE, type Rule } from '../freebsd/pf/rule.ts'
import {
  automaticOutboundNat,
  type FirewallInterface,
  generatedRules,
  natRules,
  userRule,
} from './generated-rules.ts'

const WAN: FirewallInterface = {
  name: 'vmx0',
  address: prefix('203.0.113.2/24'),
  virtualIps: [prefix('203.0.113.1/24')],
  gateway: address('203.0.113.254'),
}
const LAN: FirewallInterface = {
  name: 'vmx1',
  address: prefix('10.0.1.2/24'),
  virtualIps: [prefix('10.0.1.1/24')],
}
const SYNC: FirewallInterface = {
  name: 'vmx2',
  address: prefix('10.0.2.2/24'),
  virtualIps: [],
}
const SETTINGS = {
  interfaces: [WAN, LAN, SYNC],
  hasCarp: true,
  antiLockout: { interface: 'vmx1', ports: [443, 80, 22] },
}

const LAN_TO_ANY = userRule(
  {
    action: 'pass',
    source: { where: { kind: 'network', prefix: LAN.address } },
    destination: ANYWHERE,
    description: 'Default allow LAN to any rule',
    tracker: 100_000_101,
  },
  LAN,
)

function bench(user: readonly Rule[] = [], options: BenchOptions = {}): Bench {
  return new Bench([...generatedRules(SETTINGS), ...user], options)
}

describe('the rules that pfSense generates', () => {
  it('are these, in this order', () => {
    const lines = generatedRules(SETTINGS).map(
      ({ action, direction, quick, label, tracker }) =>
        `${action} ${direction}${quick ? ' quick' : ''}: ${label} (${tracker})`,
    )
    expect(lines).toEqual([
      'block in quick: Block IPv4 link-local (1000000101)',
      'block in quick: Block IPv4 link-local (1000000102)',
      'block in: Default deny rule IPv4 (1000000103)',
      'block out: Default deny rule IPv4 (1000000104)',
      'block any quick: Block traffic from port 0 (1000000114)',
      'block any quick: Block traffic to port 0 (1000000115)',
      'block in quick: block in quick proto carp from (self) (1000000201)',
      'pass any quick: pass quick proto carp no state (1000000202)',
      'pass out: let out anything IPv4 from firewall host itself (1000003715)',
      'pass out: let out anything from firewall host itself (1000003811)',
      'pass out: let out anything from firewall host itself (1000003812)',
      'pass in quick: anti-lockout rule (10001)',
    ])
  })

  it('have nothing for CARP and against lockout where pfSense has nothing', () => {
    const labels = generatedRules({ interfaces: [WAN, LAN], hasCarp: false }).map((r) => r.label)
    expect(labels.filter((label) => /carp|lockout/.test(label))).toEqual([])
  })

  it.each([
    ['in vmx1 tcp 10.0.1.5:1 > 10.0.9.9:80 S', 'block: Default deny rule IPv4'],
    ['in vmx0 icmp 1.1.1.1 > 203.0.113.1 request 1', 'block: Default deny rule IPv4'],
    ['in vmx1 udp 169.254.7.7:1 > 10.0.9.9:80', 'block: Block IPv4 link-local'],
    ['in vmx1 udp 10.0.1.5:1 > 169.254.7.7:80', 'block: Block IPv4 link-local'],
    ['in vmx1 tcp 10.0.1.5:0 > 10.0.1.2:443 S', 'block: Block traffic from port 0'],
    ['out vmx1 udp 10.0.1.5:9 > 10.0.1.2:0', 'block: Block traffic to port 0'],
    ['in vmx1 tcp 10.0.1.5:1 > 10.0.1.2:443 S', 'pass: anti-lockout rule'],
    ['in vmx1 tcp 10.0.1.5:1 > 10.0.1.1:22 S', 'pass: anti-lockout rule'],
    ['in vmx1 tcp 10.0.1.5:1 > 10.0.1.1:23 S', 'block: Default deny rule IPv4'],
    ['in vmx1 tcp 10.0.1.5:1 > 10.0.2.2:443 S', 'block: Default deny rule IPv4'],
    ['in vmx0 tcp 1.1.1.1:1 > 203.0.113.1:443 S', 'block: Default deny rule IPv4'],
    // One advertisement of the peer, one of our own that came back, one that we send.
    ['in vmx1 carp 10.0.1.3 > 224.0.0.18', 'pass: pass quick proto carp no state'],
    ['in vmx1 carp 10.0.1.2 > 224.0.0.18', 'block: block in quick proto carp from (self)'],
    ['out vmx1 carp 10.0.1.2 > 224.0.0.18', 'pass: pass quick proto carp no state'],
    // There is no rule for pfsync, but what the firewall sends gets out.
    ['in vmx2 pfsync 10.0.2.3 > 224.0.0.240', 'block: Default deny rule IPv4'],
    [
      'out vmx2 pfsync 10.0.2.2 > 224.0.0.240',
      'pass: let out anything IPv4 from firewall host itself',
    ],
    [
      'out vmx0 udp 203.0.113.2:123 > 9.9.9.9:123',
      'pass: let out anything from firewall host itself',
    ],
    [
      'out vmx0 udp 203.0.113.2:123 > 203.0.113.9:123',
      'pass: let out anything IPv4 from firewall host itself',
    ],
  ])('%s: %s', (line, expected) => {
    expect(bench().outcome(line)).toBe(expected)
  })

  it('log what they block and nothing that they pass', () => {
    const { filter } = bench()
    const rules = filter.rules.rules
    expect(rules.every(({ action, log }) => log === (action === 'block'))).toBe(true)
  })

  it('let membership reports out, whose IP options nothing lets in', () => {
    const lab = bench([LAN_TO_ANY])
    const options = { options: true }
    expect(lab.outcome('out vmx1 igmp 10.0.1.2 > 224.0.0.22', options)).toMatch(/^pass: let out/)
    expect(lab.outcome('in vmx1 igmp 10.0.1.5 > 224.0.0.22', options)).toBe('block: ip-option')
    expect(lab.outcome('in vmx1 igmp 10.0.1.6 > 224.0.0.22')).toMatch(/^pass: USER_RULE/)
  })

  it('keep no state of CARP', () => {
    const lab = bench()
    lab.see('in vmx1 carp 10.0.1.3 > 224.0.0.18')
    expect(lab.states.size).toBe(0)
  })
})

describe('a rule of the user', () => {
  it('is of its interface, quick, in, and named after its description', () => {
    const { quick, direction, interfaces, label, route } = LAN_TO_ANY
    expect({ quick, direction, interfaces, label, route }).toEqual({
      quick: true,
      direction: 'in',
      interfaces: ['vmx1'],
      label: 'USER_RULE: Default allow LAN to any rule',
      route: undefined,
    })
  })

  it('replies by the gateway on a WAN, so that its states float under any policy', () => {
    const rule = userRule(
      { action: 'pass', source: ANYWHERE, destination: ANYWHERE, description: 'all', tracker: 1 },
      WAN,
    )
    expect(rule.route?.kind).toBe('replyTo')
    const lab = new Bench([rule, LAN_TO_ANY], { statePolicy: 'if-bound' })
    expect(lab.see('in vmx0 udp 1.1.1.1:1 > 203.0.113.1:2').state?.interface).toBe('all')
    expect(lab.see('in vmx1 udp 10.0.1.5:1 > 1.1.1.1:2').state?.interface).toBe('vmx1')
  })
})

describe('automatic outbound NAT', () => {
  const nat = natRules(automaticOutboundNat([WAN, LAN, SYNC]), [])

  it.each([
    ['out vmx0 udp 10.0.1.5:4000 > 1.1.1.1:53', 'its own address', '203.0.113.2'],
    ['out vmx0 udp 10.0.2.9:4000 > 1.1.1.1:53', 'its own address', '203.0.113.2'],
    ['out vmx0 udp 203.0.113.2:4000 > 1.1.1.1:53', 'nothing', undefined],
    ['out vmx1 udp 10.0.2.9:4000 > 10.0.1.5:53', 'nothing', undefined],
    ['out vmx0 carp 10.0.1.2 > 224.0.0.18', 'nothing', undefined],
  ])('%s becomes %s', (line, _, source) => {
    const { translation } = bench([], { nat }).see(line)
    expect(translation?.source).toBe(source === undefined ? undefined : address(source))
  })

  it('keeps the port of IKE, which counts on it', () => {
    const { translation } = bench([], { nat }).see('out vmx0 udp 10.0.1.5:500 > 1.1.1.1:500')
    expect(translation?.sourcePort).toBe(500)
  })
})
