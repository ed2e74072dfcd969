import { describe, expect, it } from 'vitest'
import { indexesOf, parametersOf, shardOf } from './sweep-plan.ts'

describe('--set of a sweep', () => {
  it('is a parameter where it has several values, and an override where it has one', () => {
    expect(parametersOf(['a.b=1,2, 5', 'c=3', 'd=[1, 2]', 'e={ x: 1, y: 2 },"a,b"'])).toEqual({
      overrides: ['c=3', 'd=[1, 2]'],
      parameters: [
        { path: 'a.b', values: ['1', '2', '5'] },
        { path: 'e', values: ['{ x: 1, y: 2 }', '"a,b"'] },
      ],
    })
  })

  it('names a parameter once', () => {
    expect(() => parametersOf(['a=1,2', 'a=3,4'])).toThrow(
      '--set a=3,4: a is a parameter already; expected it once',
    )
  })
})

describe('--shard', () => {
  it('parts the runs, so that each is in one shard', () => {
    const parts = ['1/3', '2/3', '3/3'].map((text) => indexesOf(8, shardOf(text)))
    expect(parts).toEqual([
      [0, 3, 6],
      [1, 4, 7],
      [2, 5],
    ])
  })

  it.each(['0/3', '4/3', '1', 'a/b', '1/0'])('is refused as %s', (text) => {
    expect(() => shardOf(text)).toThrow(`--shard ${text}: expected I/N`)
  })
})
