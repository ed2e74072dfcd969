import { describe, expect, it } from 'vitest'
import { Conversation, expectConversation } from './conversation.fixture.ts'

const LINUX = { windowScale: 7, timestamps: true }

describe('TCP options of a SYN', () => {
  it('are offered, accepted and used', () => {
    expectConversation(
      `
      0.000 connect
      0.000 > S 0 <mss 1460,nop,nop,TS val 0 ecr 0,nop,wscale 7>
      0.010 < S. 1000 ack 1 win 65160 <mss 1460,TS val 500 ecr 0,wscale 3>
      0.010 * opened
      0.010 > . 1 ack 1001 win 501 <nop,nop,TS val 10 ecr 500>
      1.000 send 1000
      1.000 > P. 1:1001 ack 1001 win 501 <nop,nop,TS val 1000 ecr 500>
      1.010 < . 1001 ack 1001 win 200 <TS val 1500 ecr 1000>
      1.010 * acknowledged 1000
      # A window of 1600 octets, and segments of 1448.
      1.010 send 2000
      1.010 > . 1001:2449 ack 1001 win 501 <nop,nop,TS val 1010 ecr 1500>`,
      { parameters: { ...LINUX, nagle: false } },
    )
  })

  it('accept the offered options', () => {
    expectConversation(
      `
      0.000 listen
      0.000 < S 1000 <mss 1460,TS val 500 ecr 0,wscale 3>
      0.000 > S. 0 ack 1001 <mss 1460,nop,nop,TS val 0 ecr 500,nop,wscale 7>
      0.010 < . 1001 ack 1 win 8030 <TS val 510 ecr 0>
      0.010 * opened`,
      { parameters: LINUX },
    )
  })

  it('accept only offered options, and others are not used', () => {
    expectConversation(
      `
      0.000 listen
      0.000 < S 1000 <mss 1460>
      0.000 > S. 0 ack 1001 <mss 1460>
      0.010 < . 1001 ack 1
      0.010 * opened
      0.020 send 2000
      0.020 > . 1:1461 ack 1001
      0.020 > P. 1461:2001 ack 1001
      0.030 < P. 1001:1101 ack 2001 <TS val 5 ecr 0>
      0.030 * acknowledged 2000
      0.030 * received 100
      0.070 > . 2001 ack 1101`,
      { parameters: { ...LINUX, nagle: false } },
    )
    expectConversation(
      `
      0.000 listen
      0.000 < S 1000 <mss 1460,TS val 500 ecr 0,wscale 3>
      0.000 > S. 0 ack 1001 <mss 1460>
      0.010 < . 1001 ack 1 win 1500
      0.010 * opened
      0.020 send 2000
      0.020 > . 1:1461 ack 1001`,
    )
  })

  it('limit the window scale to 14 (RFC 7323, section 2.3)', () => {
    expectConversation(
      `
      0.000 connect
      0.000 > S 0 <mss 20000,nop,wscale 7>
      0.010 < S. 1000 ack 1 win 2 <mss 20000,wscale 15>
      0.010 * opened
      0.010 > . 1 ack 1001 win 501
      0.020 < . 1001 ack 1 win 1
      0.020 send 40000
      0.020 > . 1:16385 ack 1001 win 501`,
      { parameters: { windowScale: 7, maximumSegmentBytes: 20_000 } },
    )
  })

  it('do not scale the window of the SYN', () => {
    expectConversation(
      `
      0.000 connect
      0.000 > S 0 win 65535 <mss 1460,nop,wscale 7>
      0.010 < S. 1000 ack 1 win 3 <mss 1460,wscale 14>
      0.010 * opened
      0.010 > . 1 ack 1001 win 781
      0.020 send 3
      0.020 > P. 1:4 ack 1001 win 781`,
      { parameters: { windowScale: 7, receiveBufferBytes: 100_000 } },
    )
  })
})

describe('TCP timestamps', () => {
  const open = `
      0.000 connect
      0.000 > S 0 <mss 1460,nop,nop,TS val 0 ecr 0>
      0.010 < S. 1000 ack 1 <mss 1460,TS val 500 ecr 0>
      0.010 * opened
      0.010 > . 1 ack 1001 <nop,nop,TS val 10 ecr 500>`

  it('of an old segment make it acknowledged and dropped (PAWS)', () => {
    expectConversation(
      `${open}
      1.000 < P. 1001:1101 ack 1 <TS val 499 ecr 10>
      1.000 > . 1 ack 1001 <nop,nop,TS val 1000 ecr 500>
      1.100 < P. 1001:1101 ack 1 <TS val 500 ecr 10>
      1.100 * received 100
      1.140 > . 1 ack 1101 <nop,nop,TS val 1140 ecr 500>`,
      { parameters: { timestamps: true } },
    )
  })

  it('that are missing make a segment dropped, except a reset', () => {
    expectConversation(
      `${open}
      1.000 < P. 1001:1101 ack 1
      1.100 < R 1001
      1.100 * closed reset
      1.100 * released`,
      { parameters: { timestamps: true } },
    )
  })

  it('echo the first segment that an acknowledgement is for', () => {
    expectConversation(
      `${open}
      1.000 < P. 1001:1101 ack 1 <TS val 1000 ecr 10>
      1.000 * received 100
      1.010 < P. 1101:1201 ack 1 <TS val 1010 ecr 10>
      1.010 * received 100
      1.010 > . 1 ack 1201 <nop,nop,TS val 1010 ecr 1000>
      1.020 < P. 1201:1301 ack 1 <TS val 1020 ecr 10>
      1.020 * received 100
      1.060 > . 1 ack 1301 <nop,nop,TS val 1060 ecr 1020>`,
      { parameters: { timestamps: true } },
    )
  })
})

describe('TCP receive buffer', () => {
  it('must be at least one unit of the scaled window', () => {
    const tooSmall = { windowScale: 14, receiveBufferBytes: 16_383 }
    expect(() => new Conversation({ parameters: tooSmall })).toThrow('a window can be told')
  })
})
