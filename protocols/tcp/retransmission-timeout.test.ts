import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MILLISECOND_NS, SECOND_NS } from '../../engine/time.ts'
import { LINUX_TCP } from './parameters.ts'
import { RetransmissionTimeout, retryLimitNs } from './retransmission-timeout.ts'

const samples = fc.array(fc.integer({ min: 0, max: 10 * SECOND_NS }), { minLength: 1 })

describe('TCP retransmission timeout', () => {
  it('is 1 s before the first measurement', () => {
    const timeout = new RetransmissionTimeout(LINUX_TCP)
    expect(timeout.timeoutNs).toBe(SECOND_NS)
    expect(timeout.smoothedNs).toBeUndefined()
  })

  it('is calculated as in RFC 6298, first as three times the round trip', () => {
    const timeout = new RetransmissionTimeout({ ...LINUX_TCP, minimumTimeoutNs: 0 })
    timeout.sample(100 * MILLISECOND_NS)
    expect(timeout.timeoutNs).toBe(300 * MILLISECOND_NS)
    timeout.sample(180 * MILLISECOND_NS)
    // Variation 3/4 · 50 + 1/4 · 80 = 57.5 ms, smoothed 7/8 · 100 + 1/8 · 180 = 110 ms.
    expect(timeout.smoothedNs).toBe(110 * MILLISECOND_NS)
    expect(timeout.timeoutNs).toBe(340 * MILLISECOND_NS)
  })

  it('is at least 200 ms more than the round trip', () => {
    // Linux 6.18 with a constant 22 ms: `ss -ti` prints rto:224 for rtt:22.2/1.7.
    const timeout = new RetransmissionTimeout(LINUX_TCP)
    for (let count = 0; count < 30; count++) timeout.sample(22 * MILLISECOND_NS)
    expect(timeout.timeoutNs).toBe(222 * MILLISECOND_NS)
  })

  it('doubles up to two minutes, until the next measurement', () => {
    const timeout = new RetransmissionTimeout(LINUX_TCP)
    const seconds: number[] = []
    for (let count = 0; count < 9; count++) {
      seconds.push(timeout.timeoutNs / SECOND_NS)
      timeout.backOff()
    }
    expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120])
    timeout.sample(10 * MILLISECOND_NS)
    expect(timeout.timeoutNs).toBe(210 * MILLISECOND_NS)
  })

  it('is 3 s after a handshake without a measurement', () => {
    const timeout = new RetransmissionTimeout(LINUX_TCP)
    timeout.backOff()
    timeout.fallBack()
    expect(timeout.timeoutNs).toBe(3 * SECOND_NS)
  })

  it('is an integer within its limits for any measurements', () => {
    fc.assert(
      fc.property(samples, fc.nat(40), (roundTrips, doublings) => {
        const timeout = new RetransmissionTimeout(LINUX_TCP)
        for (const roundTripNs of roundTrips) timeout.sample(roundTripNs)
        for (let count = 0; count < doublings; count++) timeout.backOff()
        expect(Number.isSafeInteger(timeout.timeoutNs)).toBe(true)
        expect(timeout.timeoutNs).toBeGreaterThanOrEqual(LINUX_TCP.minimumTimeoutNs)
        expect(timeout.timeoutNs).toBeLessThanOrEqual(LINUX_TCP.maximumTimeoutNs)
      }),
    )
  })
})

describe('retryLimitNs', () => {
  it.each([
    [0, 0.2],
    [1, 0.6],
    [3, 3],
    [8, 102.2],
    [9, 204.6],
    [10, 324.6],
    [15, 924.6],
  ])('for %i retries is %d s, as in Linux', (retries, seconds) => {
    expect(retryLimitNs(retries, LINUX_TCP) / SECOND_NS).toBe(seconds)
  })
})
