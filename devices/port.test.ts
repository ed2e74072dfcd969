import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Direction } from '../protocols/frame/tap.ts'
import { CountingWatch, Laboratory, Recorder } from './laboratory.fixture.ts'
import { type Cable, type Port, serializationNs } from './port.ts'

const GIGABIT = 1_000_000_000
/** What 98 bytes take at 1 Gb/s, with the 24 of preamble, check sequence and gap. */
const PING_NS = (98 + 24) * 8

function ping(mark = 0): Uint8Array {
  return new Uint8Array(98).fill(mark)
}

function cabled(settings: Partial<Cable> = {}) {
  const lab = new Laboratory()
  const a = new Recorder(lab.world, 'a')
  const b = new Recorder(lab.world, 'b')
  lab.connect(a.port, b.port, settings)
  return { lab, a, b }
}

function timesOf(recorder: Recorder): number[] {
  return recorder.received.map(({ timeNs }) => timeNs)
}

function marksOf(recorder: Recorder): number[] {
  return recorder.received.map(({ hex }) => Number.parseInt(hex.slice(0, 2), 16))
}

describe('the time on the wire', () => {
  it.each([
    [98, GIGABIT, 976],
    [60, GIGABIT, 672],
    [42, GIGABIT, 672],
    [0, GIGABIT, 672],
    [61, GIGABIT, 680],
    [1514, GIGABIT, 12_304],
    [98, 100_000_000, 9_760],
    // 67.2 ns and 97.6 ns: a frame is not out before its last bit is.
    [60, 10 * GIGABIT, 68],
    [98, 10 * GIGABIT, 98],
  ])('of %i bytes at %i bit/s is %i ns', (length, bitsPerSecond, expected) => {
    expect(serializationNs(length, bitsPerSecond)).toBe(expected)
  })

  it('is followed by the delay of its direction', () => {
    const { lab, a, b } = cabled({ delayFromANs: 50, delayFromBNs: 15_050 })
    a.send(ping())
    b.send(ping())
    lab.settle()
    expect(timesOf(b)).toEqual([PING_NS + 50])
    expect(timesOf(a)).toEqual([PING_NS + 15_050])
  })
})

describe('a wire', () => {
  it('takes one frame after the other, in both directions at once', () => {
    const { lab, a, b } = cabled()
    for (const mark of [1, 2, 3]) a.send(ping(mark))
    b.send(ping(4))
    lab.settle()
    expect(marksOf(b)).toEqual([1, 2, 3])
    expect(timesOf(b)).toEqual([PING_NS, 2 * PING_NS, 3 * PING_NS])
    expect(timesOf(a)).toEqual([PING_NS])
  })

  it('serializes the next frame while the one before is still under way', () => {
    const { lab, a, b } = cabled({ delayFromANs: 100_000 })
    a.send(ping())
    a.send(ping())
    lab.settle()
    expect(timesOf(b)).toEqual([PING_NS + 100_000, 2 * PING_NS + 100_000])
  })

  it('is free again once it was idle', () => {
    const { lab, a, b } = cabled()
    a.send(ping())
    lab.runFor(PING_NS + 300)
    a.send(ping())
    lab.settle()
    expect(timesOf(b)).toEqual([PING_NS, PING_NS + 300 + PING_NS])
  })

  it('is waited for and processing is waited for, whichever takes longer', () => {
    const { lab, a, b } = cabled()
    a.send(ping(1), 4_000)
    a.send(ping(2), 4_000)
    a.send(ping(3))
    lab.settle()
    expect(marksOf(b)).toEqual([1, 2, 3])
    expect(timesOf(b)).toEqual([4_000 + PING_NS, 4_000 + 2 * PING_NS, 4_000 + 3 * PING_NS])
  })

  it('keeps the bytes and the number of the packet', () => {
    const { lab, a, b } = cabled()
    const packetId = a.send('000102030405 0a0b0c0d0e0f 88b5 cafe')
    lab.settle()
    expect(b.received).toMatchObject([{ hex: '0001020304050a0b0c0d0e0f88b5cafe', packetId }])
  })
})

