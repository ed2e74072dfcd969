import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Connection, type Numbers, type Step } from './connection.fixture.ts'
import { isAfter, isAtOrAfter } from './tcp-tracking.ts'

describe('the window of an established connection', () => {
  // Both ends have offered 1000 bytes, nothing has been sent but the handshake. Of the client pf
  // knows the SYN, seq 1000: a bare acknowledgement teaches it nothing.
  it.each<[string, Step, string]>([
    [
      'data that fills the window',
      ['>', 'A', { seq: 1001, ack: 9001, payloadBytes: 1000 }],
      'pass',
    ],
    ['a byte more', ['>', 'A', { seq: 1001, ack: 9001, payloadBytes: 1001 }], 'state-mismatch'],
    ['data of long ago', ['>', 'A', { seq: 0, ack: 9001, payloadBytes: 5 }], 'pass'],
    [
      'data of longer ago',
      ['>', 'A', { seq: 2 ** 32 - 1, ack: 9001, payloadBytes: 5 }],
      'state-mismatch',
    ],
    ['a bare acknowledgement far off', ['>', 'A', { seq: 123_456, ack: 9001 }], 'pass'],
    ['an acknowledgement of old data', ['>', 'A', { seq: 1001, ack: 9001 - 67_035 }], 'pass'],
    ['one of older data', ['>', 'A', { seq: 1001, ack: 9001 - 67_036 }], 'state-mismatch'],
    ['one ahead of the data', ['>', 'A', { seq: 1001, ack: 9001 + 67_035 }], 'pass'],
    ['one further ahead', ['>', 'A', { seq: 1001, ack: 9001 + 67_036 }], 'state-mismatch'],
    ['a RST in its place', ['>', 'R', { seq: 1001 }], 'pass'],
    ['a RST before it', ['>', 'R', { seq: 999 }], 'pass'],
    ['a RST elsewhere in the window', ['>', 'R', { seq: 1002 }], 'state-mismatch'],
    ['a SYN', ['>', 'S', { seq: 77_777 }], 'state-mismatch'],
  ])('%s: %s', (_, step, outcome) => {
    expect(new Connection().open().send(...step)).toBe(outcome)
  })

  it('slides as the other end acknowledges', () => {
    const connection = new Connection().open()
    const data = (seq: number): Step => ['>', 'A', { seq, ack: 9001, payloadBytes: 1000 }]
    expect(connection.send(...data(1001))).toBe('pass')
    expect(connection.send(...data(2001))).toBe('state-mismatch')
    expect(connection.send('<', 'A', { seq: 9001, ack: 2001 })).toBe('pass')
    expect(connection.send(...data(2001))).toBe('pass')
    expect(connection.state.source).toMatchObject({ seqLow: 3001, seqHigh: 3001 })
  })

  it('counts in the scale of both ends', () => {
    const connection = new Connection().open(7, 2)
    const { source, destination } = connection.state
    // The windows of the SYNs are not scaled; they are kept as if they were.
    expect([source.windowScale, destination.windowScale]).toEqual([0x87, 0x82])
    expect(destination.maxWindow).toBe(250)
    connection.send('<', 'A', { seq: 9001, ack: 1001 })
    const data = (payloadBytes: number): Step => ['>', 'A', { seq: 1001, ack: 9001, payloadBytes }]
    expect(connection.send(...data(4001))).toBe('state-mismatch')
    expect(connection.send(...data(4000))).toBe('pass')
  })

  it.each([
    [undefined, 7],
    [7, undefined],
  ])('is not scaled unless both ends ask for it: %s, %s', (client, server) => {
    const { source, destination } = new Connection().open(client, server).state
    expect([source.windowScale, destination.windowScale]).toContain(0)
    const connection = new Connection().open(client, server)
    expect(connection.send('>', 'A', { seq: 1001, ack: 9001, payloadBytes: 1001 })).toBe(
      'state-mismatch',
    )
  })

  it('does not care about it under a sloppy rule', () => {
    const connection = new Connection('pass all sloppy').open()
    expect(connection.send('>', 'PA', { seq: 77_777_777, payloadBytes: 1000 })).toBe('pass')
    expect(connection.stage).toBe('4:4 tcpEstablished')
  })

  it('goes round the circle of sequence numbers', () => {
    const connection = new Connection()
    const last = 0xffff_ffff
    connection.send('>', 'S', { seq: last })
    connection.send('<', 'SA', { seq: last - 5, ack: 0 })
    connection.send('>', 'A', { seq: 0, ack: last - 4 })
    expect(connection.send('<', 'PA', { seq: last - 4, ack: 0, payloadBytes: 10 })).toBe('pass')
    expect(connection.state.destination).toMatchObject({ level: 4, seqLow: 5 })
  })
})

