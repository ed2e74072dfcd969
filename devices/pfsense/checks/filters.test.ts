import { describe, expect, it } from 'vitest'
import { problemOf } from '../../../topologies/small.fixture.ts'

const AFTER =
  '        - { interface: MGMT, vhid: 5, address: 10.10.199.254/24, password: secret-5 }\n'

describe('a packet filter', () => {
  it('has rules for interfaces of its firewall', () => {
    const filter = '      filter: { hostId: a1, rules: [{ interface: SERVR }] }\n'
    const problems = problemOf([AFTER, `${AFTER}${filter}`])
    expect(problems).toMatch(/filter\.rules\[0\]\.interface: .*SERVR.*SERVER/)
  })

  it('has a host id that is not 0', () => {
    const problems = problemOf([AFTER, `${AFTER}      filter: { hostId: "00" }\n`])
    expect(problems).toMatch(/filter\.hostId: expected 1 to 8 hexadecimal digits/)
  })
})

describe('rules and NAT', () => {
  it.each([
    ['rules: [{ interface: SERVER, source: admins }]', /rules\[0\]\.source: .*alias.*admins/],
    ['rules: [{ interface: SERVER, source: "-" }]', /rules\[0\]\.source: expected any, self/],
    [
      'aliases: [{ name: web, addresses: [10.1.1.1] }, { name: web, addresses: [] }]',
      /aliases\[1\]\.name: web is already the name of an alias/,
    ],
    [
      'aliases: [{ name: any, addresses: [] }]',
      /aliases\[0\]\.name: expected the name of an alias/,
    ],
    ['aliases: [{ name: web, addresses: [here] }]', /addresses\[0\]: expected an IPv4 address/],
    ['floatingRules: [{ interfaces: [SERVR] }]', /interfaces\[0\]: .*SERVR.*SERVER/],
    [
      'rules: [{ interface: SERVER, protocol: icmp, destinationPort: 5 }]',
      /destinationPort: icmp has no ports; expected protocol tcp or udp/,
    ],
    [
      'portForwards: [{ interface: WAN, port: 80, target: 10.10.110.10 }]',
      /portForwards\[0\]\.interface: .*WAN/,
    ],
    [
      'portForwards: [{ interface: MGMT, port: 80, target: 10.10.110.10, destination: VIP }]',
      /destination: expected interface, or an IPv4 address/,
    ],
    ['outboundNat: manuel', /outboundNat: expected automatic or disabled/],
    [
      'outboundNat: { mode: hybrid, rules: [{ interface: MGMT, target: 10.10.199.1 }] }',
      /target: 10\.10\.199\.1 is no address of MGMT; expected one of interface, 10\.10\.199\.251, 10\.10\.199\.254/,
    ],
  ])('%s', (text, message) => {
    const filter = `      filter: { hostId: a1, ${text} }\n`
    expect(problemOf([AFTER, `${AFTER}${filter}`])).toMatch(message)
  })

  it('may use aliases and VIPs', () => {
    const aliases = 'aliases: [{ name: web, addresses: [10.1.1.1, 10.2.0.0/16] }]'
    const rules = 'rules: [{ interface: SERVER, source: web, destination: self }]'
    const forwards =
      'portForwards: [{ interface: MGMT, port: 80, target: 10.10.110.10, destination: 10.10.199.254 }]'
    const nat =
      'outboundNat: { mode: manual, rules: [{ interface: MGMT, source: web, target: 10.10.199.254 }] }'
    const floating = 'floatingRules: [{ interfaces: [SERVER, MGMT], direction: out, quick: true }]'
    const text = [aliases, rules, forwards, nat, floating].join(', ')
    const filter = `      filter: { hostId: a1, ${text} }\n`
    expect(problemOf([AFTER, `${AFTER}${filter}`])).toBe('')
  })
})

describe('state synchronisation', () => {
  it('goes over an interface of its firewall', () => {
    const problems = problemOf([AFTER, `${AFTER}      pfsync: { interface: SYNC }\n`])
    expect(problems).toMatch(/pfsync\.interface: .*SYNC/)
  })
})
