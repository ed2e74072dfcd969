import { describe, expect, it } from 'vitest'
import { type ComparedRun, compareRuns } from './compare.ts'

const event = (timeUs: number, kind: string, text: string) =>
  ({ timeUs, node: 'fw1', kind, text, details: {} }) as ComparedRun['events'][number]

const COMMON = [1, 2, 3].map((second) =>
  event(second * 1_000_000, 'config.saved', `saved ${second}`),
)
const DOWN = event(5_000_000, 'flow.down', 'ping: no packet can cross any more')
const flow = (lost: number, durationUs: number) =>
  ({
    name: 'ping',
    kind: 'linux-ping',
    lost,
    outages: [{ downUs: 0, upUs: durationUs, durationUs }],
    losses: [],
  }) as unknown as ComparedRun['flows'][number]

const A: ComparedRun = { name: 'A', flows: [flow(3, 2_455_304)], events: [...COMMON, DOWN] }

describe('two runs side by side', () => {
  it('have their figures in columns, and the first event that differs with what it brought', () => {
    const other = event(4_000_000, 'config.saved', 'saved 4')
    const B = { name: 'B', flows: [], events: [...COMMON, other] }
    expect(compareRuns(A, B)).toEqual([
      '      A                          B',
      'flow  lost  outages  longest     lost  outages  longest',
      'ping  3     1        2.455304 s  -     -        -',
      '',
      'the first event that differs is number 4:',
      '  both    2.000000 s  fw1  saved 2',
      '  both    3.000000 s  fw1  saved 3',
      '  A       5.000000 s  fw1  ping: no packet can cross any more',
      '  B       4.000000 s  fw1  saved 4',
      '',
      'after it, in A: 5.000000 s  fw1  ping: no packet can cross any more',
      'after it, in B: no path of a user changes',
    ])
  })

  it('say so when nothing differs, and when one of them just ends', () => {
    expect(compareRuns(A, { ...A, name: 'B' }).at(-1)).toBe('no event differs, of 4')
    expect(compareRuns(A, { ...A, name: 'B', events: COMMON })).toContain(
      '  B    nothing more happens',
    )
  })
})
