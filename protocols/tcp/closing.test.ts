import { describe, expect, it } from 'vitest'
import { Conversation, expectConversation, OPEN } from './conversation.fixture.ts'

describe('TCP active close', () => {
  it('goes through FIN_WAIT_1, FIN_WAIT_2 and TIME_WAIT, which lasts a minute', () => {
    expectConversation(`${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.000 = FIN_WAIT_1
      1.010 < . 1001 ack 2
      1.010 = FIN_WAIT_2
      1.500 < F. 1001 ack 2
      1.500 * ended
      1.500 * closed finished
      1.500 > . 2 ack 1002
      1.500 = TIME_WAIT
      61.499 = TIME_WAIT
      61.500 * released
      61.500 = CLOSED`)
  })

  it('goes to TIME_WAIT when FIN and acknowledgement arrive together', () => {
    expectConversation(`${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.010 < F. 1001 ack 2
      1.010 * ended
      1.010 * closed finished
      1.010 > . 2 ack 1002
      1.010 = TIME_WAIT`)
  })

  it('sends its data first, and the FIN with the last segment', () => {
    expectConversation(`${OPEN}
      1.000 send 1500
      1.000 > . 1:1461 ack 1001
      1.000 close
      1.000 > FP. 1461:1501 ack 1001
      1.010 < . 1001 ack 1502
      1.010 * acknowledged 1500
      1.010 = FIN_WAIT_2`)
  })

  it('still receives data', () => {
    expectConversation(`${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.010 < . 1001 ack 2
      2.000 < P. 1001:1101 ack 2
      2.000 * received 100
      2.040 > . 2 ack 1101
      3.000 < FP. 1101:1201 ack 2
      3.000 * received 100
      3.000 * ended
      3.000 * closed finished
      3.000 > . 2 ack 1202`)
  })

  it('retransmits the FIN until it is acknowledged', () => {
    expectConversation(`${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.210 > F. 1 ack 1001
      1.630 > F. 1 ack 1001
      1.640 < . 1001 ack 2
      1.640 = FIN_WAIT_2
      9.000 wait`)
  })

  it('acknowledges a repeated FIN in TIME_WAIT and restarts the timer', () => {
    expectConversation(`${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.010 < F. 1001 ack 2
      1.010 * ended
      1.010 * closed finished
      1.010 > . 2 ack 1002
      31.000 < F. 1001 ack 2
      31.000 > . 2 ack 1002
      90.999 = TIME_WAIT
      91.000 * released
      91.000 = CLOSED`)
  })

  it('is released by a reset in TIME_WAIT without a further notice', () => {
    expectConversation(`${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.010 < F. 1001 ack 2
      1.010 * ended
      1.010 * closed finished
      1.010 > . 2 ack 1002
      2.000 < R 1002
      2.000 * released`)
  })

  it('times out without an acknowledgement, and stays in FIN_WAIT_2 without a FIN', () => {
    expectConversation(
      `${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.210 > F. 1 ack 1001
      1.630 > F. 1 ack 1001
      2.470 > F. 1 ack 1001
      4.150 * closed timedOut
      4.150 * released`,
      { parameters: { retries: 2 } },
    )
    expectConversation(`${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.010 < . 1001 ack 2
      9999.000 = FIN_WAIT_2`)
  })
})

describe('TCP passive close', () => {
  it('goes through CLOSE_WAIT and LAST_ACK', () => {
    expectConversation(`${OPEN}
      1.000 < F. 1001 ack 1
      1.000 * ended
      1.000 > . 1 ack 1002
      1.000 = CLOSE_WAIT
      5.000 close
      5.000 > F. 1 ack 1002
      5.000 = LAST_ACK
      5.010 < . 1002 ack 2
      5.010 * closed finished
      5.010 * released
      5.010 = CLOSED`)
  })

  it('acknowledges with its own FIN when the program closes at once', () => {
    expectConversation(
      `${OPEN}
      1.000 < F. 1001 ack 1
      1.000 * ended
      1.000 > F. 1 ack 1002
      1.000 = LAST_ACK`,
      { program: { ended: 'close' } },
    )
  })

  it('can still send data', () => {
    expectConversation(`${OPEN}
      1.000 < F. 1001 ack 1
      1.000 * ended
      1.000 > . 1 ack 1002
      2.000 send 100
      2.000 > P. 1:101 ack 1002
      2.010 < . 1002 ack 101
      2.010 * acknowledged 100`)
  })

  it('is reset when the peer no longer has the connection', () => {
    expectConversation(`${OPEN}
      1.000 < F. 1001 ack 1
      1.000 * ended
      1.000 > . 1 ack 1002
      2.000 send 100
      2.000 > P. 1:101 ack 1002
      2.010 < R 1002
      2.010 * closed reset
      2.010 * released`)
  })

  it('handles a FIN that arrives before earlier data', () => {
    expectConversation(`${OPEN}
      1.000 < F. 1101 ack 1
      1.000 > . 1 ack 1001
      1.010 < P. 1001:1101 ack 1
      1.010 * received 100
      1.010 * ended
      1.010 > . 1 ack 1102
      1.010 = CLOSE_WAIT`)
  })

  it('ignores data after the FIN of the peer', () => {
    expectConversation(`${OPEN}
      1.000 < F. 1001 ack 1
      1.000 * ended
      1.000 > . 1 ack 1002
      1.010 < P. 1002:1102 ack 1
      1.020 = CLOSE_WAIT`)
  })
})

describe('TCP simultaneous close', () => {
  it('goes through CLOSING to TIME_WAIT', () => {
    expectConversation(`${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.005 < F. 1001 ack 1
      1.005 * ended
      1.005 > . 2 ack 1002
      1.005 = CLOSING
      1.010 < . 1002 ack 2
      1.010 * closed finished
      1.010 = TIME_WAIT
      61.010 * released
      61.010 = CLOSED`)
  })

  it('is ended by a reset in CLOSING', () => {
    expectConversation(`${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.005 < F. 1001 ack 1
      1.005 * ended
      1.005 > . 2 ack 1002
      1.010 < R 1002
      1.010 * closed reset
      1.010 * released`)
  })
})

describe('TCP program', () => {
  it('sends nothing after close nor after abort, and is told so', () => {
    const { connection } = new Conversation({})
    connection.connect()
    connection.abort()
    expect(connection.send(new Uint8Array(3))).toBe(false)
    expect(connection.waitingBytes).toBe(0)
    const other = new Conversation({})
    for (const line of OPEN.trim().split('\n')) other.play(line.trim())
    other.connection.close()
    expect(other.connection.send(new Uint8Array(3))).toBe(false)
    expect(other.connection.waitingBytes).toBe(0)
  })

  it('can close twice', () => {
    expectConversation(`${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.000 close
      1.010 < F. 1001 ack 2
      1.010 * ended
      1.010 * closed finished
      1.010 > . 2 ack 1002
      1.010 close`)
  })
})
