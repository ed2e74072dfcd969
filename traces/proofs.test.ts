import { describe, expect, it } from 'vitest'
import { draw, probeOf, seconds } from './flow.fixture.ts'
import { OutageLog } from './outage-log.ts'
import { disagreementOf } from './proofs.ts'

const RUN_END_NS = seconds(10)

/** Probes of 1 s and 2 s: the first is answered, the second dies 1 ms after it was sent. */
function disagreement(...observations: readonly (readonly [state: '+' | '-', timeNs: number])[]) {
  return disagreementAbout('+-', ...observations)
}

function disagreementAbout(
  picture: string,
  ...observations: readonly (readonly [state: '+' | '-', timeNs: number])[]
) {
  const log = draw(picture)
  const death = { timeNs: seconds(2.001), cause: 'noOtherPort', at: 'sw1 fw0' } as const
  Object.assign(probeOf(log, 2), { death })
  const truth = new OutageLog('ping', () => {})
  for (const [state, timeNs] of observations) truth.observe(state === '+' ? 1 : 0, timeNs)
  return disagreementOf(log, truth, RUN_END_NS)
}

describe('the ground truth is held against the probes', () => {
  it('and agrees when it is down for the lost probe only', () => {
    expect(disagreement(['+', 0], ['-', seconds(1.5)])).toBeUndefined()
  })

  it('and disagrees when it is up during the whole journey of a lost probe', () => {
    expect(disagreement(['+', 0])).toMatch(
      'ping 2, sent at 2000000 µs, ended at 2001000 µs, noOtherPort at sw1 fw0, while the truth has the path up',
    )
  })

  it('and disagrees when it is down during the whole journey of an answered probe', () => {
    expect(disagreement(['-', 0])).toMatch('ping 1, sent at 1000000 µs, was answered')
  })

  it('and a lost probe proves nothing if a decision changed during its journey: it fell between two whole paths', () => {
    expect(disagreement(['+', 0], ['+', seconds(2.0005)])).toBeUndefined()
    expect(disagreement(['+', 0], ['+', seconds(1.9)], ['+', seconds(2.1)])).toBeDefined()
  })

  it('and a probe that the client still waited for at its end proves nothing: a copy may wait for ARP', () => {
    expect(disagreementAbout('+?', ['+', 0])).toBeUndefined()
  })

  it('and an answered probe proves nothing if a decision changed: each device on its way was whole when it passed', () => {
    expect(disagreement(['-', 0], ['-', seconds(1.00005)])).toBeUndefined()
  })
})
