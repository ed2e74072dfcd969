import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closest, either, unknownName } from './suggest.ts'

describe('a suggestion', () => {
  const fields = ['vhid', 'address', 'advbase', 'advskew', 'forgedTransmits']

  it.each([
    ['vihd', 'vhid'],
    ['adress', 'address'],
    ['advskw', 'advskew'],
    ['ADVSKEW', 'advskew'],
    ['forgedtransmit', 'forgedTransmits'],
  ])('for %s is %s', (word, meant) => {
    expect(closest(word, fields)).toBe(meant)
  })

  it.each(['colour', '', 'x', 'a'.repeat(100_000)])('is not made up for %.10s', (word) => {
    expect(closest(word, fields)).toBeUndefined()
  })

  it('finds any word again after one edit', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.nat(), (word, at) => {
        const cut = at % word.length
        expect(closest(word.slice(0, cut) + word.slice(cut + 1), [word])).toBe(word)
      }),
    )
  })
})

describe('a list of words', () => {
  it('reads as a sentence would', () => {
    expect(either([])).toBe('')
    expect(either(['a'])).toBe('a')
    expect(either(['a', 'b'])).toBe('a or b')
    expect(either(['a', 'b', 'c'], 'and')).toBe('a, b and c')
  })

  it('is cut when it is long', () => {
    expect(either(Array.from({ length: 40 }, (_, at) => `h${at}`))).toMatch(
      /^h0, .*h11 … \(40 in all\)$/,
    )
  })
})

describe('an unknown name', () => {
  it('is answered with those there are', () => {
    expect(unknownName('node', 'fwl', ['fw1', 'fw2'])).toBe(
      'unknown node "fwl"; did you mean fw1? expected fw1 or fw2',
    )
    expect(unknownName('node', 'fw1', [])).toBe(
      'unknown node "fw1"; expected the name of one, but there is none',
    )
  })
})
