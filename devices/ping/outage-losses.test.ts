import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MILLISECOND_NS, SECOND_NS } from '../../engine/time.ts'
import { type Ipv4Address, parseIpv4 } from '../../protocols/addresses.ts'
import { FakePingHost, type Network, outage, ProbeLog, replyTo } from './fake-ping-host.fixture.ts'
import { LINUX_TIMER_DRIFT_NS, LinuxPing, type LinuxPingOptions } from './linux-ping.ts'
import { WindowsPing, type WindowsPingOptions } from './windows-ping.ts'

// What the number of lost pings says about an outage, and what it does not.

const SERVER = parseIpv4('10.10.110.10') as Ipv4Address
const RTT_NS = 300_000
// Sends are on whole milliseconds: every reply that comes has come by then.
const RUN_NS = 29.5 * SECOND_NS + MILLISECOND_NS / 2

/** The outage begins `phaseNs` before the third send; until then one leaves every period. */
function failing(outageNs: number, phaseNs: number, periodNs = SECOND_NS): Network {
  const fromNs = 2 * periodNs - phaseNs
  return outage(fromNs, fromNs + outageNs, RTT_NS)
}

function windowsLosses(network: Network, options: Partial<WindowsPingOptions> = {}): number {
  const log = new ProbeLog()
  const host = new FakePingHost(network)
  host.run(new WindowsPing(host, { target: SERVER, ...options }, log), RUN_NS)
  return log.sentCount - log.receivedCount
}

function linuxLosses(network: Network, options: Partial<LinuxPingOptions> = {}): number {
  const log = new ProbeLog()
  const host = new FakePingHost(network)
  host.run(new LinuxPing(host, { target: SERVER, identifier: 1, ...options }, log), RUN_NS)
  return log.sentCount - log.receivedCount
}

const phases = fc.integer({ min: 0, max: SECOND_NS - 1 })

describe('an outage from CARP, 2.390625 s (excluded) to 3.390625 s', () => {
  const carpOutages = fc.integer({ min: 2_390_625_001, max: 3_390_625_000 })

  it('costs a Windows ping exactly one probe, with or without a pause after the timeout', () => {
    fc.assert(
      fc.property(carpOutages, phases, (outageNs, phaseNs) => {
        const network = failing(outageNs, phaseNs)
        expect(windowsLosses(network)).toBe(1)
        expect(windowsLosses(network, { timeoutPauseNs: 0 })).toBe(1)
      }),
    )
  })

  it('costs a Linux ping 2, 3 or 4: the outage in seconds, rounded down or up', () => {
    fc.assert(
      fc.property(carpOutages, phases, (outageNs, phaseNs) => {
        const lost = linuxLosses(failing(outageNs, phaseNs))
        const seconds = outageNs / SECOND_NS
        expect([2, 3, 4]).toContain(lost)
        expect([Math.floor(seconds), Math.ceil(seconds)]).toContain(lost)
      }),
    )
  })

  // The middles of a grid of 40 outages by 40 phases, in percent.
  const spread = (
    losses: (network: Network) => number,
    periodNs = SECOND_NS,
  ): Map<number, number> => {
    const percent = new Map<number, number>()
    for (let cell = 0; cell < 1600; cell++) {
      const outageNs = 2_390_625_000 + ((cell % 40) + 0.5) * 25 * MILLISECOND_NS
      const phaseNs = Math.round(((Math.floor(cell / 40) + 0.5) / 40) * periodNs)
      const lost = losses(failing(outageNs, phaseNs, periodNs))
      percent.set(lost, (percent.get(lost) ?? 0) + 100 / 1600)
    }
    return percent
  }
  const expectSpread = (percent: Map<number, number>, expected: Record<number, number>): void => {
    expect([...percent.keys()].sort().map(String)).toEqual(Object.keys(expected))
    for (const [lost, share] of percent)
      expect(Math.abs(share - (expected[lost] ?? 0))).toBeLessThan(1)
  }

  it('spreads over the losses of a Linux ping', () => {
    expectSpread(spread(linuxLosses), { 2: 18.6, 3: 73.8, 4: 7.6 })
  })

  it('spreads over the losses of a Linux ping with a real timer', () => {
    const timerDriftNs = LINUX_TIMER_DRIFT_NS
    const real = (network: Network) => linuxLosses(network, { timerDriftNs })
    expectSpread(spread(real, SECOND_NS + timerDriftNs), { 2: 22.7, 3: 72.4, 4: 4.9 })
  })

  it('spreads over the losses of a Windows ping -w 1000', () => {
    const impatient = (network: Network) => windowsLosses(network, { timeoutNs: SECOND_NS })
    expectSpread(spread(impatient), { 1: 18.5, 2: 81.5 })
  })
})

