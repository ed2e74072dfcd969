import { describe, it } from 'vitest'
import { expectConversation, OPEN_MSS_1000 as OPEN } from './conversation.fixture.ts'

describe('TCP segmentation', () => {
  it('sends full segments, and PSH on the last one', () => {
    expectConversation(`${OPEN}
      1.000 send 2500
      1.000 > . 1:1001 ack 1001
      1.000 > . 1001:2001 ack 1001
      1.010 < . 1001 ack 2001
      1.010 * acknowledged 2000
      1.010 > P. 2001:2501 ack 1001`)
  })

  it('uses 536 octets for a peer without the MSS option', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < S. 1000 ack 1
      0.010 * opened
      0.010 > . 1 ack 1001
      1.000 send 1072
      1.000 > . 1:537 ack 1001
      1.000 > P. 537:1073 ack 1001`)
  })

  it('uses at least 48 octets, and at most the own MSS', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < S. 1000 ack 1 <mss 0>
      0.010 * opened
      0.010 > . 1 ack 1001
      1.000 send 96
      1.000 > . 1:49 ack 1001
      1.000 > P. 49:97 ack 1001`)
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < S. 1000 ack 1 <mss 8960>
      0.010 * opened
      0.010 > . 1 ack 1001
      1.000 send 2920
      1.000 > . 1:1461 ack 1001
      1.000 > P. 1461:2921 ack 1001`)
  })

  it('delays small segments until all data is acknowledged (Nagle)', () => {
    expectConversation(`${OPEN}
      1.000 send 10
      1.000 > P. 1:11 ack 1001
      1.001 send 10
      1.002 send 10
      1.010 < . 1001 ack 11
      1.010 * acknowledged 10
      1.010 > P. 11:31 ack 1001`)
    expectConversation(
      `${OPEN}
      1.000 send 10
      1.000 > P. 1:11 ack 1001
      1.001 send 10
      1.001 > P. 11:21 ack 1001`,
      { parameters: { nagle: false } },
    )
  })
})

describe('TCP congestion window in a conversation', () => {
  it('starts with the initial window and grows with each acknowledgement (slow start)', () => {
    expectConversation(
      `${OPEN}
      1.000 send 9000
      1.000 > . 1:1001 ack 1001
      1.000 > . 1001:2001 ack 1001
      1.000 > . 2001:3001 ack 1001
      1.010 < . 1001 ack 2001
      1.010 * acknowledged 2000
      1.010 > . 3001:4001 ack 1001
      1.010 > . 4001:5001 ack 1001
      1.010 > . 5001:6001 ack 1001
      1.010 > . 6001:7001 ack 1001
      1.011 < . 1001 ack 3001
      1.011 * acknowledged 1000
      1.011 > . 7001:8001 ack 1001
      1.011 > P. 8001:9001 ack 1001`,
      { parameters: { initialWindowSegments: 3 } },
    )
  })

  it('does not grow while it is not used', () => {
    expectConversation(
      `${OPEN}
      1.000 send 1000
      1.000 > P. 1:1001 ack 1001
      1.010 < . 1001 ack 1001
      1.010 * acknowledged 1000
      1.010 send 9000
      1.010 > . 1001:2001 ack 1001
      1.010 > . 2001:3001 ack 1001
      1.010 > . 3001:4001 ack 1001`,
      { parameters: { initialWindowSegments: 3 } },
    )
  })

  it('is the initial window after a pause', () => {
    const script = (pause: string, after: string): string => `${OPEN}
      1.000 send 2000
      1.000 > . 1:1001 ack 1001
      1.000 > P. 1001:2001 ack 1001
      1.010 < . 1001 ack 2001
      1.010 * acknowledged 2000
      ${pause} send 9000${after.replaceAll('T', pause)}`
    const two = `
      T > . 2001:3001 ack 1001
      T > . 3001:4001 ack 1001`
    const four = `${two}
      T > . 4001:5001 ack 1001
      T > . 5001:6001 ack 1001`
    const settings = { parameters: { initialWindowSegments: 2 } }
    expectConversation(script('1.200', four), settings)
    expectConversation(script('1.211', two), settings)
  })
})

describe('TCP window of the peer', () => {
  it('is never exceeded, and a small free part is not used', () => {
    expectConversation(`${OPEN}
      1.000 < . 1001 ack 1 win 2500
      1.000 send 5000
      1.000 > . 1:1001 ack 1001
      1.000 > . 1001:2001 ack 1001
      1.010 < . 1001 ack 1001 win 1600
      1.010 * acknowledged 1000
      1.011 < . 1001 ack 2001 win 2000
      1.011 * acknowledged 1000
      1.011 > . 2001:3001 ack 1001
      1.011 > . 3001:4001 ack 1001`)
  })

  it('is probed with growing intervals while it is closed', () => {
    expectConversation(
      `${OPEN}
      1.000 < . 1001 ack 1 win 0
      1.000 send 100
      1.210 > . 0 ack 1001
      1.211 < . 1001 ack 1 win 0
      1.630 > . 0 ack 1001
      1.631 < . 1001 ack 1 win 0
      2.470 > . 0 ack 1001
      2.471 < . 1001 ack 1 win 0
      3.000 < . 1001 ack 1 win 5000
      3.000 > P. 1:101 ack 1001
      3.010 < . 1001 ack 101 win 0
      3.010 * acknowledged 100
      3.010 send 100
      3.220 > . 100 ack 1001`,
    )
  })

  it('that never opens ends the connection only if probes are not answered', () => {
    expectConversation(
      `${OPEN}
      1.000 < . 1001 ack 1 win 0
      1.000 send 100
      1.210 > . 0 ack 1001
      1.630 > . 0 ack 1001
      1.640 < . 1001 ack 1 win 0
      2.470 > . 0 ack 1001
      4.150 > . 0 ack 1001
      7.510 * closed timedOut
      7.510 * released`,
      { parameters: { retries: 2 } },
    )
  })

  it('smaller than a segment is used after the persist timeout', () => {
    expectConversation(`${OPEN}
      1.000 < . 1001 ack 1 win 300
      1.000 send 1000
      1.210 > . 1:301 ack 1001
      1.220 < . 1001 ack 301 win 0
      1.220 * acknowledged 300
      1.430 > . 300 ack 1001`)
  })

  it('also delays a FIN', () => {
    expectConversation(`${OPEN}
      1.000 < . 1001 ack 1 win 100
      1.000 send 100
      1.000 > P. 1:101 ack 1001
      1.000 close
      1.010 < . 1001 ack 101 win 0
      1.010 * acknowledged 100
      1.100 < . 1001 ack 101 win 100
      1.100 > F. 101 ack 1001`)
  })

  it('that closes prevents a retransmission', () => {
    expectConversation(`${OPEN}
      1.000 send 2000
      1.000 > . 1:1001 ack 1001
      1.000 > P. 1001:2001 ack 1001
      1.010 < . 1001 ack 1 win 0
      # The window is closed at the timeout, so it is probed.
      1.630 > . 0 ack 1001
      1.700 < . 1001 ack 1 win 5000
      1.700 > . 1:1001 ack 1001`)
  })

  it('that shrinks below a segment limits a retransmission', () => {
    expectConversation(`${OPEN}
      1.000 send 2000
      1.000 > . 1:1001 ack 1001
      1.000 > P. 1001:2001 ack 1001
      1.010 < . 1001 ack 1 win 500
      1.210 > . 1:501 ack 1001
      1.220 < . 1001 ack 1001 win 600
      1.220 * acknowledged 1000
      1.220 > . 1001:1601 ack 1001`)
  })

  it('is taken from the newest segment, not from the last one to arrive', () => {
    expectConversation(`${OPEN}
      1.000 < . 1101 ack 1 win 5000
      1.001 < . 1001 ack 1 win 0
      1.002 send 100
      1.002 > P. 1:101 ack 1001`)
  })
})
