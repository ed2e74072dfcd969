import { describe, it } from 'vitest'
import { expectConversation, OPEN } from './conversation.fixture.ts'

describe('TCP abort', () => {
  it('sends a reset with SND.NXT', () => {
    expectConversation(`${OPEN}
      1.000 send 100
      1.000 > P. 1:101 ack 1001
      1.100 abort
      1.100 > R. 101 ack 1001
      1.100 * released
      5.000 wait
      5.000 = CLOSED`)
  })

  it('sends nothing in TIME_WAIT', () => {
    expectConversation(`${OPEN}
      1.000 close
      1.000 > F. 1 ack 1001
      1.010 < F. 1001 ack 2
      1.010 * ended
      1.010 * closed finished
      1.010 > . 2 ack 1002
      1.020 abort
      1.020 * released`)
  })

  it('is possible in each callback of the program', () => {
    expectConversation(
      `${OPEN}
      1.000 < P. 1001:1101 ack 1
      1.000 * received 100
      1.000 > R. 1 ack 1101
      1.000 * released
      2.000 wait`,
      { program: { 'received 100': 'abort' } },
    )
    expectConversation(
      `${OPEN}
      1.000 < . 1101:1151 ack 1
      1.000 > . 1 ack 1001
      1.001 < F. 1151 ack 1
      1.001 > . 1 ack 1001
      1.002 < . 1001:1101 ack 1
      1.002 * received 100
      1.002 > R. 1 ack 1152
      1.002 * released
      2.000 resume`,
      { program: { 'received 100': 'abort' } },
    )
    expectConversation(
      `
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < S. 1000 ack 1 <mss 1460>
      0.010 * opened
      0.010 > R. 1 ack 1001
      0.010 * released`,
      { program: { opened: 'abort' } },
    )
  })
})
