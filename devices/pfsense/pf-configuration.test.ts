import { describe, expect, it } from 'vitest'
import { dissect } from '../frames.fixture.ts'
import { ANYWHERE } from '../freebsd/pf/rule.ts'
import {
  firewallOnCables,
  fromGateway1,
  fromServer,
  GATEWAY1,
  LAN_RULE,
  OWN,
  SERVER,
  STRANGER,
  VIP,
} from '../freebsd/pf/service.fixture.ts'
import { ip, prefix } from '../laboratory.fixture.ts'
import { segmentOf, tcpFrame } from '../segments.fixture.ts'
import { associatedRule, type ForwardedPort } from './user-nat.ts'

const SYN = { sourcePort: 40_000, destinationPort: 8080, flags: ['syn'] } as const

const FORWARD = {
  interface: 'WAN1',
  protocols: ['tcp'],
  source: ANYWHERE,
  destination: 'interface',
  ports: { from: 8080, to: 8080 },
  target: ip(SERVER),
  targetPort: 80,
  description: 'web',
  associatedRuleId: 'nat_9',
} as const
const ASSOCIATED = {
  interface: 'WAN1',
  rule: associatedRule(FORWARD, 9),
  associatedRuleId: 'nat_9',
}

/** A port forward, with its rule. */
const forwarding = (forward: Partial<ForwardedPort> = {}) => ({
  portForwards: [{ ...FORWARD, ...forward }],
  rules: [ASSOCIATED],
})

describe('a port forward', () => {
  it('hands what comes to the address of the interface to its target, and back', () => {
    const { send, filter } = firewallOnCables(forwarding())
    const inwards = { source: STRANGER, target: OWN.wan1 }
    const [handed] = send(tcpFrame(fromGateway1, inwards, SYN), 'vmx0')
    expect(handed?.nic).toBe('vmx2')
    expect(dissect(handed?.hex ?? '').ipv4).toMatchObject({
      source: ip(STRANGER),
      destination: ip(SERVER),
    })
    const [state] = filter()?.states.all() ?? []
    expect(state?.rule).toMatchObject({ label: 'USER_RULE: NAT web', tracker: 9 })
    const synAck = {
      sourcePort: 80,
      destinationPort: 40_000,
      flags: ['syn', 'ack'],
      acknowledgement: 1001,
    } as const
    const [back] = send(tcpFrame(fromServer, { source: SERVER, target: STRANGER }, synAck), 'vmx2')
    expect(back?.nic).toBe('vmx0')
    expect(dissect(back?.hex ?? '').ipv4?.source).toBe(ip(OWN.wan1))
    expect(segmentOf(back?.hex ?? '')).toMatch(/^Flags \[S\.\]/)
  })

  it('to the address of the interface is none to its VIP, and the other way round', () => {
    const toVip = { source: STRANGER, target: VIP }
    const toOwn = { source: STRANGER, target: OWN.wan1 }
    const deny = 'filtered at fw WAN1: Default deny rule IPv4'
    const own = firewallOnCables(forwarding())
    expect(own.send(tcpFrame(fromGateway1, toVip, SYN), 'vmx0')).toEqual([])
    expect(own.lab.drops).toEqual([deny])
    const shared = firewallOnCables(forwarding({ destination: ip(VIP) }))
    expect(shared.send(tcpFrame(fromGateway1, toVip, SYN), 'vmx0')).toHaveLength(1)
    expect(shared.send(tcpFrame(fromGateway1, toOwn, SYN), 'vmx0')).toEqual([])
    expect(shared.lab.drops).toEqual([deny])
  })
})

describe('what a port forward lets through', () => {
  const outcome = (settings: Parameters<typeof firewallOnCables>[0]) => {
    const { send, lab } = firewallOnCables(settings)
    const sent = send(tcpFrame(fromGateway1, { source: STRANGER, target: OWN.wan1 }, SYN), 'vmx0')
    return [sent.length, lab.drops]
  }
  const DENIED = [0, ['filtered at fw WAN1: Default deny rule IPv4']]

  it('is a matter of its rule, without which it is stopped', () => {
    expect(outcome({ ...forwarding(), rules: [] })).toEqual(DENIED)
    expect(outcome({ ...forwarding({ associatedRuleId: '' }), rules: [] })).toEqual(DENIED)
  })

  it('needs none with pass', () => {
    expect(outcome({ ...forwarding({ associatedRuleId: 'pass' }), rules: [] })).toEqual([1, []])
  })
})

