import { describe, it } from 'vitest'
import { expectConversation, OPEN } from './conversation.fixture.ts'

describe('TCP acknowledgement', () => {
  it('is delayed by 40 ms', () => {
    expectConversation(`${OPEN}
      1.000 < P. 1001:1101 ack 1
      1.000 * received 100
      1.040 > . 1 ack 1101
      2.000 wait`)
  })

  it('is not delayed longer by an empty segment', () => {
    expectConversation(`${OPEN}
      1.000 < P. 1001:1101 ack 1
      1.000 * received 100
      1.030 < . 1101 ack 1
      1.040 > . 1 ack 1101`)
  })

  it('is not sent after a reset', () => {
    expectConversation(`${OPEN}
      1.000 < P. 1001:1101 ack 1
      1.000 * received 100
      1.010 < R 1101
      1.010 * closed reset
      1.010 * released
      2.000 wait`)
  })

  it('is sent with the data of the program', () => {
    expectConversation(`${OPEN}
      1.000 < P. 1001:1101 ack 1
      1.000 * received 100
      1.020 send 50
      1.020 > P. 1:51 ack 1101
      1.030 < . 1101 ack 51
      1.030 * acknowledged 50
      2.000 wait`)
    expectConversation(
      `${OPEN}
      1.000 < P. 1001:1101 ack 1
      1.000 * received 100
      1.000 > P. 1:51 ack 1101`,
      { program: { 'received 100': 'send 50' } },
    )
  })

  it('is sent at once for every second segment', () => {
    expectConversation(`${OPEN}
      1.000 < . 1001:1101 ack 1
      1.000 * received 100
      1.001 < . 1101:1201 ack 1
      1.001 * received 100
      1.001 > . 1 ack 1201
      1.002 < . 1201:1301 ack 1
      1.002 * received 100
      1.042 > . 1 ack 1301`)
  })

  it('is sent at once at the start and after a pause, until this end sends data', () => {
    expectConversation(
      `${OPEN}
      1.000 < P. 1001:1101 ack 1
      1.000 * received 100
      1.000 > . 1 ack 1101
      1.010 < P. 1101:1201 ack 1
      1.010 * received 100
      1.010 > . 1 ack 1201
      1.015 < P. 1201:1251 ack 1
      1.015 * received 50
      1.015 > . 1 ack 1251
      1.020 < P. 1251:1301 ack 1
      1.020 * received 50
      1.060 > . 1 ack 1301
      1.100 < P. 1301:1401 ack 1
      1.100 * received 100
      1.140 > . 1 ack 1401
      # A pause longer than the timeout of 210 ms.
      1.311 < P. 1401:1501 ack 1
      1.311 * received 100
      1.311 > . 1 ack 1501
      1.320 < P. 1501:1502 ack 1
      1.320 * received 1
      1.320 > P. 1:51 ack 1502
      1.330 < P. 1502:1602 ack 51
      1.330 * acknowledged 50
      1.330 * received 100
      1.370 > . 51 ack 1602`,
      { parameters: { quickAcks: 3 }, program: { 'received 1': 'send 50' } },
    )
  })
})

