import { describe, expect, it } from 'vitest'
import { problemOf } from '../small.fixture.ts'

const END = 'flows:\n'

describe('capture points', () => {
  it('that do not exist are told, with the nearest one that does', () => {
    const problems = problemOf([END, `captures: { points: [station, fw1-servr] }\n${END}`])
    expect(problems).toMatch(/captures\.points\[1\]: .*fw1-servr.*fw1-server/)
  })

  it('need a file name each', () => {
    const problems = problemOf(
      ['- name: station\n', '- name: all\n'],
      ['from: station', 'from: all'],
    )
    expect(problems).toMatch(/two captures would be named all; expected/)
  })
})