describe('an outage of any length', () => {
  const milliseconds = (min: number, max: number) =>
    fc.integer({ min, max }).map((ms) => ms * MILLISECOND_NS)

  it('costs a Windows ping what the formula says, for any timeout and pause', () => {
    fc.assert(
      fc.property(
        milliseconds(0, 12_000),
        phases,
        milliseconds(500, 4000),
        milliseconds(0, 1000),
        (outageNs, phaseNs, timeoutNs, timeoutPauseNs) => {
          const lost = windowsLosses(failing(outageNs, phaseNs), { timeoutNs, timeoutPauseNs })
          const periodNs = timeoutNs + timeoutPauseNs
          expect(lost).toBe(Math.max(0, Math.ceil((outageNs - phaseNs) / periodNs)))
        },
      ),
    )
  })

  it('costs a Linux ping what the formula says', () => {
    fc.assert(
      fc.property(milliseconds(0, 12_000), phases, (outageNs, phaseNs) => {
        const lost = linuxLosses(failing(outageNs, phaseNs))
        expect(lost).toBe(Math.max(0, Math.ceil((outageNs - phaseNs) / SECOND_NS)))
      }),
    )
  })

  it('costs a probe too whose reply dies: it is longer by the round trip', () => {
    const rttNs = 200 * MILLISECOND_NS
    const isDown = (timeNs: number) => timeNs >= 3.1 * SECOND_NS && timeNs < 4.95 * SECOND_NS
    const dyingReplies: Network = (request, sentNs) =>
      isDown(sentNs) || isDown(sentNs + rttNs) ? [] : [{ afterNs: rttNs, reply: replyTo(request) }]
    // Sends of 3 s (its reply at 3.2) and 4 s.
    expect(linuxLosses(dyingReplies)).toBe(2)
  })

  // Over 100 phases: how many of them lose so many.
  it.each([
    [0.3, { 0: 70, 1: 30 }, { 0: 70, 1: 30 }],
    [0.9, { 0: 10, 1: 90 }, { 0: 10, 1: 90 }],
    [2.39, { 1: 100 }, { 2: 61, 3: 39 }],
    [4.5, { 1: 100 }, { 4: 50, 5: 50 }],
    [5.5, { 1: 50, 2: 50 }, { 5: 50, 6: 50 }],
    [7, { 2: 100 }, { 7: 100 }],
    [12, { 3: 100 }, { 12: 100 }],
  ])(
    'of %f s loses, in percent of the phases, Windows %j and Linux %j',
    (seconds, windows, linux) => {
      const count = (losses: (network: Network) => number): Record<number, number> => {
        const percent: Record<number, number> = {}
        for (let phase = 0; phase < 100; phase++) {
          const lost = losses(failing(seconds * SECOND_NS, phase * 10 * MILLISECOND_NS))
          percent[lost] = (percent[lost] ?? 0) + 1
        }
        return percent
      }
      expect(count(windowsLosses)).toEqual(windows)
      expect(count(linuxLosses)).toEqual(linux)
    },
  )
})
