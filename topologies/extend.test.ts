import { describe, expect, it } from 'vitest'
import { formatProblem } from '../schema/problem.ts'
import { readScenario } from './read.ts'

function read(text: string) {
  const result = readScenario(text)
  if (!result.ok)
    throw new Error(result.problems.map((it) => formatProblem('x.yaml', it)).join('\n'))
  return result.scenario
}

describe('a scenario that extends another one', () => {
  it('has its fields, but for those that it writes itself, and is another scenario', () => {
    const scenario = read('extends: power-off\nname: mine\nduration: 20s\nflows: []\n')
    expect(scenario).toMatchObject({ name: 'mine', summary: '', description: '', duration: '20s' })
    expect(scenario.flows).toEqual([])
    expect(scenario.faults.map(({ kind }) => kind)).toEqual(['power-off'])
    expect(scenario.topology.firewalls).toHaveLength(2)
  })

  it('changes single places by set, after its own fields', () => {
    const { flows } = read(
      'extends: reboot\nfaults: []\nset:\n  flows.*.interval: 3s\n  flows.ssh.port: 23\n',
    )
    expect(flows.map(({ interval }) => interval)).toEqual(['3s', '3s', '3s'])
    expect(flows.find(({ name }) => name === 'ssh')).toMatchObject({ port: 23 })
  })

  it.each([
    [
      'extends: power-of',
      /^x.yaml:1: extends: unknown scenario "power-of"; did you mean power-off\?/,
    ],
    ['extends: reboot\nset: 5', /^x.yaml:2: set: expected a mapping of paths and values/],
    ['extends: reboot\nset:\n  flows.shs.port: 1', /^x.yaml:3: set.flows.shs.port: flows h/],
    ['extends: reboot\nset:\n  flows.ssh.port: 0', /flows\[2\].port: expected an integer from 1/],
    ['extends: reboot\nduration: 5s', /faults\[0\].at.from: expected a time before the end/],
  ])('(%j) tells the place of its problem', (text, expected) => {
    expect(() => read(`${text}\n`)).toThrow(expected)
  })
})