describe('a segment that does not fit', () => {
  it('changes nothing', () => {
    const connection = new Connection().open()
    const before = structuredClone(connection.state)
    connection.waitSeconds(10)
    connection.send('<', 'PA', { seq: 1, ack: 1, payloadBytes: 10 })
    expect(connection.state).toEqual(before)
  })

  it('in a handshake is answered by a RST, and its sender starts over', () => {
    const connection = new Connection()
    connection.send('>', 'S', { seq: 1000 })
    connection.send('<', 'S', { seq: 9000 })
    expect(connection.stage).toBe('2:2 tcpOpening')
    expect(connection.send('<', 'PA', { seq: 5_000_000, ack: 7, payloadBytes: 9 })).toBe(
      'state-mismatch, handshakeReset',
    )
    expect(connection.state.destination).toMatchObject({ seqLow: 0, seqHigh: 1, maxWindow: 1 })
    expect(connection.send('<', 'R', { seq: 8_000_000 })).toMatch(/^(pass|state-mismatch)$/)
  })

  it('passes after the end when it is near, but keeps nothing alive', () => {
    const connection = new Connection().open()
    connection.send('>', 'R', { seq: 1001 })
    const { hitSecond } = connection.state
    connection.waitSeconds(5)
    expect(connection.send('<', 'FA', { seq: 12_000, ack: 1001, payloadBytes: 10 })).toBe('pass')
    expect(connection.send('<', 'FA', { seq: 900_000, ack: 1, payloadBytes: 10 })).toBe(
      'state-mismatch',
    )
    expect(connection.state.hitSecond).toBe(hitSecond)
  })
})

describe('sequence numbers', () => {
  it('are compared on a circle', () => {
    const number = fc.integer({ min: 0, max: 0xffff_ffff })
    const step = fc.integer({ min: 1, max: 0x7fff_ffff })
    fc.assert(
      fc.property(number, step, (from, by) => {
        const to = (from + by) >>> 0
        expect([isAfter(to, from), isAfter(from, to), isAfter(from, from)]).toEqual([
          true,
          false,
          false,
        ])
        expect([isAtOrAfter(to, from), isAtOrAfter(from, from)]).toEqual([true, true])
      }),
    )
  })
})

describe('a transfer without loss or disorder', () => {
  /** Two honest ends: each sends what the other's window has room for, and acknowledges. */
  it('is never refused', () => {
    const scale = fc.option(fc.integer({ min: 0, max: 14 }), { nil: undefined })
    const number = fc.integer({ min: 1, max: 0xffff_ffff })
    const turns = fc.array(
      fc.record({ client: fc.boolean(), share: fc.integer({ min: 0, max: 100 }) }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(scale, scale, number, number, turns, (clientScale, serverScale, a, b, sent) => {
        const connection = new Connection()
        const scaled = clientScale !== undefined && serverScale !== undefined
        const ends = [
          { next: a, shift: scaled ? clientScale : 0 },
          { next: b, shift: scaled ? serverScale : 0 },
        ]
        const option = (wscale: number | undefined) => (wscale === undefined ? {} : { wscale })
        const window = 40_000
        const say = (end: 0 | 1, flags: string, rest: Numbers = {}) => {
          const [own, other] = end === 0 ? ends : ends.toReversed()
          if (own === undefined || other === undefined) return
          const details = { seq: own.next, ack: other.next, window, ...rest }
          const outcome = connection.send(end === 0 ? '>' : '<', flags, details)
          const length = (rest.payloadBytes ?? 0) + (/[SF]/.test(flags) ? 1 : 0)
          own.next = (own.next + length) >>> 0
          expect(outcome).toBe('pass')
        }
        say(0, 'S', { ...option(clientScale), ack: 0 })
        say(1, 'SA', option(serverScale))
        say(0, 'A')
        say(1, 'A')
        for (const { client, share } of sent) {
          const end = client ? 0 : 1
          const other = client ? 1 : 0
          const room = window << (ends[other]?.shift ?? 0)
          say(end, 'PA', { payloadBytes: Math.min(1460, Math.floor((room * share) / 100)) })
          say(other, 'A')
        }
        say(0, 'FA')
        say(1, 'A')
        say(1, 'FA')
        say(0, 'A')
        expect(connection.stage).toBe('9:9 tcpClosed')
      }),
    )
  })
})
