import { describe, expect, it } from 'vitest'
import { readScenario } from '../../../topologies/read.ts'
import { edited } from '../../../topologies/small.fixture.ts'
import { filterSettingsOf } from './filter-settings.ts'

const AFTER =
  '        - { interface: MGMT, vhid: 5, address: 10.10.199.254/24, password: secret-5 }\n'

/** Of the first firewall of the small cluster. */
function settingsWith(filter: string, ...more: string[]) {
  const lines = [`filter: { hostId: a1, ${filter} }`, ...more].map((line) => `      ${line}\n`)
  const result = readScenario(edited([AFTER, `${AFTER}${lines.join('')}`]), [])
  const firewall = result.ok ? result.scenario.topology.firewalls[0] : undefined
  const settings = firewall === undefined ? undefined : filterSettingsOf(firewall)
  if (settings === undefined) throw new Error(JSON.stringify(result))
  return settings
}

describe('the ports of the anti-lockout rule', () => {
  it.each([
    ['{}', [443, 80]],
    ['{ port: 8443 }', [8443, 80]],
    ['{ port: 8443, httpRedirect: false }', [8443]],
    ['{ protocol: http, port: 80 }', [80]],
    ['{ protocol: http, port: 8080 }', [8080]],
    ['{ port: 80 }', [80]],
    ['{ antiLockout: false }', []],
  ])('follow from webGui: %s', (webGui, ports) => {
    expect(settingsWith('rules: []', `webGui: ${webGui}`).antiLockoutPorts).toEqual(ports)
  })
})

describe('a port forward', () => {
  const withRule = (filterRule: string) =>
    settingsWith(
      `rules: [{ interface: SERVER }], portForwards: [{ interface: MGMT, port: 80, target: 10.10.110.10, ${filterRule} }]`,
    )

  it('has a rule of its own behind those of the tabs, which both know by an id', () => {
    const { rules, portForwards } = withRule('description: web')
    expect(rules.map((each) => each.interface)).toEqual(['SERVER', 'MGMT'])
    expect(rules[1]?.rule.description).toBe('NAT web')
    expect(rules[1]?.associatedRuleId).toBe(portForwards[0]?.associatedRuleId)
    expect(portForwards[0]?.associatedRuleId).toMatch(/^nat_[0-9a-f]{8}$/)
  })

  it('has none with pass, nor with none', () => {
    const outcome = (filterRule: string) => {
      const { rules, portForwards } = withRule(`filterRule: ${filterRule}`)
      return [rules.length, portForwards[0]?.associatedRuleId]
    }
    expect([outcome('pass'), outcome('none')]).toEqual([
      [1, 'pass'],
      [1, ''],
    ])
  })
})

describe('outbound NAT', () => {
  it('goes by the modes of config.xml', () => {
    const rules = 'rules: [{ interface: MGMT, target: interface }]'
    const modeOf = (text: string) => settingsWith(`outboundNat: ${text}`).outboundNat.mode
    expect(modeOf(`{ mode: manual, ${rules} }`)).toBe('advanced')
    expect(modeOf(`{ mode: hybrid, ${rules} }`)).toBe('hybrid')
    expect([modeOf('automatic'), modeOf('disabled')]).toEqual(['automatic', 'disabled'])
  })
})
