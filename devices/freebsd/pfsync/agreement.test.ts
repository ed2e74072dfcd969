import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { agreement } from './agreement.fixture.ts'
import { type PfsyncNode, pfsyncPair } from './pfsync.fixture.ts'
import { Traffic, type TrafficStep, trafficSteps } from './traffic.fixture.ts'

const RUNS = 60

interface Leg {
  readonly steps: readonly TrafficStep[]
  /** Of which node the packets go through. */
  readonly by: 0 | 1
  readonly isCut: boolean
}

const legs = (by: fc.Arbitrary<0 | 1>, isCut: fc.Arbitrary<boolean>): fc.Arbitrary<Leg[]> =>
  fc.array(fc.record({ steps: trafficSteps, by, isCut }), { minLength: 1, maxLength: 5 })

describe('the tables of both nodes agree, field by field, at quiet moments', () => {
  it('when the packets go through one of them', () => {
    fc.assert(
      fc.property(trafficSteps, (steps) => {
        const { lab, fw1, fw2, runUntilQuiet } = pfsyncPair()
        new Traffic(lab).play(steps, fw1)
        runUntilQuiet()
        expect(agreement(fw1, fw2)).toEqual([])
        expect(fw2.service.counters).toMatchObject({ badValue: 0, collisions: 0 })
      }),
      { numRuns: RUNS },
    )
  })

  it('when the packets go now through one and now through the other', () => {
    fc.assert(
      fc.property(legs(fc.constantFrom(0, 1), fc.constant(false)), (all) => {
        const { lab, fw1, fw2, runUntilQuiet } = pfsyncPair()
        const traffic = new Traffic(lab)
        for (const { steps, by } of all) {
          traffic.play(steps, by === 0 ? fw1 : fw2)
          runUntilQuiet()
          expect(agreement(fw1, fw2)).toEqual([])
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('when the cable was cut now and then, once both have asked for all', () => {
    fc.assert(
      fc.property(legs(fc.constant(0), fc.boolean()), (all) => {
        const { lab, fw1, fw2, cut, runUntilQuiet } = pfsyncPair()
        const traffic = new Traffic(lab)
        for (const { steps, isCut } of all) {
          cut(isCut)
          traffic.play(steps, fw1)
        }
        cut(false)
        runUntilQuiet()
        for (const node of [fw1, fw2]) {
          node.service.configure()
          runUntilQuiet()
        }
        expect([fw1.service.isOk, fw2.service.isOk]).toEqual([true, true])
        expect(agreement(fw1, fw2, true)).toEqual([])
      }),
      { numRuns: RUNS },
    )
  })
})

describe('what a failover loses', () => {
  const TCP = 'in vmx1 tcp 10.0.1.5:1000 > 1.1.1.1:80'
  const RULES = ['block', 'pass in on vmx1']

  /** Whether a connection goes on through fw2 when fw1 dies so long after its first packet. */
  const survives = (seconds: number): boolean => {
    const { lab, fw1, fw2 } = pfsyncPair({ rules: RULES }, { rules: RULES })
    fw1.see(`${TCP} S`)
    lab.runForSeconds(seconds)
    fw1.host.powerOff()
    lab.runForSeconds(3)
    return passes(fw2, `${TCP} A`)
  }

  it('is a connection younger than a second, which no state of the other node knows', () => {
    expect([0.5, 0.99, 1.01, 5].map(survives)).toEqual([false, false, true, true])
  })

  it('is every connection where pfsync does not get through', () => {
    const { lab, fw1, fw2, cut } = pfsyncPair({ rules: RULES }, { rules: RULES })
    cut(true)
    fw1.see(`${TCP} S`)
    lab.runForSeconds(5)
    expect(passes(fw2, `${TCP} A`)).toBe(false)
  })
})

function passes(node: PfsyncNode, line: string): boolean {
  return node.see(line, { seq: 2 }).action === 'pass'
}
