import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RandomSource, type RandomStream } from './random.ts'

const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
const names = fc.string({ maxLength: 12 })

function draw(stream: RandomStream, count: number): number[] {
  return Array.from({ length: count }, () => stream.bits32())
}

describe('RandomSource with a given seed', () => {
  // Recorded values. If they change, every run of every seed changes.
  it.each([
    ['pfsense1/carp', [1_507_720_316, 623_052_469, 666_460_276, -4]],
    ['client/ping', [3_527_391_839, 3_795_625_487, 331_298_582, 1]],
    ['', [87_364_122, 73_156_984, 504_716_430, -2]],
  ])('draws for seed 1 and the stream "%s" the numbers %j', (name, expected) => {
    const stream = new RandomSource(1).stream(name)
    const drawn = [stream.bits32(), stream.bits32()]
    drawn.push(stream.integer(0, 1_000_000_000), stream.integer(-5, 6))
    expect(drawn).toEqual(expected)
  })

  it('draws other numbers for seed 2', () => {
    expect(draw(new RandomSource(2).stream('pfsense1/carp'), 2)).toEqual([
      3_504_170_728, 61_726_622,
    ])
  })
})

describe('RandomSource.stream', () => {
  it('returns the same stream for the same name', () => {
    const source = new RandomSource(1)
    const first = draw(source.stream('a'), 1)
    const rest = draw(source.stream('a'), 2)
    expect([...first, ...rest]).toEqual(draw(new RandomSource(1).stream('a'), 3))
  })

  it('draws the same numbers whatever other streams draw', () => {
    const turns = fc.array(names, { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(seeds, turns, (seed, order) => {
        const together = new RandomSource(seed)
        const drawnBy = new Map<string, number[]>()
        for (const name of order) {
          const drawn = drawnBy.get(name) ?? []
          drawnBy.set(name, [...drawn, together.stream(name).bits32()])
        }
        for (const [name, drawn] of drawnBy) {
          expect(drawn).toEqual(draw(new RandomSource(seed).stream(name), drawn.length))
        }
      }),
    )
  })

  it('draws other numbers for another name or another seed', () => {
    fc.assert(
      fc.property(seeds, names, names, (seed, name, otherName) => {
        const drawn = draw(new RandomSource(seed).stream(name), 4)
        const otherSeed = seed === 0 ? 1 : seed - 1
        expect(draw(new RandomSource(otherSeed).stream(name), 4)).not.toEqual(drawn)
        if (otherName === name) return
        expect(draw(new RandomSource(seed).stream(otherName), 4)).not.toEqual(drawn)
      }),
    )
  })
})

describe('RandomStream.integer', () => {
  const ranges = fc
    .tuple(fc.integer({ min: -(2 ** 31), max: 2 ** 52 }), fc.integer({ min: 1, max: 2 ** 52 - 1 }))
    .map(([from, width]) => ({ from, to: from + width }))

  it('draws an integer from [from, to)', () => {
    fc.assert(
      fc.property(seeds, ranges, (seed, { from, to }) => {
        const drawn = new RandomSource(seed).stream('range').integer(from, to)
        expect(Number.isSafeInteger(drawn)).toBe(true)
        expect(drawn).toBeGreaterThanOrEqual(from)
        expect(drawn).toBeLessThan(to)
      }),
    )
  })

  it('always draws the only number of a range of one', () => {
    const stream = new RandomSource(1).stream('one')
    expect([stream.integer(7, 8), stream.integer(-1, 0)]).toEqual([7, -1])
  })

  it('draws every number about equally often', () => {
    const stream = new RandomSource(1).stream('dice')
    const counts = Array.from({ length: 10 }, () => 0)
    for (let throws = 0; throws < 20_000; throws++) {
      const face = stream.integer(0, 10)
      counts[face] = (counts[face] ?? 0) + 1
    }
    // Five standard deviations around 2000.
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(215)
  })

  it.each([
    [3, 3],
    [4, 3],
    [0.5, 3],
    [0, 2 ** 53],
    [0, Number.NaN],
  ])('refuses the range [%d, %d)', (from, to) => {
    expect(() => new RandomSource(1).stream('x').integer(from, to)).toThrow('an empty range')
  })
})

describe('RandomStream.bits32', () => {
  it('is unsigned, with each bit set about half of the time', () => {
    const drawn = draw(new RandomSource(1).stream('bits'), 4000)
    for (const bits of drawn) expect(bits).toBe(bits >>> 0)
    for (let bit = 0; bit < 32; bit++) {
      const set = drawn.filter((bits) => ((bits >>> bit) & 1) === 1).length
      // Five standard deviations around 2000.
      expect(Math.abs(set - 2000)).toBeLessThan(160)
    }
  })
})

describe('the seed', () => {
  it.each([0, 1, Number.MAX_SAFE_INTEGER])('can be %d', (seed) => {
    expect(new RandomSource(seed).seed).toBe(seed)
  })

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('cannot be %d', (seed) => {
    expect(() => new RandomSource(seed)).toThrow('is no seed')
  })
})
