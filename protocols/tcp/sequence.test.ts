import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance, distance, isBefore, later } from './sequence.ts'

const numbers = fc.integer({ min: 0, max: 0xffff_ffff })
const steps = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

describe('TCP sequence number distance', () => {
  it.each([
    [0, 1, 1],
    [1, 0, -1],
    [0xffff_ffff, 0, 1],
    [0, 0xffff_ffff, -1],
    [0, 0x7fff_ffff, 0x7fff_ffff],
    [0x8000_0000, 0, -0x8000_0000],
    [5, 5, 0],
  ])('from %i to %i is %i', (from, to, expected) => {
    expect(distance(from, to)).toBe(expected)
  })

  it('equals the step of advance', () => {
    fc.assert(
      fc.property(numbers, steps, (from, step) => {
        const to = advance(from, step)
        expect(to).toBe(Number((BigInt(from) + BigInt(step)) & 0xffff_ffffn))
        expect(distance(from, to)).toBe(step)
        expect(isBefore(from, to)).toBe(step > 0)
        expect(later(from, to)).toBe(step > 0 ? to : from)
      }),
    )
  })
})
