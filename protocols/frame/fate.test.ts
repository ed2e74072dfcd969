import { describe, expect, it } from 'vitest'
import { DROP_CAUSES, type DropCause, weightOf } from './fate.ts'

const CAUSES = Object.entries(DROP_CAUSES)

describe('the causes of a drop', () => {
  it.each(CAUSES)('%s is said in a clause', (name, { meaning }) => {
    expect(name).toMatch(/^[a-z]+([A-Z][a-z]*)*$/)
    expect(meaning).toMatch(/^\S.*[^.\s]$/)
  })

  it('do not mean the same', () => {
    expect(new Set(CAUSES.map(([, { meaning }]) => meaning)).size).toBe(CAUSES.length)
  })

  it('that explain no loss by themselves are those of copies nobody was waiting for', () => {
    const incidental = CAUSES.filter(([, cause]) => cause.incidental).map(([name]) => name)
    expect(incidental.toSorted()).toEqual([
      'bridgeGroup',
      'carpBadVhid',
      'carpNotAllowed',
      'groupNotJoined',
      'guestBpdu',
      'noListener',
      'noMember',
      'noOtherPort',
      'noVSwitch',
      'noVlanInterface',
      'notForUs',
      'pfsyncNotRunning',
      'pfsyncWrongInterface',
      'reversePath',
      'samePort',
      'stpBlocked',
      'unknownProtocol',
      'unknownUnicast',
      'uplinkUnused',
      'virtualMacNotMaster',
    ])
  })

  it('weigh more, the more they tell of a loss', () => {
    expect(weightOf('filtered')).toBeGreaterThan(weightOf('virtualMacNotMaster'))
    expect(weightOf('notForUs')).toBeGreaterThan(weightOf('samePort'))
    for (const [name, { incidental }] of CAUSES) {
      expect(weightOf(name as DropCause) === 2).toBe(!incidental)
    }
  })
})