describe('outbound NAT', () => {
  const sourceOf = (
    outboundNat: NonNullable<Parameters<typeof firewallOnCables>[0]>['outboundNat'],
  ) => {
    const { send } = firewallOnCables(outboundNat === undefined ? {} : { outboundNat })
    const [sent] = send(tcpFrame(fromServer, { source: SERVER, target: STRANGER }, SYN), 'vmx2')
    return dissect(sent?.hex ?? '').ipv4?.source
  }
  const toVip = {
    interface: 'WAN1',
    source: { where: { kind: 'network', prefix: prefix('10.0.3.0/28') } },
    target: ip(VIP),
  } as const

  it.each([
    ['automatic', { mode: 'automatic', rules: [toVip] }, OWN.wan1],
    ['disabled', { mode: 'disabled', rules: [toVip] }, SERVER],
    ['hybrid', { mode: 'hybrid', rules: [toVip] }, VIP],
    ['manual', { mode: 'advanced', rules: [toVip] }, VIP],
    [
      'manual, to the interface',
      { mode: 'advanced', rules: [{ ...toVip, target: 'interface' }] },
      OWN.wan1,
    ],
    [
      'hybrid, for somebody else',
      {
        mode: 'hybrid',
        rules: [{ ...toVip, source: { where: { kind: 'address', address: ip(GATEWAY1) } } }],
      },
      OWN.wan1,
    ],
  ] as const)('in mode %s', (_mode, outboundNat, expected) => {
    expect(sourceOf(outboundNat)).toBe(ip(expected))
  })
})

describe('a floating rule', () => {
  const rule = {
    action: 'block',
    source: ANYWHERE,
    destination: { where: { kind: 'alias', name: 'forbidden' } },
    description: 'forbidden',
    tracker: 5,
    interfaces: ['LAN'],
    direction: 'in',
    quick: true,
  } as const
  const aliases = new Map([['forbidden', [prefix('203.0.113.0/24')]]])
  const dropsWith = (
    changes: Partial<typeof rule> | { quick: false } | { interfaces: string[]; direction: 'out' },
  ) => {
    const { send, lab } = firewallOnCables({ aliases, floatingRules: [{ ...rule, ...changes }] })
    send(tcpFrame(fromServer, { source: SERVER, target: STRANGER }, SYN), 'vmx2')
    return lab.drops
  }

  it('decides before those of the tabs when it is quick', () => {
    expect(LAN_RULE.rule.action).toBe('pass')
    expect(dropsWith({})).toEqual(['filtered at fw LAN: USER_RULE: forbidden'])
  })

  it('gives way to them when it is not', () => {
    expect(dropsWith({ quick: false })).toEqual([])
  })

  it('may be about what goes out, of some interfaces or of all', () => {
    const expected = ['filtered at fw WAN1: USER_RULE: forbidden']
    expect(dropsWith({ interfaces: ['WAN1'], direction: 'out' })).toEqual(expected)
    expect(dropsWith({ interfaces: [], direction: 'out' })).toEqual(expected)
    expect(dropsWith({ interfaces: ['WAN2'], direction: 'out' })).toEqual([])
  })

  it('is about nothing where none of its interfaces is there', () => {
    expect(dropsWith({ interfaces: ['DMZ'], direction: 'out' })).toEqual([])
  })
})

describe('the anti-lockout rule', () => {
  it('lets the LAN reach the GUI, whatever its rules say', () => {
    const { send, filter } = firewallOnCables({ rules: [] })
    const gui = { ...SYN, destinationPort: 443 }
    const answers = send(tcpFrame(fromServer, { source: SERVER, target: OWN.lan }, gui), 'vmx2')
    expect(answers.map(({ hex }) => segmentOf(hex))).toEqual([
      'Flags [R.], seq 0, ack 1001, win 0, length 0',
    ])
    expect((filter()?.states.all() ?? []).map(({ rule }) => rule.label)).toEqual([
      'anti-lockout rule',
    ])
    const redirect = { ...SYN, destinationPort: 80 }
    expect(
      send(tcpFrame(fromServer, { source: SERVER, target: OWN.lan }, redirect), 'vmx2'),
    ).toHaveLength(1)
    const ssh = { ...SYN, destinationPort: 22 }
    expect(send(tcpFrame(fromServer, { source: SERVER, target: OWN.lan }, ssh), 'vmx2')).toEqual([])
  })

  it('goes by the port of the GUI, and may be switched off', () => {
    const answersTo = (destinationPort: number, antiLockoutPorts: readonly number[]) => {
      const { send } = firewallOnCables({ rules: [], antiLockoutPorts })
      const syn = { ...SYN, destinationPort }
      return send(tcpFrame(fromServer, { source: SERVER, target: OWN.lan }, syn), 'vmx2').length
    }
    expect([answersTo(8443, [8443]), answersTo(443, [8443]), answersTo(443, [])]).toEqual([1, 0, 0])
  })
})
