import { describe, expect, it } from 'vitest'
import { Congestion } from './congestion.ts'

const MSS = 1000

/** A window of ten segments. */
function setUp(): Congestion {
  return new Congestion(MSS, 10, 0)
}

/** Acknowledges a full window, two segments at a time. */
function acknowledgeWindow(congestion: Congestion, from: number): number {
  const { windowBytes } = congestion
  let at = from
  for (let left = windowBytes; left > 0; left -= 2 * MSS) {
    at += 2 * MSS
    congestion.acknowledged(at, 2 * MSS, congestion.windowBytes)
  }
  return at
}

describe('TCP congestion window', () => {
  it('doubles in each round trip of slow start', () => {
    const congestion = setUp()
    const at = acknowledgeWindow(congestion, 1)
    expect(congestion.windowBytes).toBe(20 * MSS)
    acknowledgeWindow(congestion, at)
    expect(congestion.windowBytes).toBe(40 * MSS)
  })

  it('grows by at most two segments per acknowledgement', () => {
    const congestion = setUp()
    congestion.acknowledged(9001, 9 * MSS, 10 * MSS)
    expect(congestion.windowBytes).toBe(12 * MSS)
  })

  it('grows by one segment per round trip above the threshold', () => {
    const congestion = setUp()
    congestion.timedOut(20 * MSS, 20_001)
    expect(congestion.thresholdBytes).toBe(10 * MSS)
    let at = 1
    while (congestion.windowBytes < 10 * MSS) {
      at += MSS
      congestion.acknowledged(at, MSS, congestion.windowBytes)
    }
    at = acknowledgeWindow(congestion, at)
    expect(congestion.windowBytes).toBe(11 * MSS)
    acknowledgeWindow(congestion, at)
    expect(congestion.windowBytes).toBe(12 * MSS)
  })

  it('does not grow while it is not used', () => {
    const congestion = setUp()
    congestion.acknowledged(1001, MSS, 9 * MSS)
    expect(congestion.windowBytes).toBe(10 * MSS)
  })

  it('is one segment after a timeout; repeated timeouts halve the threshold once', () => {
    const congestion = setUp()
    congestion.timedOut(10 * MSS, 10_001)
    congestion.timedOut(10 * MSS, 10_001)
    expect(congestion.windowBytes).toBe(MSS)
    expect(congestion.thresholdBytes).toBe(5 * MSS)
  })

  it('has a threshold of at least two segments', () => {
    const congestion = setUp()
    congestion.timedOut(10, 11)
    expect(congestion.thresholdBytes).toBe(2 * MSS)
  })

  it('is at most the initial window after a pause', () => {
    const congestion = setUp()
    acknowledgeWindow(congestion, 1)
    congestion.restart()
    expect(congestion.windowBytes).toBe(10 * MSS)
    congestion.startSmall()
    congestion.restart()
    expect(congestion.windowBytes).toBe(MSS)
  })
})

describe('TCP fast recovery', () => {
  function enter(): Congestion {
    const congestion = setUp()
    expect(congestion.duplicate(1, 10_001)).toBe(false)
    expect(congestion.windowBytes).toBe(11 * MSS)
    expect(congestion.duplicate(1, 11_001)).toBe(false)
    expect(congestion.windowBytes).toBe(12 * MSS)
    expect(congestion.duplicate(1, 12_001)).toBe(true)
    return congestion
  }

  it('starts at the third duplicate ACK with half the bytes in flight plus three segments', () => {
    const congestion = enter()
    expect(congestion.recovering).toBe(true)
    expect(congestion.thresholdBytes).toBe(6 * MSS)
    expect(congestion.windowBytes).toBe(9 * MSS)
  })

  it('adds one segment for each further duplicate ACK', () => {
    const congestion = enter()
    expect(congestion.duplicate(1, 12_001)).toBe(false)
    expect(congestion.windowBytes).toBe(10 * MSS)
  })

  it('continues and retransmits at a partial acknowledgement', () => {
    const congestion = enter()
    expect(congestion.acknowledged(3001, 3 * MSS, 12 * MSS)).toBe(true)
    expect(congestion.recovering).toBe(true)
    expect(congestion.windowBytes).toBe(7 * MSS)
    expect(congestion.acknowledged(11_001, 8 * MSS, 9 * MSS)).toBe(true)
    expect(congestion.windowBytes).toBe(MSS)
  })

  it('ends at a full acknowledgement without a burst', () => {
    const congestion = enter()
    expect(congestion.acknowledged(12_001, 12 * MSS, 12 * MSS)).toBe(false)
    expect(congestion.recovering).toBe(false)
    expect(congestion.windowBytes).toBe(2 * MSS)
    const other = enter()
    other.acknowledged(12_001, 12 * MSS, 20 * MSS)
    expect(other.windowBytes).toBe(6 * MSS)
  })

  it('ends at a timeout', () => {
    const congestion = enter()
    congestion.timedOut(12 * MSS, 12_001)
    expect(congestion.recovering).toBe(false)
    expect(congestion.windowBytes).toBe(MSS)
  })

  it('does not start for data sent before the last loss (RFC 6582)', () => {
    const congestion = setUp()
    congestion.timedOut(10 * MSS, 10_001)
    for (let count = 0; count < 5; count++) expect(congestion.duplicate(5001, 10_001)).toBe(false)
    congestion.acknowledged(10_002, 5001, MSS)
    expect([1, 2, 3].map(() => congestion.duplicate(10_002, 12_001))).toEqual([false, false, true])
  })
})