describe('a transmit queue', () => {
  it('drops what would wait longer than its bytes take, and takes more when it has drained', () => {
    // 1000 bytes are 8192 ns: 8 pings ahead may be waited for, not 9.
    const { lab, a, b } = cabled({ queueBytes: 1000 })
    for (let mark = 1; mark <= 11; mark++) a.send(ping(mark))
    expect(lab.takeDrops()).toEqual(['queueFull at a eth0', 'queueFull at a eth0'])
    lab.runFor(PING_NS)
    a.send(ping(12))
    expect(lab.takeDrops()).toEqual([])
    lab.settle()
    expect(marksOf(b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 12])
  })

  it('holds half a megabyte unless told otherwise', () => {
    const { lab, a, b } = cabled()
    const fitting = Math.floor(serializationNs(512 * 1024, GIGABIT) / PING_NS) + 1
    for (let sent = 0; sent < fitting + 3; sent++) a.send(ping())
    lab.settle()
    expect(b.received.length).toBe(fitting)
    expect(lab.drops).toEqual(Array(3).fill('queueFull at a eth0'))
  })

  it('does not count the processing as waiting', () => {
    const { lab, a, b } = cabled({ queueBytes: 0 })
    a.send(ping(), 1_000_000)
    lab.settle()
    expect(timesOf(b)).toEqual([1_000_000 + PING_NS])
  })
})

describe('a port', () => {
  it('is down without a cable, and loses what it is given', () => {
    const lab = new Laboratory()
    const alone = new Recorder(lab.world, 'alone')
    expect(alone.port.up).toBe(false)
    expect(alone.port.peer).toBeUndefined()
    alone.send(ping())
    lab.settle()
    expect(lab.drops).toEqual(['linkDown at alone eth0'])
  })

  it('is up when the cable is in and both ends are on, whatever the order', () => {
    const lab = new Laboratory()
    const a = new Recorder(lab.world, 'a')
    const b = new Recorder(lab.world, 'b')
    a.port.setOn(false)
    b.port.setOn(false)
    lab.connect(a.port, b.port)
    a.port.setOn(true)
    a.port.setPlugged(false)
    b.port.setOn(true)
    expect([a.port.up, b.port.up]).toEqual([false, false])
    b.port.setPlugged(true)
    expect([a.port.up, b.port.up]).toEqual([true, true])
    expect(a.port.peer).toBe(b.port)
    expect(a.port.bitsPerSecond).toBe(GIGABIT)
  })

  it('tells both devices and those who asked about the link of each change once', () => {
    const { lab, a, b } = cabled()
    const watch = new CountingWatch()
    watch.note(a.port.link)
    lab.runFor(100)
    a.port.setPlugged(false)
    b.port.setPlugged(false)
    a.port.setOn(false)
    lab.runFor(100)
    a.port.setPlugged(true)
    b.port.setOn(true)
    expect(watch.outdatings).toBe(1)
    watch.note(b.port.link)
    a.port.setOn(true)
    const changes = [
      { timeNs: 0, up: true },
      { timeNs: 100, up: false },
      { timeNs: 200, up: true },
    ]
    expect(a.links).toEqual(changes)
    expect(b.links).toEqual(changes)
    expect(watch.outdatings).toBe(2)
  })

  it('says whether the link or the power is to blame', () => {
    const { lab, a, b } = cabled()
    b.port.setOn(false)
    a.send(ping())
    b.send(ping())
    b.port.setOn(true)
    a.port.setPlugged(false)
    a.send(ping())
    b.send(ping())
    lab.settle()
    expect(lab.drops).toEqual([
      'poweredOff at a eth0',
      'poweredOff at b eth0',
      'linkDown at a eth0',
      'linkDown at b eth0',
    ])
  })
})

