import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RandomSource, RandomStream } from '../../engine/random.ts'
import { MILLISECOND_NS, SECOND_NS } from '../../engine/time.ts'
import { carpIntervalUs } from '../../protocols/carp/machine.ts'
import { KernelCallout } from './callout.ts'
import { kernelTicks, secondsDelayNs } from './pfsync/ticks.ts'

/** Draws of which the test knows what comes: the phase of the ticks first, then slop. */
class FixedDraws extends RandomStream {
  readonly bounds: number[] = []
  #phaseNs: number
  #late: boolean

  constructor(phaseNs: number, late: boolean) {
    super('fixed')
    this.#phaseNs = phaseNs
    this.#late = late
  }

  override integer(from: number, to: number): number {
    this.bounds.push(to - 1)
    if (this.bounds.length === 1) return this.#phaseNs
    return this.#late ? to - 1 : from
  }
}

/** facts/carp-pfsync.md A7: interval, ticks and slop at hz 1000 and at hz 100. */
const TABLE = [
  { timer: 'advertisement, skew 0', us: carpIntervalUs(1, 0), bare: 1001, vm: 101, slopMs: 63 },
  { timer: 'advertisement, skew 100', us: carpIntervalUs(1, 100), bare: 1392, vm: 141, slopMs: 88 },
  {
    timer: 'advertisement, skew 240',
    us: carpIntervalUs(1, 240),
    bare: 1939,
    vm: 195,
    slopMs: 121,
  },
  { timer: 'master down, skew 0', us: carpIntervalUs(3, 0), bare: 3001, vm: 301, slopMs: 188 },
  { timer: 'master down, skew 100', us: carpIntervalUs(3, 100), bare: 3392, vm: 341, slopMs: 213 },
  { timer: 'master down, skew 254', us: carpIntervalUs(3, 254), bare: 3994, vm: 401, slopMs: 250 },
]
const PRESETS = [
  { preset: 'bare', tickNs: MILLISECOND_NS },
  { preset: 'vm', tickNs: 10 * MILLISECOND_NS },
] as const

describe('an ideal callout', () => {
  it('fires to the microsecond, whenever it was armed', () => {
    const callout = new KernelCallout('ideal', new RandomSource(1).stream('callout'))
    for (const nowNs of [0, 1, 123_456_789]) {
      expect(callout.delayNs(nowNs, 3_390_625)).toBe(3_390_625_000)
    }
  })
})

