import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lastedUntilNs, OutageLog } from './outage-log.ts'

/** Observes `+` (up) and `-` (down) at the instants given; returns log and what was told. */
function observe(...observations: readonly (readonly ['+' | '-', number])[]) {
  const told: string[] = []
  const log = new OutageLog('ping', (up, timeNs) => told.push(`${up ? '+' : '-'}${timeNs}`))
  for (const [state, timeNs] of observations) log.observe(state === '+' ? 1 : 0, timeNs)
  const outages = log.outages.map(({ downNs, upNs }) => `${downNs}-${upNs ?? ''}`)
  return { log, told, outages, up: log.up }
}

describe('the outages of a flow', () => {
  it('are the times between a break and a repair', () => {
    const { outages, told, up } = observe(['-', 10], ['+', 25], ['-', 30], ['+', 31])
    expect(outages).toEqual(['10-25', '30-31'])
    expect(told).toEqual(['-10', '+25', '-30', '+31'])
    expect(up).toBe(true)
  })

  it('may last', () => {
    const { outages, up } = observe(['-', 10], ['+', 25], ['-', 30])
    expect(outages).toEqual(['10-25', '30-'])
    expect(up).toBe(false)
  })

  it('may be there from the start', () => {
    expect(observe(['-', 0], ['+', 3]).outages).toEqual(['0-3'])
  })

  it('are none while it is up, however often that is looked at', () => {
    expect(observe(['+', 1], ['+', 2])).toMatchObject({ outages: [], told: [], up: true })
  })

  it('are not multiplied by looking again', () => {
    const { outages, told } = observe(['-', 10], ['-', 12], ['+', 25], ['+', 26])
    expect(outages).toEqual(['10-25'])
    expect(told).toEqual(['-10', '+25'])
  })

  it('are none when the path is whole again at the same instant', () => {
    const { outages, told, up } = observe(['-', 10], ['+', 10])
    expect(outages).toEqual([])
    expect(up).toBe(true)
    // Whoever was told of the one is told of the other.
    expect(told).toEqual(['-10', '+10'])
  })

  it('are one when the path is whole for no time', () => {
    const { outages, told } = observe(['-', 10], ['+', 25], ['-', 25], ['+', 30])
    expect(outages).toEqual(['10-30'])
    expect(told).toEqual(['-10', '+25', '-25', '+30'])
  })

  it('are apart, of some duration and told in pairs, whatever is observed', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.nat(2)), { maxLength: 40 })
    fc.assert(
      fc.property(steps, (changes) => {
        let timeNs = 0
        const observations = changes.map(([up, laterNs]) => {
          timeNs += laterNs
          return [up ? '+' : '-', timeNs] as const
        })
        const { log, told } = observe(...observations)
        const instants = log.outages.flatMap(({ downNs, upNs }) => [downNs, upNs ?? Infinity])
        for (const [index, instant] of instants.entries()) {
          if (index > 0) expect(instant).toBeGreaterThan(instants[index - 1] as number)
        }
        expect(told.map((each) => each[0])).toEqual(told.map((_, index) => '-+'[index % 2]))
        // Down for as many instants as were last observed so.
        const isDown = (atNs: number) =>
          log.outages.some(({ downNs, upNs }) => atNs >= downNs && atNs < (upNs ?? Infinity))
        for (const [, atNs] of observations) {
          expect(isDown(atNs)).toBe(observations.findLast(([, ns]) => ns === atNs)?.[0] === '-')
        }
      }),
    )
  })
})

describe('when the client ends', () => {
  it('an outage is known up to then', () => {
    const { log } = observe(['-', 10])
    log.ended(40)
    log.observe(1, 50)
    const [outage] = log.outages
    expect(outage?.upNs).toBeUndefined()
    expect(outage && lastedUntilNs(outage, 99)).toBe(40)
    expect(log.endNs).toBe(40)
  })

  it('an outage that was over stays as it was, and no other begins', () => {
    const { log, told } = observe(['-', 10], ['+', 20])
    log.ended(40)
    log.observe(0, 50)
    expect(log.outages).toEqual([{ downNs: 10, upNs: 20, unwatchedFromNs: undefined, steps: [] }])
    expect(log.outages.map((each) => lastedUntilNs(each, 99))).toEqual([20])
    expect(told).toEqual(['-10', '+20'])
  })

  it('with the run, an outage lasts to the end of it', () => {
    const [outage] = observe(['-', 10]).log.outages
    expect(outage && lastedUntilNs(outage, 99)).toBe(99)
  })

  it('it has ended for good', () => {
    const { log } = observe(['-', 10])
    log.ended(40)
    log.ended(60)
    expect(log.endNs).toBe(40)
  })
})