describe('a link that goes down', () => {
  const cuts = [
    ['is unplugged', 'linkDown', ({ a }) => a.port.setPlugged(false)],
    ['loses its sender', 'poweredOff', ({ a }) => a.port.setOn(false)],
    ['loses its receiver', 'poweredOff', ({ b }) => b.port.setOn(false)],
  ] satisfies [string, string, (ends: { a: Recorder; b: Recorder }) => void][]

  it.each(cuts)('and %s takes all that is under way with it', (_how, cause, cut) => {
    const { lab, a, b } = cabled({ delayFromANs: 5_000 })
    const ends = { a, b }
    for (const mark of [1, 2, 3]) a.send(ping(mark))
    lab.runFor(5_000 + PING_NS)
    for (const mark of [4, 5]) a.send(ping(mark))
    lab.runFor(1.5 * PING_NS)
    // By now 2 has arrived, 3 and 4 have left but not arrived, and 5 is half out.
    cut(ends)
    lab.settle()
    expect(marksOf(b)).toEqual([1, 2])
    expect(lab.drops).toEqual(Array(3).fill(`${cause} at b eth0`))
  })

  it('loses what was under way even if it is back before that would have arrived', () => {
    const { lab, a, b } = cabled({ delayFromANs: 100_000 })
    a.send(ping(1))
    lab.runFor(500)
    for (let flaps = 0; flaps < 2; flaps++) {
      a.port.setPlugged(false)
      a.port.setPlugged(true)
      lab.runFor(2 * PING_NS)
    }
    a.send(ping(2))
    lab.settle()
    expect(marksOf(b)).toEqual([2])
    expect(lab.drops).toEqual(['linkDown at b eth0'])
  })

  it('has an idle wire when it is back', () => {
    const { lab, a, b } = cabled()
    for (let mark = 1; mark <= 100; mark++) a.send(ping(mark))
    lab.runFor(10)
    a.port.setPlugged(false)
    a.port.setPlugged(true)
    a.send(ping(200))
    lab.settle()
    expect(marksOf(b)).toEqual([200])
    expect(timesOf(b)).toEqual([10 + PING_NS])
  })

  it('delivers exactly what met no cut on its way, in order', () => {
    const step = fc.record({
      afterNs: fc.integer({ min: 0, max: 3_000 }),
      what: fc.constantFrom('send', 'send', 'send', 'plug', 'powerA', 'powerB'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { lab, a, b } = cabled({ delayFromANs: 1_500 })
        const state = { plug: true, powerA: true, powerB: true }
        const expected: number[] = []
        let underWay: { mark: number; arrivesNs: number }[] = []
        let freeAtNs = 0
        const arrive = () => {
          expected.push(
            ...underWay.filter((each) => each.arrivesNs <= lab.nowNs).map(({ mark }) => mark),
          )
          underWay = underWay.filter((each) => each.arrivesNs > lab.nowNs)
        }
        for (const [mark, { afterNs, what }] of steps.entries()) {
          lab.runFor(afterNs)
          arrive()
          if (what === 'send') {
            a.send(ping(mark))
            if (!Object.values(state).every(Boolean)) continue
            freeAtNs = Math.max(freeAtNs, lab.nowNs) + PING_NS
            underWay.push({ mark, arrivesNs: freeAtNs + 1_500 })
          } else {
            state[what] = !state[what]
            if (what === 'plug') a.port.setPlugged(state.plug)
            else (what === 'powerA' ? a : b).port.setOn(state[what])
            underWay = []
            freeAtNs = lab.nowNs
          }
        }
        lab.settle()
        arrive()
        expect(marksOf(b)).toEqual(expected)
      }),
    )
  })
})

describe('a tap', () => {
  function tapped() {
    const { lab, a, b } = cabled({ delayFromANs: 5_000 })
    const log: string[] = []
    const tap = (port: Port) => ({
      sighted: (frame: { length: number }, direction: Direction, timeNs: number) => {
        log.push(`${port.place} ${direction} ${frame.length} at ${timeNs}`)
      },
      silenced: (timeNs: number) => {
        log.push(`${port.place} silenced at ${timeNs}`)
      },
    })
    a.port.tap = tap(a.port)
    b.port.tap = tap(b.port)
    return { lab, a, b, log }
  }

  it('sees a frame leave with its first bit, and come in when it is whole', () => {
    const { lab, a, log } = tapped()
    a.send(ping(), 300)
    a.send(ping())
    lab.settle()
    expect(log).toEqual([
      'a eth0 outbound 98 at 300',
      `a eth0 outbound 98 at ${300 + PING_NS}`,
      `b eth0 inbound 98 at ${300 + PING_NS + 5_000}`,
      `b eth0 inbound 98 at ${300 + 2 * PING_NS + 5_000}`,
    ])
  })

  it('is silenced at both ends when the link goes down, and sees nothing that was lost', () => {
    const { lab, a, b, log } = tapped()
    a.send(ping())
    a.send(ping())
    lab.runFor(100)
    b.port.setOn(false)
    a.send(ping())
    lab.settle()
    expect(log).toEqual([
      'a eth0 outbound 98 at 0',
      `a eth0 outbound 98 at ${PING_NS}`,
      'b eth0 silenced at 100',
      'a eth0 silenced at 100',
    ])
  })
})
