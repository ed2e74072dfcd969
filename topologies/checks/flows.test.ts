import { describe, expect, it } from 'vitest'
import { problemOf } from '../small.fixture.ts'

describe('flows', () => {
  it.each([
    [
      'from: station',
      'from: sation',
      'from: unknown host "sation"; did you mean station? expected server or station',
    ],
    [
      'kind: windows-ping',
      'kind: linux-ping',
      'from: station runs windows; expected a host with os: linux for a linux-ping',
    ],
    [
      'to: 10.10.110.10 ',
      'to: 10.10.110.10, start: 60s ',
      'start: expected a time before the end of the run (60s), got 60s',
    ],
    [
      'to: 10.10.110.10 ',
      'to: 10.10.110.10, stop: 61s ',
      'stop: expected a time no later than the end of the run (60s), got 61s',
    ],
    [
      'to: 10.10.110.10 ',
      'to: 10.10.110.10, start: 20s, stop: 10s ',
      "start: expected a time before the flow's stop (10s), got 20s",
    ],
  ])('%j -> %j', (from, to, expected) => {
    expect(problemOf([from, to])).toBe(`small.yaml:53: flows[0].${expected}`)
  })

  it('may go to an address that nothing has', () => {
    expect(problemOf(['to: 10.10.110.10 ', 'to: 192.0.2.1 '])).toBe('')
  })
})
