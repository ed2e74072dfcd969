import { describe, it } from 'vitest'
import { expectConversation, OPEN_MSS_1000 as OPEN } from './conversation.fixture.ts'

/** Ten segments in flight, and five more to send. */
const FLIGHT = `${OPEN}
      1.000 send 15000
      1.000 > . 1:1001 ack 1001
      1.000 > . 1001:2001 ack 1001
      1.000 > . 2001:3001 ack 1001
      1.000 > . 3001:4001 ack 1001
      1.000 > . 4001:5001 ack 1001
      1.000 > . 5001:6001 ack 1001
      1.000 > . 6001:7001 ack 1001
      1.000 > . 7001:8001 ack 1001
      1.000 > . 8001:9001 ack 1001
      1.000 > . 9001:10001 ack 1001`

describe('TCP fast retransmit', () => {
  it('starts at three duplicate ACKs, and halves the window (RFC 5681)', () => {
    expectConversation(`${FLIGHT}
      # The first is lost. The first two duplicate ACKs allow a new segment each (RFC 3042).
      1.011 < . 1001 ack 1
      1.011 > . 10001:11001 ack 1001
      1.012 < . 1001 ack 1
      1.012 > . 11001:12001 ack 1001
      1.013 < . 1001 ack 1
      1.013 > . 1:1001 ack 1001
      # 12 segments were in flight: now 6, plus one for each duplicate ACK.
      1.014 < . 1001 ack 1
      1.015 < . 1001 ack 1
      1.016 < . 1001 ack 1
      1.017 < . 1001 ack 1
      1.017 > . 12001:13001 ack 1001
      1.018 < . 1001 ack 1
      1.018 > . 13001:14001 ack 1001
      1.019 < . 1001 ack 1
      1.019 > P. 14001:15001 ack 1001
      1.023 < . 1001 ack 12001
      1.023 * acknowledged 12000
      1.030 < . 1001 ack 15001
      1.030 * acknowledged 3000`)
  })

  it('does not start at two duplicate ACKs', () => {
    expectConversation(`${FLIGHT}
      1.011 < . 1001 ack 1
      1.011 > . 10001:11001 ack 1001
      1.012 < . 1001 ack 1
      1.012 > . 11001:12001 ack 1001
      1.013 < . 1001 ack 3001
      1.013 * acknowledged 3000
      1.013 > . 12001:13001 ack 1001
      1.013 > . 13001:14001 ack 1001
      1.013 > P. 14001:15001 ack 1001`)
  })

  it('does not count ACKs with data or with another window', () => {
    expectConversation(`${FLIGHT}
      1.011 < . 1001 ack 1 win 64000
      1.012 < . 1001 ack 1 win 63000
      1.013 < . 1001 ack 1 win 62000
      1.014 < . 1001:1011 ack 1 win 62000
      1.014 * received 10
      1.015 < . 1011:1021 ack 1 win 62000
      1.015 * received 10
      1.015 > . 10001 ack 1021
      1.016 < . 1021:1031 ack 1 win 62000
      1.016 * received 10`)
  })

  it('restarts the retransmission timer', () => {
    expectConversation(`${OPEN}
      1.000 send 5000
      1.000 > . 1:1001 ack 1001
      1.000 > . 1001:2001 ack 1001
      1.000 > . 2001:3001 ack 1001
      1.000 > . 3001:4001 ack 1001
      1.000 > P. 4001:5001 ack 1001
      1.150 < . 1001 ack 1
      1.151 < . 1001 ack 1
      1.152 < . 1001 ack 1
      1.152 > . 1:1001 ack 1001
      1.362 > . 1:1001 ack 1001`)
  })

  it('does not count old acknowledgements', () => {
    expectConversation(`${FLIGHT}
      1.010 < . 1001 ack 2001
      1.010 * acknowledged 2000
      1.010 > . 10001:11001 ack 1001
      1.010 > . 11001:12001 ack 1001
      1.010 > . 12001:13001 ack 1001
      1.010 > . 13001:14001 ack 1001
      1.011 < . 1001 ack 1
      1.011 < . 1001 ack 1001
      1.011 < . 1001 ack 1001
      1.011 < . 1001 ack 1001
      1.012 wait`)
  })

  it('retransmits only data that was sent before', () => {
    expectConversation(`${OPEN}
      1.000 send 100
      1.000 > P. 1:101 ack 1001
      1.001 send 200
      1.002 < . 1001 ack 1
      1.003 < . 1001 ack 1
      1.004 < . 1001 ack 1
      1.004 > . 1:101 ack 1001`)
    expectConversation(`${OPEN}
      1.000 send 100
      1.000 > P. 1:101 ack 1001
      1.002 < . 1001 ack 1
      1.003 < . 1001 ack 1
      1.004 < . 1001 ack 1
      1.004 > P. 1:101 ack 1001`)
  })

  it('retransmits the FIN with the last segment', () => {
    expectConversation(`${OPEN}
      1.000 send 4000
      1.000 > . 1:1001 ack 1001
      1.000 > . 1001:2001 ack 1001
      1.000 > . 2001:3001 ack 1001
      1.000 > P. 3001:4001 ack 1001
      1.000 close
      1.000 > F. 4001 ack 1001
      # The first and the last two are lost; another comes twice.
      1.010 < . 1001 ack 1
      1.011 < . 1001 ack 1
      1.012 < . 1001 ack 1
      1.012 > . 1:1001 ack 1001
      1.022 < . 1001 ack 3001
      1.022 > FP. 3001:4001 ack 1001
      1.022 * acknowledged 3000
      1.032 < . 1001 ack 4002
      1.032 * acknowledged 1000
      1.032 = FIN_WAIT_2`)
  })

  it('respects the window of the peer', () => {
    expectConversation(`${OPEN}
      1.000 send 4000
      1.000 > . 1:1001 ack 1001
      1.000 > . 1001:2001 ack 1001
      1.000 > . 2001:3001 ack 1001
      1.000 > P. 3001:4001 ack 1001
      1.010 < . 1001 ack 1
      1.011 < . 1001 ack 1
      1.012 < . 1001 ack 1
      1.012 > . 1:1001 ack 1001
      1.022 < . 1001 ack 2001 win 500
      1.022 > . 2001:2501 ack 1001
      1.022 * acknowledged 2000`)
  })

  it('retransmits further lost segments at partial acknowledgements (RFC 6582)', () => {
    expectConversation(`${FLIGHT}
      # The first and the third are lost.
      1.011 < . 1001 ack 1
      1.011 > . 10001:11001 ack 1001
      1.012 < . 1001 ack 1
      1.012 > . 11001:12001 ack 1001
      1.013 < . 1001 ack 1
      1.013 > . 1:1001 ack 1001
      1.023 < . 1001 ack 2001
      1.023 > . 2001:3001 ack 1001
      1.023 * acknowledged 2000
      1.033 < . 1001 ack 12001
      1.033 * acknowledged 10000
      1.033 > . 12001:13001 ack 1001
      1.033 > . 13001:14001 ack 1001
      1.043 < . 1001 ack 14001
      1.043 * acknowledged 2000
      1.043 > P. 14001:15001 ack 1001`)
  })

  it('does not start for duplicate ACKs after a timeout', () => {
    expectConversation(`${OPEN}
      1.000 send 3000
      1.000 > . 1:1001 ack 1001
      1.000 > . 1001:2001 ack 1001
      1.000 > P. 2001:3001 ack 1001
      1.210 > . 1:1001 ack 1001
      1.220 < . 1001 ack 1001
      1.220 * acknowledged 1000
      1.220 > . 1001:2001 ack 1001
      1.220 > P. 2001:3001 ack 1001
      1.230 < . 1001 ack 1001
      1.231 < . 1001 ack 1001
      1.232 < . 1001 ack 1001
      1.233 < . 1001 ack 1001
      1.640 > . 1001:2001 ack 1001`)
  })
})
