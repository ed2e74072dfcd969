import { describe, expect, it } from 'vitest'
import { problemOf } from '../../../topologies/small.fixture.ts'

const AFTER =
  '        - { interface: MGMT, vhid: 5, address: 10.10.199.254/24, password: secret-5 }\n'
const withLine = (line: string) => problemOf([AFTER, `${AFTER}      ${line}\n`])
const saving = (fault: string) => problemOf(['kind: power-on, node: fw1, at: 30s', fault])

describe('configuration synchronisation', () => {
  it('goes to another firewall', () => {
    expect(withLine('configSync: { to: 10.10.110.252 }')).toBe('')
    expect(withLine('configSync: { to: 10.10.110.251 }')).toMatch(
      /configSync\.to: 10\.10\.110\.251 is the address of SERVER of fw1 itself; expected one/,
    )
  })

  it.each([
    ['configSync: 5', /configSync: expected a mapping/],
    ['configSync: { to: nobody }', /configSync\.to: expected an IPv4 address/],
    ['configSync: { to: 10.10.110.252, sections: { rule: true } }', /rule.*rules/],
    ['webGui: 5', /webGui: expected a mapping/],
    ['webGui: { users: 5 }', /webGui\.users: expected a list of users/],
    ['webGui: { users: [{ username: "a:b" }] }', /username: expected a user name without a colon/],
    ['configVersion: 23', /configVersion: expected a revision such as 23\.3/],
  ])('%s is a problem, not a crash', (line, problem) => {
    expect(withLine(line)).toMatch(problem)
  })

  it('is let in by users who are told apart', () => {
    expect(withLine('webGui: { users: [{ username: ha }, { username: HA }] }')).toMatch(
      /users\[1\]\.username: HA is the name of the user at .* already/,
    )
  })
})

describe('what is saved', () => {
  it('is saved on a firewall, and a rule for an interface of it', () => {
    expect(saving('kind: save, node: fw1, at: 30s')).toBe('')
    expect(saving('kind: save, node: server, at: 30s')).toMatch(/unknown firewall "server"/)
    const rule = (on: string) => `kind: save-rule, node: fw1, at: 30s, rule: { interface: ${on} }`
    expect(saving(rule('MGMT'))).toBe('')
    expect(saving(rule('MGNT'))).toMatch(/rule\.interface: unknown interface of fw1 "MGNT"/)
  })
})
