import { describe, expect, it } from 'vitest'
import { type AdvertisementText, advertisement, virtualIp } from './advertisement.fixture.ts'
import { type CarpPlan, carpOnCable, FIREWALL_MAC } from './service.fixture.ts'

const OWN = '10.10.210.251'

describe('an advertisement that comes in', () => {
  const hearing = (text: AdvertisementText, plan: CarpPlan = {}) => {
    const made = carpOnCable(plan)
    made.hear(advertisement({ advskew: 240, ...text }))
    // Only one that was accepted is preempted.
    const accepted = made.takeStory().some((line) => line.includes('preempting'))
    return { drops: made.lab.drops, accepted }
  }

  it('is accepted when all is well, from whatever address and with whatever TTL', () => {
    expect(hearing({})).toEqual({ drops: [], accepted: true })
    expect(hearing({ source: '192.0.2.1' })).toEqual({ drops: [], accepted: true })
    expect(hearing({ ttl: 1 })).toEqual({ drops: [], accepted: true })
  })

  /** In the order of the checks: each breach is told in spite of all that come after it. */
  const breaches: readonly (readonly [string, AdvertisementText, CarpPlan])[] = [
    ['carpNotAllowed', {}, { allow: false }],
    ['carpBadLength', { length: 35 }, {}],
    ['carpBadVersion', { version: 3 }, {}],
    ['carpBadChecksum', { checksum: 'bad' }, {}],
    ['carpBadVhid', { vhid: 9 }, {}],
    ['carpBadTtl', { ttl: 254 }, { verifyTtl: true }],
    ['carpBadAuthentication', { digest: 'bad' }, {}],
  ]

  it.each(breaches)('is refused for the first of its faults: %s', (cause, text, plan) => {
    const expected = { drops: [`${cause} at fw1 WAN`], accepted: false }
    expect(hearing(text, plan)).toEqual(expected)
    const later = breaches.slice(breaches.findIndex(([each]) => each === cause) + 1)
    const allFaults = Object.assign({}, ...later.map(([, faults]) => faults), text)
    const allPlans = Object.assign({}, ...later.map(([, , each]) => each), plan)
    expect(hearing(allFaults, allPlans)).toEqual(expected)
  })

  it.each([
    ['another password', { password: 'Secret' }],
    ['another address', { vip: '10.10.210.252' }],
  ] as const)('is not authentic when it was signed with %s', (_what, text) => {
    expect(hearing(text).drops).toEqual(['carpBadAuthentication at fw1 WAN'])
  })

  it('is authentic whatever skew and interval it tells: these are not signed', () => {
    expect(hearing({ advskew: 239, advbase: 7 }).accepted).toBe(true)
  })

  it('is for a VHID of the interface that it came in by', () => {
    const made = carpOnCable({
      host: {
        nics: { vmx0: FIREWALL_MAC },
        interfaces: [
          { name: 'WAN', nic: 'vmx0', address: `${OWN}/24` },
          { name: 'V20', nic: 'vmx0', vlanId: 20, address: '10.0.20.251/24' },
        ],
      },
    })
    made.hear(advertisement({ advskew: 240, vlanId: 20 }))
    expect(made.lab.drops).toEqual(['groupNotJoined at fw1 V20'])
    made.carp.add(virtualIp({ interface: 'V20', vhid: 2, vip: '10.0.20.254/24' }), made.on('V20'))
    made.hear(advertisement({ advskew: 240, vlanId: 20 }))
    expect(made.lab.drops.at(-1)).toBe('carpBadVhid at fw1 V20')
  })

  it('of its own, reflected by a switch, makes a master yield where no pf blocks it', () => {
    const { lab, hear, carp, takeStory } = carpOnCable()
    lab.runForSeconds(3.5)
    hear(advertisement({ advskew: 0, source: OWN }))
    expect(carp.stateOf('WAN', 1)).toBe('BACKUP')
    expect(takeStory()).toEqual([
      'carp: 1@vmx0: INIT -> BACKUP (initialization complete)',
      'carp: 1@vmx0: BACKUP -> MASTER (master timed out)',
      'carp: 1@vmx0: MASTER -> BACKUP (more frequent advertisement received)',
    ])
  })
})
