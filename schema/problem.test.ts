import { describe, expect, it } from 'vitest'
import { describeValue, formatPath, formatProblem, inDocumentOrder } from './problem.ts'

const path = ['topology', 'firewalls', 0, 'virtualIps', 2, 'vhid']
const message = 'expected an integer from 1 to 255, got 300'

describe('a problem', () => {
  it('is one line with file, line, path and what was expected', () => {
    expect(formatProblem('s.yaml', { path, line: 41, column: 7, message })).toBe(
      `s.yaml:41: topology.firewalls[0].virtualIps[2].vhid: ${message}`,
    )
    expect(formatProblem('power-off', { path, message })).toBe(
      `power-off: topology.firewalls[0].virtualIps[2].vhid: ${message}`,
    )
    expect(formatProblem('s.yaml', { path: [], line: 1, message: 'expected a mapping' })).toBe(
      's.yaml:1: expected a mapping',
    )
  })

  it('of an override names it, and the path where that says more', () => {
    expect(formatProblem('s.yaml', { path: ['seed'], overrides: ['seed=x'], message })).toBe(
      `--set seed=x: ${message}`,
    )
    expect(formatProblem('s.yaml', { path: ['seed'], overrides: ['**.seed=x'], message })).toBe(
      `--set **.seed=x: seed: ${message}`,
    )
    expect(formatProblem('s.yaml', { path: [], overrides: ['a=1', 'b=2'], message })).toBe(
      `--set a=1 --set b=2: ${message}`,
    )
  })

  it('stays where the text has it', () => {
    const at = (line: number, column: number) => ({ path: [line, column], line, column, message })
    expect(inDocumentOrder([at(2, 9), at(10, 1), at(2, 3)]).map((it) => it.path)).toEqual([
      [2, 3],
      [2, 9],
      [10, 1],
    ])
  })
})

describe('a path', () => {
  it('quotes what would not be a name', () => {
    expect(formatPath(['advanced', 'Net.BlockGuestBPDU'])).toBe('advanced.Net.BlockGuestBPDU')
    expect(formatPath(['a\nb', 0])).toBe('["a\\nb"][0]')
    expect(formatPath([])).toBe('')
  })
})

describe('a value', () => {
  it.each([
    [300, '300'],
    ['two', '"two"'],
    ['\u001b[31m', '"\\u001b[31m"'],
    ['x'.repeat(200), `"${'x'.repeat(59)}…"`],
    [true, 'true'],
    [null, 'nothing'],
    [undefined, 'nothing'],
    [Number.NaN, 'NaN'],
    [[], 'an empty list'],
    [[1], 'a list'],
    [{}, 'an empty mapping'],
    [{ switch: 'sw1', nic: 2 }, 'a mapping with switch, nic'],
  ])('%j is shown as %s', (value, shown) => {
    expect(describeValue(value)).toBe(shown)
  })
})