describe.each(PRESETS)('a callout of preset $preset', ({ preset, tickNs }) => {
  it.each(TABLE)('has the period of the table, punctual: $timer', ({ us, [preset]: ticks }) => {
    const callout = new KernelCallout(preset, new FixedDraws(0, false))
    for (const nowNs of [0, 5 * tickNs, SECOND_NS]) {
      expect(callout.delayNs(nowNs, us)).toBe(ticks * tickNs)
    }
  })

  it.each(TABLE)('is late by no more than the table says: $timer', (row) => {
    const draws = new FixedDraws(0, true)
    const late = new KernelCallout(preset, draws).delayNs(0, row.us)
    const slopNs = late - row[preset] * tickNs
    const mostNs = preset === 'vm' ? (row.vm * tickNs) / 16 : MILLISECOND_NS
    expect(slopNs).toBe(mostNs)
    if (preset === 'vm') expect(Math.abs(slopNs / MILLISECOND_NS - row.slopMs)).toBeLessThan(1)
    expect(draws.bounds).toEqual([tickNs - 1, mostNs])
  })

  it('counts from the last tick, which is up to a tick ago', () => {
    const phaseNs = 0.25 * tickNs
    const callout = new KernelCallout(preset, new FixedDraws(phaseNs, false))
    const firesNs = (nowNs: number) => nowNs + callout.delayNs(nowNs, 1_000_000)
    const firstNs = firesNs(0)
    expect(firstNs).toBe((SECOND_NS / tickNs + 1) * tickNs - phaseNs)
    // Armed at any time before the next tick, it fires at the same instant.
    expect(firesNs(0.75 * tickNs - 1)).toBe(firstNs)
    expect(firesNs(0.75 * tickNs)).toBe(firstNs + tickNs)
  })

  it('fires within its window and never early, for any seed, time and interval', () => {
    const intervals = fc.integer({ min: 1, max: 10_000_000 })
    const instants = fc.integer({ min: 0, max: 1000 * SECOND_NS })
    fc.assert(
      fc.property(fc.nat(), instants, intervals, (seed, nowNs, us) => {
        const callout = new KernelCallout(preset, new RandomSource(seed).stream('callout'))
        const ticks = Math.ceil((us * 1000) / tickNs) + 1
        const slopNs = preset === 'vm' ? Math.floor((ticks * tickNs) / 16) : MILLISECOND_NS
        const delayNs = callout.delayNs(nowNs, us)
        expect(delayNs).toBeGreaterThan((ticks - 1) * tickNs)
        expect(delayNs).toBeGreaterThan(us * 1000)
        expect(delayNs).toBeLessThanOrEqual(ticks * tickNs + slopNs)
      }),
      { numRuns: 500 },
    )
  })

  it('uses its window from end to end', () => {
    const callout = new KernelCallout(preset, new RandomSource(1).stream('callout'))
    const delays = Array.from({ length: 500 }, () => callout.delayNs(0, 1_000_000))
    const spanNs = Math.max(...delays) - Math.min(...delays)
    const windowNs = preset === 'vm' ? (101 * tickNs) / 16 : MILLISECOND_NS
    expect(spanNs).toBeGreaterThan(0.95 * windowNs)
    expect(spanNs).toBeLessThanOrEqual(windowNs)
  })
})

describe('the gaps of a published FreeBSD capture, skew 100', () => {
  it.each([1.406317, 1.461931, 1.411178, 1.411149])('%f s could be of preset vm', (gap) => {
    const earliest = new KernelCallout('vm', new FixedDraws(9_999_999, false)).delayNs(0, 1_390_625)
    const latest = new KernelCallout('vm', new FixedDraws(0, true)).delayNs(0, 1_390_625)
    expect(gap * SECOND_NS).toBeGreaterThanOrEqual(earliest)
    expect(gap * SECOND_NS).toBeLessThanOrEqual(latest)
  })
})

describe('the ticks of pfsync', () => {
  const ticksOf = (preset: 'ideal' | 'bare' | 'vm', phaseNs: number, late: boolean) => {
    const callout = new KernelCallout(preset, new FixedDraws(phaseNs, false))
    // Its first draw is a slop already: the phase belongs to the kernel.
    const draws = new FixedDraws(0, late)
    draws.integer(0, 1)
    return kernelTicks(callout, draws)
  }

  it('are on the dot when time is ideal, at hz 100', () => {
    const ticks = ticksOf('ideal', 0, true)
    expect(secondsDelayNs(ticks, 123_456_789, 5)).toBe(5 * SECOND_NS)
    expect(ticks.delayNs(123_456_789, 1)).toBe(10 * MILLISECOND_NS)
  })

  it.each([
    ['bare', 1000, MILLISECOND_NS, MILLISECOND_NS],
    ['vm', 100, 10 * MILLISECOND_NS, 312_500_000],
  ] as const)('%s: counted from the last tick, with some slop', (preset, hz, tickNs, slopNs) => {
    const nowNs = 40 * tickNs + 700_000
    const early = secondsDelayNs(ticksOf(preset, 0, false), nowNs, 5)
    expect(early).toBe(5 * hz * tickNs - 700_000)
    expect(secondsDelayNs(ticksOf(preset, 0, true), nowNs, 5)).toBe(early + slopNs)
    // The phase is that of the kernel.
    expect(secondsDelayNs(ticksOf(preset, 100_000, false), nowNs, 5)).toBe(early - 100_000)
  })
})
