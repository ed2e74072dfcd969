import { describe, it } from 'vitest'
import { expectConversation, OPEN } from './conversation.fixture.ts'

describe('TCP receive window', () => {
  it('closes while the program does not read, and its opening is sent', () => {
    expectConversation(
      `
      0.000 connect
      0.000 > S 0 win 3000 <mss 1460>
      0.010 < S. 1000 ack 1 <mss 1460>
      0.010 * opened
      0.010 > . 1 ack 1001 win 3000
      1.000 pause
      1.000 < . 1001:2461 ack 1
      1.001 < . 2461:3921 ack 1
      1.001 > . 1 ack 3921 win 80
      1.002 < . 3921:4001 ack 1
      1.042 > . 1 ack 4001 win 0
      1.300 < . 4000 ack 1
      1.300 > . 1 ack 4001 win 0
      2.000 resume
      2.000 * received 1460
      2.000 * received 1460
      2.000 * received 80
      2.000 > . 1 ack 4001 win 3000`,
      { parameters: { receiveBufferBytes: 3000 } },
    )
  })

  it('stays closed for a small free space', () => {
    expectConversation(
      `
      0.000 connect
      0.000 > S 0 win 3000 <mss 1460>
      0.010 < S. 1000 ack 1 <mss 1460>
      0.010 * opened
      0.010 > . 1 ack 1001 win 3000
      1.000 < . 1001:2001 ack 1
      1.000 * received 1000
      1.000 pause
      1.001 < . 2001:4001 ack 1
      1.001 > . 1 ack 4001 win 0
      1.002 < . 4001:4101 ack 1
      1.002 > . 1 ack 4001 win 0`,
      { parameters: { receiveBufferBytes: 3000 } },
    )
  })

  it('delivers data and end after reading resumes', () => {
    expectConversation(`${OPEN}
      1.000 pause
      1.000 < F. 1001:1101 ack 1
      1.000 > . 1 ack 1102 win 64140
      1.000 = CLOSE_WAIT
      1.500 close
      1.500 > F. 1 ack 1102 win 64140
      1.510 < . 1102 ack 2
      1.510 = CLOSED
      2.000 resume
      2.000 * received 100
      2.000 * ended
      2.000 * closed finished
      2.000 * released`)
  })

  it('shrinks and opens repeatedly', () => {
    expectConversation(`${OPEN}
      1.000 pause
      1.000 < P. 1001:1101 ack 1
      1.040 > . 1 ack 1101 win 64140
      1.100 resume
      1.100 * received 100
      1.200 pause
      1.200 < P. 1101:1301 ack 1
      1.240 > . 1 ack 1301 win 64040
      1.300 resume
      1.300 * received 200`)
  })

  it('is not sent before there is a peer', () => {
    expectConversation(
      `
      0.000 connect
      0.000 > S 0 win 65535 <mss 1460,nop,wscale 7>
      0.100 pause
      0.200 resume
      0.300 = SYN_SENT`,
      { parameters: { receiveBufferBytes: 300_000, windowScale: 7 } },
    )
  })

  it('is not sent after a reset, and unread data is lost', () => {
    expectConversation(`${OPEN}
      1.000 pause
      1.000 < F. 1001:1101 ack 1
      1.000 > . 1 ack 1102 win 64140
      1.100 < R 1102
      1.100 * closed reset
      1.100 * released
      1.200 resume`)
  })

  it('shrinks when the program pauses within a callback', () => {
    expectConversation(
      `${OPEN}
      1.000 < . 1101:1102 ack 1
      1.000 > . 1 ack 1001
      1.001 < . 1001:1101 ack 1
      1.001 * received 100
      1.001 > . 1 ack 1102 win 64239
      1.002 < F. 1102 ack 1
      1.002 > . 1 ack 1103 win 64239
      1.003 resume
      1.003 * received 1
      1.003 * ended`,
      { program: { 'received 100': 'pause' } },
    )
  })
})