describe('TCP segment', () => {
  it('out of order is stored, and a duplicate ACK is sent at once', () => {
    expectConversation(`${OPEN}
      1.000 < . 1101:1201 ack 1
      1.000 > . 1 ack 1001
      1.001 < . 1301:1401 ack 1
      1.001 > . 1 ack 1001
      1.002 < . 1001:1101 ack 1
      1.002 * received 100
      1.002 * received 100
      1.002 > . 1 ack 1201
      1.003 < . 1201:1301 ack 1
      1.003 * received 100
      1.003 * received 100
      1.003 > . 1 ack 1401`)
  })

  it('that is a duplicate is acknowledged at once', () => {
    expectConversation(`${OPEN}
      1.000 < . 1001:1101 ack 1
      1.000 * received 100
      1.040 > . 1 ack 1101
      1.200 < . 1001:1101 ack 1
      1.200 > . 1 ack 1101
      1.201 < . 1001:1101 ack 1
      1.201 > . 1 ack 1101`)
  })

  it('that overlaps delivers only its new octets', () => {
    expectConversation(`${OPEN}
      1.000 < . 1001:1101 ack 1
      1.000 * received 100
      1.010 < . 1051:1151 ack 1
      1.010 * received 50
      1.010 > . 1 ack 1151`)
  })

  it('beyond the window is cut at its right edge', () => {
    expectConversation(
      `
      0.000 connect
      0.000 > S 0 win 1000 <mss 1460>
      0.010 < S. 1000 ack 1 <mss 1460>
      0.010 * opened
      0.010 > . 1 ack 1001 win 1000
      1.000 pause
      1.000 < F. 1001:2101 ack 1
      1.040 > . 1 ack 2001 win 0
      1.100 < F. 2001:2101 ack 1
      1.100 > . 1 ack 2001 win 0
      1.200 resume
      1.200 * received 1000
      1.200 > . 1 ack 2001 win 1000
      1.300 = ESTABLISHED`,
      { parameters: { receiveBufferBytes: 1000 } },
    )
  })

  it('without an acknowledgement is dropped', () => {
    expectConversation(`${OPEN}
      1.000 < P 1001:1101
      2.000 wait`)
  })

  it('with an acknowledgement of unsent or very old data is answered and dropped', () => {
    expectConversation(
      `${OPEN}
      1.000 < P. 1001:1101 ack 2
      1.000 > . 1 ack 1001
      1.100 < P. 1001:1101 ack 4294900000
      1.100 > . 1 ack 1001
      1.200 < P. 1001:1101 ack 4294967290
      1.200 * received 100
      1.240 > . 1 ack 1101`,
    )
  })
})

describe('empty TCP segment outside the window', () => {
  it('is answered at most twice per second', () => {
    expectConversation(`${OPEN}
      1.000 < . 900 ack 1
      1.000 > . 1 ack 1001
      1.100 < . 900 ack 1
      1.499 < . 900 ack 1
      1.500 < . 900 ack 1
      1.500 > . 1 ack 1001`)
  })

  it('is not one exactly at the right edge', () => {
    expectConversation(`${OPEN}
      1.000 send 100
      1.000 > P. 1:101 ack 1001
      1.001 < . 65241 ack 101
      1.001 * acknowledged 100
      1.100 < . 65242 ack 101
      1.100 > . 101 ack 1001`)
  })
})

describe('TCP reset', () => {
  it('with RCV.NXT ends the connection', () => {
    expectConversation(`${OPEN}
      1.000 < R 1001
      1.000 * closed reset
      1.000 * released`)
  })

  it('elsewhere in the window gets a challenge ACK, and is ignored outside (RFC 5961)', () => {
    expectConversation(`${OPEN}
      1.000 < R 1002
      1.000 > . 1 ack 1001
      2.000 < R. 65240 ack 1
      2.000 > . 1 ack 1001
      3.000 < R 65241
      3.000 < R 1000
      4.000 = ESTABLISHED`)
  })
})

describe('TCP SYN on an open connection', () => {
  it('gets a challenge ACK for any sequence number (RFC 5961)', () => {
    expectConversation(`${OPEN}
      1.000 < S 1001
      1.000 > . 1 ack 1001
      2.000 < S 77777
      2.000 > . 1 ack 1001
      3.000 < S. 1000 ack 1
      3.000 > . 1 ack 1001
      4.000 = ESTABLISHED`)
  })
})

describe('TCP sequence numbers', () => {
  it('wrap at 2^32 in both directions', () => {
    expectConversation(
      `
      0.000 connect
      0.000 > S 4294967295 <mss 1460>
      0.010 < S. 4294967294 ack 0 <mss 1460>
      0.010 * opened
      0.010 > . 0 ack 4294967295
      1.000 < P. 4294967295:99 ack 0
      1.000 * received 100
      1.000 > P. 0:50 ack 99
      1.010 < . 99 ack 50
      1.010 * acknowledged 50`,
      { initialSequence: 4_294_967_295, program: { 'received 100': 'send 50' } },
    )
  })
})
