import { describe, expect, it } from 'vitest'
import type { OutageAnatomy } from './anatomy.ts'
import { describeAnatomy, sharedOutages } from './anatomy-text.ts'

function outage(flow: string, durationsUs: readonly number[]): OutageAnatomy {
  let fromUs = 2_000_000
  const parts = durationsUs.map((durationUs) => {
    const part = { part: 'arp', fromUs, durationUs, brokenWay: 'back', at: [], events: [] } as const
    fromUs += durationUs
    return part
  })
  return {
    flow,
    fault: 'power-off fw1',
    faultUs: 2_000_000,
    lastAdvertUs: 1_400_000,
    downUs: 2_000_000,
    upUs: fromUs,
    durationUs: fromUs - 2_000_000,
    parts,
    firstAcrossUs: fromUs + flow.length,
  }
}

describe('an outage in words', () => {
  it('is told once for all flows that had it', () => {
    const all = [outage('a', [5, 7]), outage('bb', [5, 7]), outage('c', [900])]
    expect(sharedOutages(all).map(({ flows }) => flows)).toEqual([['c'], ['a', 'bb']])
  })

  it('takes ten lines at most, and loses no time by that', () => {
    const [shared] = sharedOutages([outage('a', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])])
    const lines = shared === undefined ? [] : describeAnatomy(shared)
    expect(lines).toHaveLength(10)
    expect(lines[1]).toContain('600.000 ms before the fault')
    expect(lines[9]).toMatch(/^ +10 µs +in 4 shorter parts$/)
    const told = lines.slice(2).map((line) => Number(/(\d+) µs/.exec(line)?.[1]))
    expect(told.reduce((sum, us) => sum + us)).toBe(66)
  })
})
