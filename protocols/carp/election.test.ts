import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CarpNetwork, type CarpNode } from './carp-network.fixture.ts'
import { carpIntervalUs } from './machine.ts'

const SECOND_US = 1_000_000
const DELAY_US = 10
// The defaults of pfSense: advbase 1, advskew 0 on the primary and 100 on the backup.
const PRIMARY = { advskew: 0 }
const BACKUP = { advskew: 100 }
const BACKUP_MASTER_DOWN_US = 3_390_625
const BACKUP_INTERVAL_US = 1_390_625

/** Two nodes after ten seconds: the primary is MASTER of all VHIDs. */
function settled(vhids = 1): { network: CarpNetwork; primary: CarpNode; backup: CarpNode } {
  const network = new CarpNetwork(DELAY_US)
  const primary = network.add('primary', PRIMARY, vhids)
  const backup = network.add('backup', BACKUP, vhids)
  network.runUntil(10 * SECOND_US)
  expect(network.statesOf(vhids)).toEqual({ primary: 'MASTER', backup: 'BACKUP' })
  network.events.length = 0
  return { network, primary, backup }
}

/** A time in µs within one advertisement interval. */
const phases = fc.integer({ min: 0, max: SECOND_US - 1 })

describe('CARP start', () => {
  it('of both nodes makes the primary MASTER after 3 s', () => {
    const network = new CarpNetwork(DELAY_US)
    network.add('primary', PRIMARY)
    network.add('backup', BACKUP)
    network.runUntil(20 * SECOND_US)
    expect(network.eventsOf('MASTER')).toMatchObject([{ node: 'primary', timeUs: 3 * SECOND_US }])
  })

  it('of the backup alone makes it MASTER after 3.390625 s', () => {
    const network = new CarpNetwork(DELAY_US)
    network.add('backup', BACKUP)
    network.runUntil(20 * SECOND_US)
    expect(network.eventsOf('MASTER')).toMatchObject([{ timeUs: BACKUP_MASTER_DOWN_US }])
  })
})

describe('CARP crash of the MASTER', () => {
  it('causes an outage of 2.390625 to 3.390625 s, depending on its last advertisement', () => {
    fc.assert(
      fc.property(phases, (phaseUs) => {
        const { network, primary, backup } = settled()
        const crashUs = 10 * SECOND_US + phaseUs
        network.at(crashUs, () => primary.crash())
        network.runUntil(20 * SECOND_US)
        const lastSentUs = network.eventsOf('send', primary).at(-1)?.timeUs ?? 10 * SECOND_US
        const [takeover] = network.eventsOf('MASTER', backup)
        const takeoverUs = takeover?.timeUs ?? 0
        expect(takeoverUs).toBe(lastSentUs + DELAY_US + BACKUP_MASTER_DOWN_US)
        expect(takeoverUs - crashUs).toBeGreaterThan(2_390_625)
        expect(takeoverUs - crashUs).toBeLessThanOrEqual(BACKUP_MASTER_DOWN_US + DELAY_US)
      }),
    )
  })

  it('on the backup node makes the primary MASTER 3 s after the last advertisement', () => {
    const network = new CarpNetwork(DELAY_US)
    const backup = network.add('backup', { ...BACKUP, preempt: false })
    network.runUntil(5 * SECOND_US)
    const primary = network.add('primary', { ...PRIMARY, preempt: false })
    network.runUntil(10 * SECOND_US)
    backup.crash()
    network.runUntil(20 * SECOND_US)
    const lastSentUs = network.eventsOf('send', backup).at(-1)?.timeUs ?? 0
    const [takeover] = network.eventsOf('MASTER', primary)
    expect(takeover?.timeUs).toBe(lastSentUs + DELAY_US + 3 * SECOND_US)
  })
})

