import { describe, expect, it } from 'vitest'
import { SECOND_NS } from '../../engine/time.ts'
import { Conversation, expectConversation, OPEN_MSS_1000 as OPEN } from './conversation.fixture.ts'

describe('TCP data without acknowledgement', () => {
  it('is retransmitted after the timeout, which doubles each time', () => {
    expectConversation(`${OPEN}
      1.000 send 100
      1.000 > P. 1:101 ack 1001
      1.210 > P. 1:101 ack 1001
      1.630 > P. 1:101 ack 1001
      2.470 > P. 1:101 ack 1001
      4.150 > P. 1:101 ack 1001
      7.510 > P. 1:101 ack 1001
      7.520 < . 1001 ack 101
      7.520 * acknowledged 100
      9.000 wait`)
  })

  it('is retransmitted with one segment first, then the rest', () => {
    expectConversation(`${OPEN}
      1.000 send 4000
      1.000 > . 1:1001 ack 1001
      1.000 > . 1001:2001 ack 1001
      1.000 > . 2001:3001 ack 1001
      1.000 > P. 3001:4001 ack 1001
      1.210 > . 1:1001 ack 1001
      1.220 < . 1001 ack 1001
      1.220 * acknowledged 1000
      1.220 > . 1001:2001 ack 1001
      1.220 > . 2001:3001 ack 1001
      1.230 < . 1001 ack 3001
      1.230 * acknowledged 2000
      1.230 > P. 3001:4001 ack 1001
      1.240 < . 1001 ack 4001
      1.240 * acknowledged 1000`)
  })

  it('is not retransmitted after a late acknowledgement', () => {
    expectConversation(`${OPEN}
      1.000 send 4000
      1.000 > . 1:1001 ack 1001
      1.000 > . 1001:2001 ack 1001
      1.000 > . 2001:3001 ack 1001
      1.000 > P. 3001:4001 ack 1001
      1.210 > . 1:1001 ack 1001
      1.220 < . 1001 ack 4001
      1.220 * acknowledged 4000
      9.000 wait`)
  })

  it('has its timeout counted from the last new acknowledgement', () => {
    expectConversation(`${OPEN}
      1.000 send 2000
      1.000 > . 1:1001 ack 1001
      1.000 > P. 1001:2001 ack 1001
      1.100 < . 1001 ack 1001
      1.100 * acknowledged 1000
      # The round trip of 100 ms raises the timeout to 221 ms.
      1.321 > P. 1001:2001 ack 1001
      1.400 wait`)
  })

  it('keeps the back-off until the next measured round trip (Karn)', () => {
    expectConversation(`${OPEN}
      1.000 send 100
      1.000 > P. 1:101 ack 1001
      1.210 > P. 1:101 ack 1001
      1.220 < . 1001 ack 101
      1.220 * acknowledged 100
      2.000 send 100
      2.000 > P. 101:201 ack 1001
      2.420 > P. 101:201 ack 1001
      2.430 < . 1001 ack 201
      2.430 * acknowledged 100
      3.000 send 100
      3.000 > P. 201:301 ack 1001
      3.010 < . 1001 ack 301
      3.010 * acknowledged 100
      4.000 send 100
      4.000 > P. 301:401 ack 1001
      4.210 > P. 301:401 ack 1001`)
  })

  it('ends the back-off with timestamps, which measure retransmissions', () => {
    expectConversation(
      `
      0.000 connect
      0.000 > S 0 <mss 1460,nop,nop,TS val 0 ecr 0>
      0.010 < S. 1000 ack 1 <mss 1012,TS val 7 ecr 0>
      0.010 * opened
      0.010 > . 1 ack 1001 <nop,nop,TS val 10 ecr 7>
      1.000 send 100
      1.000 > P. 1:101 ack 1001 <nop,nop,TS val 1000 ecr 7>
      1.210 > P. 1:101 ack 1001 <nop,nop,TS val 1210 ecr 7>
      1.220 < . 1001 ack 101 <TS val 8 ecr 1210>
      1.220 * acknowledged 100
      2.000 send 100
      2.000 > P. 101:201 ack 1001 <nop,nop,TS val 2000 ecr 8>
      2.210 > P. 101:201 ack 1001 <nop,nop,TS val 2210 ecr 8>`,
      { parameters: { timestamps: true } },
    )
  })

  it('times the connection out at the end', () => {
    // Linux times out at the first timeout after 924.6 s from the first retransmission.
    const conversation = new Conversation({})
    for (const line of OPEN.trim().split('\n')) conversation.play(line.trim())
    conversation.play('1.000 send 100')
    conversation.play('2000.000 wait')
    const told = conversation.transcript.filter((line) => line.includes('*')).slice(1)
    const sent = conversation.transcript.filter((line) => line.includes('P. 1:101'))
    expect(sent).toHaveLength(1 + 15)
    expect(told).toEqual(['935.830 * closed timedOut', '935.830 * released'])
  })

  it('has a time limit that starts again after an acknowledgement', () => {
    expectConversation(
      `${OPEN}
      1.000 send 100
      1.000 > P. 1:101 ack 1001
      1.210 > P. 1:101 ack 1001
      1.630 > P. 1:101 ack 1001
      2.470 > P. 1:101 ack 1001
      2.480 < . 1001 ack 101
      2.480 * acknowledged 100
      9.000 send 100
      9.000 > P. 101:201 ack 1001
      10.680 > P. 101:201 ack 1001
      14.040 * closed timedOut
      14.040 * released`,
      { parameters: { retries: 2 } },
    )
  })

  it('counts as a stall until the next acknowledgement', () => {
    const conversation = new Conversation({})
    const stall = (): number => conversation.connection.statistics.longestStallNs / SECOND_NS
    for (const line of OPEN.trim().split('\n')) conversation.play(line.trim())
    conversation.play('9.000 wait')
    expect(stall()).toBe(0)
    conversation.play('10.000 send 2000')
    conversation.play('10.100 wait')
    expect(stall()).toBe(0.1)
    conversation.play('10.200 < . 1001 ack 1001')
    conversation.play('10.300 < . 1001 ack 2001')
    conversation.play('99.000 wait')
    expect(stall()).toBe(0.2)
    expect(conversation.connection.statistics).toMatchObject({
      retransmissions: 0,
      bytesAcknowledged: 2000,
    })
  })
})

describe('retransmitted TCP SYN', () => {
  const lost = `
      0.000 connect
      0.000 > S 0 <mss 1460>
      1.000 > S 0 <mss 1460>`

  it('gives a timeout of 3 s (RFC 6298, section 5.7)', () => {
    expectConversation(`${lost}
      1.010 < S. 1000 ack 1 <mss 1000>
      1.010 * opened
      1.010 > . 1 ack 1001
      2.000 send 2000
      2.000 > . 1:1001 ack 1001
      2.000 > P. 1001:2001 ack 1001
      5.000 > . 1:1001 ack 1001
      11.000 > . 1:1001 ack 1001`)
  })

  it('twice gives a congestion window of one segment', () => {
    expectConversation(`${lost}
      3.000 > S 0 <mss 1460>
      3.010 < S. 1000 ack 1 <mss 1000>
      3.010 * opened
      3.010 > . 1 ack 1001
      4.000 send 2000
      4.000 > . 1:1001 ack 1001
      4.010 < . 1001 ack 1001
      4.010 * acknowledged 1000
      4.010 > P. 1001:2001 ack 1001`)
  })
})
