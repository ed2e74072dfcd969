import { describe, expect, it } from 'vitest'
import { MILLISECOND_NS, SECOND_NS } from '../../../engine/time.ts'
import { Bench } from './bench.fixture.ts'
import { answerTo, packet } from './packets.fixture.ts'
import { rowOf } from './state.ts'

const ECHO = packet('in vmx1 icmp 10.0.1.5 > 1.1.1.1 request 1')
const UDP = packet('in vmx1 udp 10.0.1.5:1 > 1.1.1.1:53')

/** When the states of a fresh bench are gone, looking every 100 ms. */
function goneAfter(bench: Bench, untilSeconds = 120): number | undefined {
  for (let ns = 0; ns <= untilSeconds * SECOND_NS; ns += 100 * MILLISECOND_NS) {
    bench.states.purge(ns)
    if (bench.states.size === 0) return ns / SECOND_NS
  }
  return undefined
}

/** The pass, from 0, that scans the row of the first id of a bench that started at `second`. */
function passOf(second: number): number {
  return Math.floor(rowOf({ high: 0, low: 1_724_227_200 + second }) / 1310)
}

describe('an expired state', () => {
  // The timeout counts in whole seconds; after it comes the wait for the row's turn.
  it.each([
    ['an echo without a reply', ECHO, 0, 20],
    ['UDP without an answer', UDP, 0, 60],
    ['the same, in another row', UDP, 20_000, 60],
    ['the same, in the last rows', UDP, 44_000, 60],
  ])('%s, lives until its row is scanned', (_, seen, startSecond, timeout) => {
    const startNs = startSecond * SECOND_NS
    const bench = new Bench(['pass all'], { states: { startNs, bootNs: startNs } })
    bench.nowNs = startNs
    bench.see(seen)
    const pass = passOf(startSecond)
    let expected = pass * 0.1
    while (expected < timeout) expected += 10.1
    bench.states.purge(startNs + Math.round((expected - 0.1) * SECOND_NS))
    expect(bench.states.size).toBe(1)
    bench.states.purge(startNs + Math.round(expected * SECOND_NS))
    expect(bench.states.size).toBe(0)
  })

  it('still matches, and a match gives it its time again', () => {
    const bench = new Bench(['block all', 'pass in all'])
    const { state } = bench.see(ECHO)
    const goneAt = goneAfter(withEcho()) ?? 0
    expect(goneAt).toBeGreaterThan(20)
    bench.nowNs = goneAt * SECOND_NS - 1
    expect(bench.see(answerTo(ECHO)).state).toBe(state)
    bench.nowNs = goneAt * SECOND_NS
    expect(bench.see(answerTo(ECHO)).state).toBe(state)
  })

  it('no longer matches from the scan on', () => {
    const bench = new Bench(['block all', 'pass in all'])
    bench.see(ECHO)
    bench.nowNs = (goneAfter(withEcho()) ?? 0) * SECOND_NS
    expect(bench.outcome(answerTo(ECHO))).toBe('block: block all')
  })

  it('is ended at the time of the scan, however late one asks', () => {
    const told: number[] = []
    const bench = withEcho()
    bench.states.listen({ onDelete: (_, __, nowNs) => told.push(nowNs / SECOND_NS) })
    bench.states.purge(3600 * SECOND_NS)
    expect(told).toEqual([goneAfter(withEcho())])
  })

  function withEcho(): Bench {
    const bench = new Bench(['block all', 'pass in all'])
    bench.see(ECHO)
    return bench
  }
})

describe('seconds', () => {
  it('are whole ones of uptime, wherever in the second a packet falls', () => {
    const bench = new Bench(['pass all'], { states: { bootNs: -0.7 * SECOND_NS } })
    expect([0, 0.29, 0.3, 1.29, 1.3].map((s) => bench.states.secondAt(s * SECOND_NS))).toEqual([
      0, 0, 1, 1, 2,
    ])
    bench.nowNs = 1.29 * SECOND_NS
    const { state } = bench.see(ECHO)
    expect(state?.hitSecond).toBe(1)
    expect(state && bench.states.expiresAtSecond(state)).toBe(21)
  })
})

describe('passes', () => {
  it('take place every 100 ms, and 101 of them make a cycle', () => {
    const bench = new Bench(['pass all'], { states: { startNs: 30 * MILLISECOND_NS } })
    expect(bench.states.nextPurgeNs).toBe(30 * MILLISECOND_NS)
    bench.states.purge(29 * MILLISECOND_NS)
    expect(bench.states.nextPurgeNs).toBe(30 * MILLISECOND_NS)
    bench.states.purge(1030 * MILLISECOND_NS)
    expect(bench.states.nextPurgeNs).toBe(1130 * MILLISECOND_NS)
  })

  it('that find nothing keep the beat', () => {
    const idle = new Bench(['pass all'])
    idle.nowNs = 7777 * SECOND_NS + 50 * MILLISECOND_NS
    idle.see(ECHO)
    const busy = new Bench(['pass all'])
    busy.see('in vmx1 tcp 10.0.1.5:9 > 1.1.1.1:80 S')
    for (let ns = 0; ns < idle.nowNs; ns += 50 * SECOND_NS) busy.states.purge(ns)
    busy.nowNs = idle.nowNs
    busy.see(ECHO)
    expect(idle.states.nextPurgeNs).toBe(busy.states.nextPurgeNs)
  })
})