describe('CARP return of the primary', () => {
  it('makes it MASTER at the next advertisement of the backup, within 1.390625 s', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: BACKUP_INTERVAL_US }), (phaseUs) => {
        const network = new CarpNetwork(DELAY_US)
        network.add('backup', BACKUP)
        const returnUs = 10 * SECOND_US + phaseUs
        network.runUntil(returnUs)
        const primary = network.add('primary', PRIMARY)
        network.runUntil(20 * SECOND_US)
        const takeovers = network.eventsOf('MASTER', primary)
        expect(takeovers).toHaveLength(1)
        expect((takeovers[0]?.timeUs ?? 0) - returnUs).toBeLessThanOrEqual(
          BACKUP_INTERVAL_US + DELAY_US,
        )
        expect(network.statesOf(1)).toEqual({ backup: 'BACKUP', primary: 'MASTER' })
      }),
    )
  })

  it('without preemption changes nothing', () => {
    const network = new CarpNetwork(DELAY_US)
    network.add('backup', { ...BACKUP, preempt: false })
    network.runUntil(10 * SECOND_US)
    network.add('primary', { ...PRIMARY, preempt: false })
    network.runUntil(60 * SECOND_US)
    expect(network.statesOf(1)).toEqual({ backup: 'MASTER', primary: 'BACKUP' })
  })
})

describe('CARP with two MASTERs', () => {
  it('ends at the next advertisement of the primary, without a gratuitous ARP', () => {
    const { network, primary, backup } = settled()
    network.carries = false
    network.runUntil(20 * SECOND_US)
    expect(network.statesOf(1)).toEqual({ primary: 'MASTER', backup: 'MASTER' })
    network.events.length = 0
    network.carries = true
    network.runUntil(30 * SECOND_US)
    const [firstSent] = network.eventsOf('send', primary)
    expect(network.events.filter(({ node }) => node === 'backup')).toMatchObject([
      // It can still advertise once before it receives the primary's advertisement.
      ...network.eventsOf('send', backup),
      { what: 'BACKUP', timeUs: (firstSent?.timeUs ?? 0) + DELAY_US },
    ])
    expect(network.eventsOf('gratuitous ARP')).toEqual([])
    expect(new Set(network.eventsOf('', primary).map(({ what }) => what))).toEqual(
      new Set(['send 0']),
    )
  })

  it('of equal skew makes both BACKUP when advertisements cross; then advskew decides', () => {
    const network = new CarpNetwork(DELAY_US)
    const primary = network.add('primary', PRIMARY)
    const backup = network.add('backup', BACKUP)
    network.carries = false
    network.runUntil(10 * SECOND_US)
    for (const { host } of network.nodes) host.demote(240, 'test')
    network.carries = true
    network.runUntil(10 * SECOND_US + DELAY_US)
    expect(network.statesOf(1)).toEqual({ primary: 'BACKUP', backup: 'BACKUP' })
    network.events.length = 0
    network.runUntil(30 * SECOND_US)
    expect(network.eventsOf('MASTER')).toMatchObject([
      { node: 'primary', timeUs: 13 * SECOND_US + DELAY_US },
    ])
    expect(network.eventsOf('send', backup)).toEqual([])
    expect(network.eventsOf('send', primary).every(({ what }) => what === 'send 240')).toBe(true)
  })
})

describe('CARP link failure on the primary', () => {
  it('moves the other VHIDs at once, and its own VHID after the master-down time', () => {
    const { network, primary, backup } = settled(3)
    const failureUs = 10 * SECOND_US + 400_000
    network.at(failureUs, () => primary.vhid(2).interfaceChanged(false))
    network.runUntil(20 * SECOND_US)
    expect(network.eventsOf('MASTER', backup)).toMatchObject([
      { vhid: 3, timeUs: failureUs + DELAY_US },
      { vhid: 1, timeUs: failureUs + DELAY_US },
      { vhid: 2, timeUs: 10 * SECOND_US + DELAY_US + BACKUP_MASTER_DOWN_US },
    ])
    expect([1, 2, 3].map((vhid) => primary.vhid(vhid).state)).toEqual(['BACKUP', 'INIT', 'BACKUP'])
  })
})

describe('CARP maintenance mode', () => {
  it('makes the backup MASTER at the next advertisement, before the primary is BACKUP', () => {
    const { network, primary, backup } = settled()
    primary.vhid(1).advskew = 254
    network.runUntil(10 * SECOND_US + 900_000)
    expect(network.events).toEqual([])
    network.runUntil(12 * SECOND_US)
    expect(network.events.map(({ node, what, timeUs }) => [node, what, timeUs])).toEqual([
      ['primary', 'send 240', 11 * SECOND_US],
      ['backup', 'MASTER', 11 * SECOND_US + DELAY_US],
      ['backup', 'send 100', 11 * SECOND_US + DELAY_US],
      ['backup', 'gratuitous ARP', 11 * SECOND_US + DELAY_US],
      ['primary', 'BACKUP', 11 * SECOND_US + 2 * DELAY_US],
    ])
    backup.crash()
    network.runUntil(20 * SECOND_US)
    expect(network.eventsOf('MASTER', primary)).toMatchObject([
      { timeUs: 11 * SECOND_US + 2 * DELAY_US + 3_992_187 },
    ])
  })
})

