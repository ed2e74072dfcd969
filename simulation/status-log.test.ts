import { describe, expect, it } from 'vitest'
import { StatusLog } from './status-log.ts'

describe('the instants at which status pages are read', () => {
  const instantsOf = (faults: readonly (readonly [number, number])[]): number[] => {
    const plan = faults.map(([atNs, settledNs]) => ({ atNs, settledNs }))
    const log = new StatusLog({ firewalls: new Map() }, plan, 100)
    const instants: number[] = []
    for (let { nextNs } = log; nextNs !== undefined; { nextNs } = log) {
      instants.push(nextNs)
      log.read(nextNs)
    }
    return instants
  }

  it.each([
    ['the end, whatever happens', [], [100]],
    ['when a fault has settled', [[10, 40]], [40, 100]],
    [
      'before the next fault, where that one comes earlier',
      [
        [10, 40],
        [30, 60],
      ],
      [29, 60, 100],
    ],
    [
      'once only, where two fall together or on the end',
      [
        [10, 120],
        [101, 130],
      ],
      [100],
    ],
  ] as const)('are %s', (_what, faults, instants) => {
    expect(instantsOf(faults)).toEqual(instants)
  })
})
