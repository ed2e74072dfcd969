import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  assertInstant,
  formatSeconds,
  MICROSECOND_NS,
  MILLISECOND_NS,
  RUN_EPOCH_UNIX_US,
  SECOND_NS,
  TIME_MAX_NS,
  toMicroseconds,
} from './time.ts'

const instants = fc.integer({ min: 0, max: TIME_MAX_NS })

describe('simulated time', () => {
  it('counts nanoseconds', () => {
    expect(SECOND_NS).toBe(1000 * MILLISECOND_NS)
    expect(MILLISECOND_NS).toBe(1000 * MICROSECOND_NS)
  })

  it('is exact for 104 days and not for 105', () => {
    expect(TIME_MAX_NS).toBe(104 * 24 * 3600 * SECOND_NS)
    expect(Number.isSafeInteger(TIME_MAX_NS)).toBe(true)
    expect(Number.isSafeInteger(TIME_MAX_NS + 24 * 3600 * SECOND_NS)).toBe(false)
  })

  it('starts at 2024-08-21T08:00:00Z', () => {
    expect(RUN_EPOCH_UNIX_US).toBe(Date.UTC(2024, 7, 21, 8) * 1000)
  })

  it.each([0, 1, SECOND_NS, TIME_MAX_NS])('can be %d', (timeNs) => {
    expect(() => assertInstant(timeNs)).not.toThrow()
  })

  it.each([-1, 0.5, TIME_MAX_NS + 1, Number.NaN, Number.POSITIVE_INFINITY])(
    'cannot be %d',
    (timeNs) => {
      expect(() => assertInstant(timeNs)).toThrow(`internal fault: ${timeNs} is no instant`)
    },
  )
})

describe('toMicroseconds and formatSeconds', () => {
  it.each([
    [0, 0],
    [999, 0],
    [1000, 1],
    [3_390_625_999, 3_390_625],
  ])('cut %d ns to %d µs', (timeNs, microseconds) => {
    expect(toMicroseconds(timeNs)).toBe(microseconds)
  })

  it.each([
    [0, '0.000000'],
    [999, '0.000000'],
    [1000, '0.000001'],
    [2_390_625_000, '2.390625'],
    [12_345_678_901, '12.345678'],
    [-1_390_625_000, '-1.390625'],
    [TIME_MAX_NS, '8985600.000000'],
  ])('write %d ns as %s s', (timeNs, text) => {
    expect(formatSeconds(timeNs)).toBe(text)
  })

  it('show the same microsecond', () => {
    fc.assert(
      fc.property(instants, (timeNs) => {
        const text = formatSeconds(timeNs)
        expect(text).toMatch(/^\d+\.\d{6}$/)
        expect(Number(text.replace('.', ''))).toBe(toMicroseconds(timeNs))
      }),
    )
  })
})