describe('two CARP nodes with different intervals', () => {
  const bases = fc.integer({ min: 1, max: 3 })
  const nodes = fc.record({
    advbaseSeconds: bases,
    // Above 240 both nodes would advertise the same skew.
    advskew: fc.integer({ min: 0, max: 240 }),
  })
  const startsUs = fc.integer({ min: 0, max: 15 * SECOND_US })

  it('agree on the faster one as MASTER, for any start order and delay', () => {
    fc.assert(
      fc.property(
        fc.tuple(nodes, startsUs),
        fc.tuple(nodes, startsUs),
        fc.integer({ min: 0, max: 50_000 }),
        ([first, firstUs], [second, secondUs], delayUs) => {
          const intervalsUs = [first, second].map(({ advbaseSeconds, advskew }) =>
            carpIntervalUs(advbaseSeconds, advskew),
          )
          fc.pre(intervalsUs[0] !== intervalsUs[1])
          const network = new CarpNetwork(delayUs)
          network.at(firstUs, () => network.add('first', first))
          network.at(secondUs, () => network.add('second', second))
          // Each is MASTER at most 9.94 s after its start, and advertises at least every 3.94 s.
          const agreedUs = Math.max(firstUs, secondUs) + 20 * SECOND_US
          network.runUntil(agreedUs)
          const faster = (intervalsUs[0] ?? 0) < (intervalsUs[1] ?? 0) ? 'first' : 'second'
          const agreement = { first: 'BACKUP', second: 'BACKUP', [faster]: 'MASTER' }
          expect(network.statesOf(1)).toEqual(agreement)
          network.runUntil(agreedUs + 60 * SECOND_US)
          const since = network.events.filter(({ timeUs }) => timeUs > agreedUs)
          expect(
            since.filter(({ node, what }) => node !== faster || !what.startsWith('send')),
          ).toEqual([])
          expect(since.length).toBeGreaterThan(10)
        },
      ),
    )
  })

  it('transmit only as MASTER, and arm only the timers of their state', () => {
    const troubles = fc.array(
      fc.record({
        node: fc.nat({ max: 1 }),
        atUs: fc.integer({ min: 0, max: 40 * SECOND_US }),
        what: fc.constantFrom('link down', 'link up', 'forbid', 'allow', 'demote', 'undemote'),
      }),
      { maxLength: 12 },
    )
    fc.assert(
      fc.property(fc.tuple(nodes, nodes), troubles, ([first, second], steps) => {
        const network = new CarpNetwork(DELAY_US)
        const both = [network.add('first', first), network.add('second', second)]
        for (const { node: index, atUs, what } of steps) {
          const node = both[index] as CarpNode
          network.at(atUs, () => {
            if (what === 'link down') node.vhid(1).interfaceChanged(false)
            else if (what === 'link up') node.vhid(1).interfaceChanged(true)
            else if (what === 'forbid') node.host.setAllow(false)
            else if (what === 'allow') node.host.setAllow(true)
            else node.host.demote(what === 'demote' ? 50 : -50, 'test')
          })
        }
        network.scheduler.afterEvent = () => {
          for (const node of both) {
            const { state } = node.vhid(1)
            const { ad, masterDown } = node.timersOf(1)
            expect([state, ad]).toEqual([state, state === 'MASTER'])
            // After a takeover by preemption the master-down timer still runs.
            if (state !== 'MASTER') expect([state, masterDown]).toEqual([state, state === 'BACKUP'])
          }
        }
        network.runUntil(60 * SECOND_US)
        const transmissions = network.events.filter(({ what }) => /^(send|gratuitous)/.test(what))
        expect(transmissions.filter(({ state }) => state !== 'MASTER')).toEqual([])
      }),
    )
  })
})
