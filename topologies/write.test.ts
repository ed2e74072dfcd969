import { describe, expect, it } from 'vitest'
import { builtInScenarios } from './built-in.ts'
import type { Scenario } from './document.ts'
import { readScenario, resolveScenario } from './read.ts'
import { SMALL } from './small.fixture.ts'
import { writeScenario } from './write.ts'

function scenarioOf(result: ReturnType<typeof readScenario>): Scenario {
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.scenario
}

const scenarios: [string, Scenario][] = [
  ['small', scenarioOf(readScenario(SMALL))],
  ...builtInScenarios.map(({ name, document }): [string, Scenario] => [
    name,
    scenarioOf(resolveScenario(document)),
  ]),
]

describe('a scenario that is written', () => {
  it.each(scenarios)('reads back the same: %s', (_, scenario) => {
    const text = writeScenario(scenario)
    const again = scenarioOf(readScenario(text))
    expect(again).toStrictEqual(scenario)
    expect(writeScenario(again)).toBe(text)
  })

  it('keeps text that YAML would take for something else', () => {
    const [, small] = scenarios[0] ?? []
    if (small === undefined) throw new Error('no scenario')
    for (const description of [
      'yes',
      '1234',
      'a: b',
      '# c',
      'null',
      '"',
      '',
      ' x ',
      'é 😀',
      '- a',
      '0x10',
    ]) {
      const scenario = { ...small, description }
      expect(scenarioOf(readScenario(writeScenario(scenario)))).toStrictEqual(scenario)
    }
  })

  it('can be edited by a stream editor: one policy on one line, in effect as it stands', () => {
    const [, scenario] = scenarios[1] ?? []
    if (scenario === undefined) throw new Error('no scenario')
    const lines = writeScenario(scenario).split('\n')
    expect(lines.filter((line) => line.includes('forgedTransmits: accept'))).toHaveLength(9)
    // As `sed s/…/…/` does, the first match of each line only.
    const text = lines
      .map((line) => line.replace('forgedTransmits: accept', 'forgedTransmits: reject'))
      .join('\n')
    const [vswitch] = scenarioOf(readScenario(text)).topology.esxiHosts[0]?.vswitches ?? []
    expect(vswitch?.security.forgedTransmits).toBe('reject')
    expect(new Set(vswitch?.portGroups.map((it) => it.security.forgedTransmits))).toEqual(
      new Set(['reject']),
    )
  })

  it('is a table where it can be', () => {
    const [, scenario] = scenarios[1] ?? []
    if (scenario === undefined) throw new Error('no scenario')
    const text = writeScenario(scenario)
    expect(text).toContain(
      '        - { interface: VLANDMZ, vhid: 4, address: 10.10.140.254/32, description: CARP DMZ, password: carp-vhid-4, advbase: 1, advskew: 0 }\n',
    )
    expect(text).toContain('  - { kind: power-off, node: pfsense1, at: { from: 12s, to: 13s } }\n')
    expect(text).not.toContain('&')
  })
})
