import { appendFileSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SweepPlan } from '../traces/sweep/summary.ts'
import { SweepJournal } from './sweep-journal.ts'

const PLAN: SweepPlan = {
  scenario: 'power-off',
  version: '1',
  firstSeed: 1,
  runs: 9,
  overrides: [],
  parameters: [],
}
const record = (index: number) => ({ index, point: 0, seed: index + 1, flows: [] })

describe('the journal of a sweep', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'bascule-journal-')), 'journal')

  it('has the runs that were done when the sweep was killed, but for a line that was cut off', () => {
    new SweepJournal(path, PLAN).add([record(4), record(2)])
    appendFileSync(path, '{"index":7,"poi')
    const again = new SweepJournal(path, PLAN)
    expect(again.records).toEqual([record(2), record(4)])
    again.add([record(7)])
    expect(new SweepJournal(path, PLAN).records.map(({ index }) => index)).toEqual([2, 4, 7])
  })

  it('begins anew for another sweep', () => {
    expect(new SweepJournal(path, { ...PLAN, runs: 10 }).size).toBe(0)
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(2)
  })
})
