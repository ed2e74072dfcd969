import { describe, expect, it } from 'vitest'
import { readScenario } from '../../../topologies/read.ts'
import { edited, problemOf } from '../../../topologies/small.fixture.ts'

const AFTER =
  '        - { interface: MGMT, vhid: 5, address: 10.10.199.254/24, password: secret-5 }\n'
const withBoot = (boot: string): [string, string] => [AFTER, `${AFTER}      ${boot}\n`]

function stages(boot: string): unknown {
  const result = readScenario(edited(withBoot(boot)))
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.scenario.topology.firewalls[0]?.boot
}

describe('the stages of a boot', () => {
  it('are shares of the whole where they are left open', () => {
    expect(stages('bootDuration: 40s')).toEqual({
      interfaces: '20s',
      filter: '24s',
      forwarding: '26s',
    })
  })

  it('give way to those that are told', () => {
    expect(stages('boot: { filter: 3s }')).toEqual({
      interfaces: '3s',
      filter: '3s',
      forwarding: '19.5s',
    })
    expect(stages('boot: { interfaces: 25s }')).toEqual({
      interfaces: '25s',
      filter: '25s',
      forwarding: '25s',
    })
    expect(stages('boot: { forwarding: 4s }')).toEqual({
      interfaces: '4s',
      filter: '4s',
      forwarding: '4s',
    })
  })

  it.each([
    ['boot: { interfaces: 20s, filter: 10s }', 'interfaces: expected a time no later than filter'],
    ['boot: { forwarding: 31s }', 'forwarding: expected a time no later than bootDuration (30s)'],
    ['boot: { filter: 8s, forwarding: 7s }', 'filter: expected a time no later than forwarding'],
  ])('come in their order: %s', (boot, problem) => {
    expect(problemOf(withBoot(boot))).toContain(`boot.${problem}`)
  })
})
