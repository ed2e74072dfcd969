import { describe, expect, it } from 'vitest'
import { Conversation, expectConversation } from './conversation.fixture.ts'

describe('in SYN_SENT', () => {
  it('the answer opens the connection', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.000 = SYN_SENT
      0.010 < S. 1000 ack 1 <mss 1460>
      0.010 * opened
      0.010 > . 1 ack 1001
      0.010 = ESTABLISHED`)
  })

  it('the SYN is sent again after 1, 2, 4, … s, six times, and then the connection is given up', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      1.000 > S 0 <mss 1460>
      3.000 > S 0 <mss 1460>
      7.000 > S 0 <mss 1460>
      15.000 > S 0 <mss 1460>
      31.000 > S 0 <mss 1460>
      63.000 > S 0 <mss 1460>
      127.000 * closed timedOut
      127.000 * released
      200.000 wait
      200.000 = CLOSED`)
  })

  it('a reset of the SYN is a refusal', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < R. 0 ack 1 win 0
      0.010 * closed reset
      0.010 * released`)
  })

  it('a reset that acknowledges nothing, or something else, is none', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < R 0
      0.020 < R. 0 ack 7
      0.030 = SYN_SENT`)
  })

  it('an acknowledgement of something else is refused: the peer has an old connection', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < . 5000 ack 77
      0.010 > R 77
      0.010 = SYN_SENT
      0.020 < S. 5000 ack 78
      0.020 > R 78`)
  })

  it('what is neither SYN nor reset is ignored', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < . 5000 ack 1
      0.010 = SYN_SENT`)
  })

  it('what the program writes waits for the handshake', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.000 send 100
      0.010 < S. 1000 ack 1 <mss 1460>
      0.010 * opened
      0.010 > P. 1:101 ack 1001`)
  })

  it('to close is to forget', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.500 close
      0.500 * closed finished
      0.500 * released
      2.000 wait`)
  })

  it('to abort is to forget, and not told', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.500 abort
      0.500 * released
      2.000 wait`)
  })
})

describe('in LISTEN', () => {
  it('a SYN begins a connection, which its acknowledgement opens', () => {
    expectConversation(`
      0.000 listen
      0.000 = LISTEN
      1.000 < S 1000 <mss 1460>
      1.000 > S. 0 ack 1001 <mss 1460>
      1.000 = SYN_RECEIVED
      1.010 < . 1001 ack 1
      1.010 * opened
      1.010 = ESTABLISHED`)
  })

  it('an acknowledgement is refused, a reset and nothing at all are ignored', () => {
    expectConversation(`
      0.000 listen
      0.010 < . 1000 ack 55
      0.010 > R 55
      0.020 < S. 1000 ack 66
      0.020 > R 66
      0.030 < R 1000
      0.040 < R. 1000 ack 1
      0.050 < none 1000
      0.060 = LISTEN`)
  })

  it('to close is to be gone', () => {
    expectConversation(`
      0.000 listen
      0.010 close
      0.010 * closed finished
      0.010 * released
      0.020 < S 1000
      0.020 > R. 0 ack 1001`)
  })
})

describe('in SYN_RECEIVED', () => {
  const begun = `
      0.000 listen
      0.000 < S 1000 <mss 1460>
      0.000 > S. 0 ack 1001 <mss 1460>`

  it('the answer is sent again, five times, and then the connection is given up', () => {
    expectConversation(`${begun}
      1.000 > S. 0 ack 1001 <mss 1460>
      3.000 > S. 0 ack 1001 <mss 1460>
      7.000 > S. 0 ack 1001 <mss 1460>
      15.000 > S. 0 ack 1001 <mss 1460>
      31.000 > S. 0 ack 1001 <mss 1460>
      63.000 * closed timedOut
      63.000 * released
      100.000 wait`)
  })

  it('a repeated SYN is answered again', () => {
    expectConversation(`${begun}
      0.500 < S 1000 <mss 1460>
      0.500 > S. 0 ack 1001 <mss 1460>`)
  })

  it('another SYN is not', () => {
    expectConversation(`${begun}
      0.500 < S 7000 <mss 1460>
      0.500 > . 1 ack 1001
      0.500 = SYN_RECEIVED`)
  })

  it('data may come with the acknowledgement', () => {
    expectConversation(`${begun}
      0.010 < P. 1001:1101 ack 1
      0.010 * opened
      0.010 * received 100
      0.050 > . 1 ack 1101`)
  })

  it('an acknowledgement of something else is refused', () => {
    expectConversation(`${begun}
      0.010 < . 1001 ack 2
      0.010 > R 2
      0.020 < . 1001 ack 0
      0.020 > R 0
      0.020 = SYN_RECEIVED`)
  })

  it('a reset ends it', () => {
    expectConversation(`${begun}
      0.010 < R 1001
      0.010 * closed reset
      0.010 * released`)
  })

  it('to close sends a FIN once the connection is open', () => {
    expectConversation(`${begun}
      0.010 close
      0.010 = SYN_RECEIVED
      0.020 < . 1001 ack 1
      0.020 * opened
      0.020 > F. 1 ack 1001
      0.020 = FIN_WAIT_1`)
  })

  it('to abort resets it', () => {
    expectConversation(`${begun}
      0.010 abort
      0.010 > R. 1 ack 1001
      0.010 * released`)
  })
})

describe('when both open at the same time', () => {
  it('each answers the SYN of the other (RFC 9293, figure 7)', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < S 1000 <mss 1460>
      0.010 > S. 0 ack 1001 <mss 1460>
      0.010 = SYN_RECEIVED
      0.020 < S. 1000 ack 1 <mss 1460>
      0.020 * opened
      0.020 > . 1 ack 1001
      0.020 = ESTABLISHED`)
  })

  it('an acknowledgement alone will do', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < S 1000 <mss 1460>
      0.010 > S. 0 ack 1001 <mss 1460>
      0.020 < . 1001 ack 1
      0.020 * opened`)
  })
})

describe('a connection that was not opened, or is no more', () => {
  it('refuses all but resets', () => {
    expectConversation(`
      0.000 < . 1000 ack 55
      0.000 > R 55
      0.000 < S 1000
      0.000 > R. 0 ack 1001
      0.000 < FP. 1000:1010 ack 7
      0.000 > R 7
      0.000 < PF 1000:1010
      0.000 > R. 0 ack 1011
      0.000 < R. 1000 ack 55
      0.000 = CLOSED`)
  })

  it('is not opened again', () => {
    const { connection } = new Conversation({})
    connection.connect()
    expect(() => connection.connect()).toThrow('opened once')
    connection.abort()
    expect(() => connection.listen()).toThrow('opened once')
  })

  it('is not written to', () => {
    const { connection } = new Conversation({})
    expect(() => connection.send(new Uint8Array(1))).toThrow('who writes has a peer')
    connection.listen()
    expect(() => connection.send(new Uint8Array(1))).toThrow('who writes has a peer')
    connection.abort()
    connection.send(new Uint8Array(1))
  })
})
