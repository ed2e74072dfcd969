import { describe, expect, it } from 'vitest'
import { problemOf } from '../small.fixture.ts'

const PING = 'kind: windows-ping, from: station, to: 10.10.110.10'

describe('a scenario that would run for hours', () => {
  it.each([
    ['a dense ping', [PING, `${PING}, interval: 1us`], 'flows[0].interval'],
    ['a long run', ['duration: 60s', 'duration: 2400h'], 'duration'],
    ['a small budget', ['duration: 60s', 'duration: 60s\nbudget: { events: 1000 }'], 'faults'],
  ] as const)('(%s) is refused, with the field that asks for most', (_, edit, field) => {
    const problem = problemOf(edit)
    expect(problem).toContain(`: ${field}: the run takes some `)
    expect(problem).toMatch(/expected fewer, or a budget\.events above \d+$/)
  })
})
