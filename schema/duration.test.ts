import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TIME_MAX_NS } from '../engine/time.ts'
import { durationNs, formatDuration, parseDuration } from './duration.ts'

describe('a duration', () => {
  it.each([
    ['90s', 90_000_000_000],
    ['12.5s', 12_500_000_000],
    ['500ms', 500_000_000],
    ['15us', 15_000],
    ['50ns', 50],
    ['2min', 120_000_000_000],
    ['1.5h', 5_400_000_000_000],
    ['0s', 0],
    ['0.1s', 100_000_000],
    ['1.000000001s', 1_000_000_001],
    ['2496h', TIME_MAX_NS],
  ])('%s is %d ns', (text, ns) => {
    expect(parseDuration(text)).toBe(ns)
    expect(durationNs(text)).toBe(ns)
  })

  it.each([
    '',
    '90',
    's',
    '-5s',
    '+5s',
    '.5s',
    '5.s',
    '5 s',
    ' 5s',
    '5S',
    '5sec',
    '1e3s',
    '1.5ns',
    '0.1ns',
    '2496.1h',
    '999999999999999h',
    '5s\n',
    '5s5s',
    'NaNs',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined()
    expect(() => durationNs(text)).toThrow('is no duration')
  })

  it.each([
    [0, '0s'],
    [50, '50ns'],
    [1_500, '1.5us'],
    [999_999_999, '999.999999ms'],
    [89_900_000_000, '89.9s'],
    [3_600_000_000_000, '3600s'],
  ])('%d ns is written %s', (ns, text) => {
    expect(formatDuration(ns)).toBe(text)
  })

  it('reads back what it wrote, to the nanosecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: TIME_MAX_NS }), (ns) => {
        expect(parseDuration(formatDuration(ns))).toBe(ns)
      }),
    )
  })

  it('never throws on noise', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseDuration(text)))
  })
})
