import { describe, expect, it } from 'vitest'
import { Conversation, expectConversation } from './conversation.fixture.ts'

describe('TCP in SYN_SENT', () => {
  it('becomes ESTABLISHED with a SYN-ACK', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.000 = SYN_SENT
      0.010 < S. 1000 ack 1 <mss 1460>
      0.010 * opened
      0.010 > . 1 ack 1001
      0.010 = ESTABLISHED`)
  })

  it('retransmits the SYN after 1, 2, 4, … s, six times, then times out', () => {
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

  it('is refused by a reset that acknowledges the SYN', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < R. 0 ack 1 win 0
      0.010 * closed reset
      0.010 * released`)
  })

  it('ignores a reset without a correct acknowledgement', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < R 0
      0.020 < R. 0 ack 7
      0.030 = SYN_SENT`)
  })

  it('resets a wrong acknowledgement, which is of an old connection', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < . 5000 ack 77
      0.010 > R 77
      0.010 = SYN_SENT
      0.020 < S. 5000 ack 78
      0.020 > R 78`)
  })

  it('ignores a segment without SYN and RST', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < . 5000 ack 1
      0.010 = SYN_SENT`)
  })

  it('sends the data of the program after the handshake', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.000 send 100
      0.010 < S. 1000 ack 1 <mss 1460>
      0.010 * opened
      0.010 > P. 1:101 ack 1001`)
  })

  it('is released by close', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.500 close
      0.500 * closed finished
      0.500 * released
      2.000 wait`)
  })

  it('is released by abort without the callback closed', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.500 abort
      0.500 * released
      2.000 wait`)
  })
})

describe('TCP in LISTEN', () => {
  it('answers a SYN, and becomes ESTABLISHED with the acknowledgement', () => {
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

  it('resets an acknowledgement, and ignores a reset and a segment without flags', () => {
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

  it('is released by close', () => {
    expectConversation(`
      0.000 listen
      0.010 close
      0.010 * closed finished
      0.010 * released
      0.020 < S 1000
      0.020 > R. 0 ack 1001`)
  })
})

describe('TCP in SYN_RECEIVED', () => {
  const begun = `
      0.000 listen
      0.000 < S 1000 <mss 1460>
      0.000 > S. 0 ack 1001 <mss 1460>`

  it('retransmits the SYN-ACK five times, then times out', () => {
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

  it('answers a repeated SYN again', () => {
    expectConversation(`${begun}
      0.500 < S 1000 <mss 1460>
      0.500 > S. 0 ack 1001 <mss 1460>`)
  })

  it('answers another SYN with an acknowledgement', () => {
    expectConversation(`${begun}
      0.500 < S 7000 <mss 1460>
      0.500 > . 1 ack 1001
      0.500 = SYN_RECEIVED`)
  })

  it('accepts data with the acknowledgement', () => {
    expectConversation(`${begun}
      0.010 < P. 1001:1101 ack 1
      0.010 * opened
      0.010 * received 100
      0.050 > . 1 ack 1101`)
  })

  it('resets a wrong acknowledgement', () => {
    expectConversation(`${begun}
      0.010 < . 1001 ack 2
      0.010 > R 2
      0.020 < . 1001 ack 0
      0.020 > R 0
      0.020 = SYN_RECEIVED`)
  })

  it('is ended by a reset', () => {
    expectConversation(`${begun}
      0.010 < R 1001
      0.010 * closed reset
      0.010 * released`)
  })

  it('sends a FIN after the handshake when the program closes', () => {
    expectConversation(`${begun}
      0.010 close
      0.010 = SYN_RECEIVED
      0.020 < . 1001 ack 1
      0.020 * opened
      0.020 > F. 1 ack 1001
      0.020 = FIN_WAIT_1`)
  })

  it('sends a reset when the program aborts', () => {
    expectConversation(`${begun}
      0.010 abort
      0.010 > R. 1 ack 1001
      0.010 * released`)
  })
})

describe('TCP simultaneous open', () => {
  it('answers the SYN of the peer (RFC 9293, figure 7)', () => {
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

  it('accepts an acknowledgement without SYN', () => {
    expectConversation(`
      0.000 connect
      0.000 > S 0 <mss 1460>
      0.010 < S 1000 <mss 1460>
      0.010 > S. 0 ack 1001 <mss 1460>
      0.020 < . 1001 ack 1
      0.020 * opened`)
  })
})

describe('TCP connection in CLOSED', () => {
  it('answers all segments but resets with a reset', () => {
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

  it('cannot be opened twice', () => {
    const { connection } = new Conversation({})
    connection.connect()
    expect(() => connection.connect()).toThrow('opened once')
    connection.abort()
    expect(() => connection.listen()).toThrow('opened once')
  })

  it('accepts no data', () => {
    const { connection } = new Conversation({})
    expect(() => connection.send(new Uint8Array(1))).toThrow('a program that writes has a peer')
    connection.listen()
    expect(() => connection.send(new Uint8Array(1))).toThrow('a program that writes has a peer')
    connection.abort()
    connection.send(new Uint8Array(1))
  })
})
