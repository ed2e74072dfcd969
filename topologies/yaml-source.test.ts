import { describe, expect, it } from 'vitest'
import { edited, problemsIn, SMALL } from './small.fixture.ts'
import { readYaml } from './yaml-source.ts'

describe('a text that is no scenario', () => {
  it.each([
    ['', '1: the file is empty; expected a scenario'],
    ['# nothing\n', '1: the file is empty; expected a scenario'],
    ['---\n', '1: the file is empty; expected a scenario'],
    ['null', '1: the file is empty; expected a scenario'],
    [
      'name: a\n---\nname: b\n',
      '2: a second document starts here; expected one scenario in one file',
    ],
    [
      'name: [a\nb: c',
      '2: expected valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['name: a\nflows:\n\t- b', '3: expected valid YAML: tabs are not allowed as indentation'],
    ['name: "a', '1: expected valid YAML: missing closing "quote'],
    ['name: !mine a', '1: expected valid YAML: unresolved tag: !mine'],
    [
      'name: a\nduration: *later',
      '2: the alias *later has no anchor before it; expected &later further up',
    ],
  ])('%j is one sentence', (text, expected) => {
    expect(problemsIn(text)).toEqual([`small.yaml:${expected}`])
  })

  it.each([
    ['- name: a', 'a list'],
    ['power-off-return', '"power-off-return"'],
    ['42', '42'],
  ])('%j is no mapping', (text, got) => {
    expect(problemsIn(text)).toEqual([
      `small.yaml:1: expected a mapping with name, summary, description, seed, timing, language, duration, settle, topology, flows, faults, budget … (19 in all), got ${got}`,
    ])
  })

  it('is survived when it is nonsense', () => {
    for (const text of [
      'a: &x [*x]',
      '['.repeat(10_000),
      '\u0000\u0007',
      '&a [&b [*a, *b]]',
      '? [a]: b\n: c',
      '__proto__: 1',
      '%YAML 9.9\n---\na',
    ]) {
      expect(problemsIn(text).length).toBeGreaterThan(0)
    }
  })
})

describe('a field that stands twice', () => {
  it('is told with both lines, together with all else', () => {
    expect(problemsIn(edited(['duration: 60s', 'duration: 60s\nseed: x\nduration: 70s']))).toEqual([
      'small.yaml:3: seed: expected an integer from 0 to 9007199254740991, got "x"',
      'small.yaml:4: duration: this field already stands on line 2; expected it once',
    ])
    expect(problemsIn(edited(['vhid: 2,', 'vhid: 2, vhid: 3,']))).toContain(
      'small.yaml:28: topology.firewalls[0].virtualIps[0].vhid: this field already stands on line 28; expected it once',
    )
  })
})

describe('anchors', () => {
  it('may be referred to, whole or merged', () => {
    const plain = '{ interface: SERVER, vhid: 2, address: 10.10.110.254/24, password: secret-2 }'
    const merged = '{ <<: *vip, advskew: 100 }'
    const second =
      '{ interface: SERVER, vhid: 2, address: 10.10.110.254/24, password: secret-2, advskew: 100 }'
    expect(problemsIn(edited([plain, `&vip ${plain}`], [second, merged]))).toEqual([])
    expect(problemsIn(edited([plain, `&vip ${plain}`], [second, '*vip']))).toEqual([])
  })

  it('are where their content is wrong', () => {
    const text = edited(
      ['{ esxiHost: esx1, portGroup: TRUNK }', '&plug { esxiHost: esx1, portGroup: 5 }'],
      ['{ esxiHost: esx1, portGroup: TRUNK }', '*plug'],
    )
    expect(problemsIn(text).map((line) => line.slice(0, 13))).toEqual([
      'small.yaml:23',
      'small.yaml:23',
    ])
  })
})

describe('a position', () => {
  const { positionOf } = readYaml(SMALL)

  it('is that of a value, or of the name of what holds more', () => {
    expect(positionOf(['duration'])).toEqual({ line: 2, column: 11 })
    expect(positionOf(['topology', 'switches'])).toEqual({ line: 15, column: 3 })
    expect(positionOf(['topology', 'switches', 0])).toEqual({ line: 16, column: 7 })
    expect(positionOf(['topology', 'switches', 0, 'ports', 1, 'vlanId'])).toEqual({
      line: 19,
      column: 50,
    })
  })

  it('of what is not there is that of the object that lacks it', () => {
    expect(positionOf(['topology', 'switches', 0, 'ports', 1, 'nativeVlan']).line).toBe(19)
    expect(positionOf(['topology', 'switches', 7]).line).toBe(15)
    expect(positionOf(['language'])).toEqual({ line: 1, column: 1 })
  })

  it('is right after Windows line ends too', () => {
    expect(problemsIn(edited(['vhid: 2,', 'vhid: 300,']).replaceAll('\n', '\r\n'))[0]).toMatch(
      /^small.yaml:28:/,
    )
  })
})

it('a document that is nested thousands of levels deep is refused with one sentence', () => {
  const deep = `flows: ${'['.repeat(20_000)}${']'.repeat(20_000)}`
  expect(problemsIn(deep)).toEqual([
    'small.yaml:1: nested too deeply to be read; a scenario has about ten levels',
  ])
})
