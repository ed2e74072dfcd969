import { describe, expect, it } from 'vitest'
import { problemOf } from '../small.fixture.ts'

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

describe('state synchronisation', () => {
  it('goes over an interface of its firewall', () => {
    const problems = problemOf([AFTER, `${AFTER}      pfsync: { interface: SYNC }\n`])
    expect(problems).toMatch(/pfsync\.interface: .*SYNC/)
  })
})
