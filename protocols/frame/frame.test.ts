import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toHex } from '../bytes.ts'
import type { DropCause } from './fate.ts'
import { type Frame, FramePool } from './frame.ts'

// What the two sizes of buffer hold behind their headroom of 64 bytes.
const ORDINARY_MAX_BYTES = 1728
const JUMBO_MAX_BYTES = 9408

function filled(pool: FramePool, length: number, value: number): Frame {
  const frame = pool.create(length)
  frame.view().fill(value)
  return frame
}

function isFilled(frame: Frame, value: number): boolean {
  return frame.view().every((byte) => byte === value)
}

describe('a new frame', () => {
  it('has the length asked for, room in front, and a number of its own', () => {
    const pool = new FramePool()
    const frames = [60, 0, 1514].map((length) => pool.create(length))
    expect(frames.map(({ length }) => length)).toEqual([60, 0, 1514])
    expect(frames.map(({ packetId }) => packetId)).toEqual([1, 2, 3])
    for (const frame of frames) {
      expect(frame.start).toBe(64)
      expect(frame.view()).toHaveLength(frame.length)
    }
  })

  it('is shown, not copied, by its view', () => {
    const frame = filled(new FramePool(), 4, 0)
    frame.view()[1] = 7
    expect(frame.bytes[frame.start + 1]).toBe(7)
    frame.start += 1
    expect(toHex(frame.view())).toBe('070000')
  })

  it.each([1514, 1518, ORDINARY_MAX_BYTES, ORDINARY_MAX_BYTES + 1, 9018, JUMBO_MAX_BYTES])(
    'may have %i bytes',
    (length) => {
      const pool = new FramePool()
      const frame = filled(pool, length, 0x5a)
      expect(frame.length).toBe(length)
      expect(frame.end).toBeLessThanOrEqual(frame.bytes.length)
      expect(isFilled(pool.copy(frame), 0x5a)).toBe(true)
    },
  )

  it('is never larger than the largest buffer', () => {
    const pool = new FramePool()
    expect(() => pool.create(JUMBO_MAX_BYTES + 1)).toThrow('a frame fits one of the buffers')
    expect([pool.sent, pool.inFlight]).toEqual([0, 0])
  })
})

describe('a copy', () => {
  it('is the same packet with the same bytes, last seen where the original was', () => {
    const pool = new FramePool()
    const original = filled(pool, 60, 0xab)
    original.sighting = 5
    original.destination = 'a link'
    const copy = pool.copy(original)
    expect(copy).not.toBe(original)
    expect(copy.packetId).toBe(original.packetId)
    expect(copy.sighting).toBe(5)
    expect(copy.destination).toBeNull()
    expect(toHex(copy.view())).toBe(toHex(original.view()))
  })

  it('shares nothing with the original', () => {
    const pool = new FramePool()
    const original = filled(pool, 60, 1)
    const copy = pool.copy(original)
    copy.bytes.fill(2)
    expect(isFilled(original, 1)).toBe(true)
    original.bytes.fill(3)
    expect(isFilled(copy, 2)).toBe(true)
    pool.drop(original, 'notForUs', 'here')
    expect(isFilled(copy, 2)).toBe(true)
    expect(copy.inUse).toBe(true)
  })

  it('has its headroom back, though the original had used some of it, or was cut', () => {
    const pool = new FramePool()
    for (const shift of [-4, 4]) {
      const original = filled(pool, 60, 9)
      original.start += shift
      original.view().fill(9)
      const copy = pool.copy(original)
      expect([copy.start, copy.length]).toEqual([64, 60 - shift])
      expect(isFilled(copy, 9)).toBe(true)
    }
  })
})

describe('writing a frame', () => {
  it('touches no other, even beyond its ends: 40 of each size, over more than one slab', () => {
    const pool = new FramePool()
    const frames = Array.from({ length: 80 }, (_, index) =>
      pool.create(index % 2 === 0 ? 60 : 9000),
    )
    for (const [index, frame] of frames.entries()) frame.bytes.fill(index + 1)
    for (const [index, frame] of frames.entries()) {
      expect(frame.bytes.every((byte) => byte === index + 1)).toBe(true)
    }
  })
})

describe('a frame that has ended', () => {
  const endings: readonly [string, (pool: FramePool, frame: Frame) => void][] = [
    ['delivered', (pool, frame) => pool.deliver(frame)],
    ['dropped', (pool, frame) => pool.drop(frame, 'linkDown', 'wire')],
  ]

  it.each(
    endings.flatMap(([first, end]) =>
      endings.map(([second, endAgain]) => [first, second, end, endAgain] as const),
    ),
  )('%s, is not %s as well', (_first, _second, end, endAgain) => {
    const pool = new FramePool()
    const told: string[] = []
    const frame = pool.create(60)
    end(pool, frame)
    pool.observer = { dropped: (_, cause) => told.push(cause) }
    const before = [pool.delivered, [...pool.dropped]]
    expect(() => endAgain(pool, frame)).toThrow('a frame ends only once')
    expect([pool.delivered, [...pool.dropped]]).toEqual(before)
    expect(told).toEqual([])
    pool.assertConserved(0)
  })

  it('is not copied', () => {
    const pool = new FramePool()
    const frame = pool.create(60)
    pool.deliver(frame)
    expect(() => pool.copy(frame)).toThrow('not used afterwards')
  })

  it('gives its buffer to the next of its size, which knows nothing of it', () => {
    const pool = new FramePool()
    const frame = pool.create(60)
    frame.start -= 8
    frame.sighting = 5
    frame.destination = 'a link'
    pool.deliver(frame)
    const jumbo = pool.create(9000)
    const next = pool.create(100)
    expect(jumbo.bytes).not.toBe(frame.bytes)
    expect(next.bytes).toBe(frame.bytes)
    expect([next.start, next.length, next.sighting, next.destination]).toEqual([64, 100, -1, null])
    expect(next.packetId).toBe(3)
  })
})

describe('a drop', () => {
  it('is told with its cause and its place while the frame still has its bytes', () => {
    const pool = new FramePool()
    const told: unknown[] = []
    pool.observer = {
      dropped: (frame, cause, at) => told.push([frame.packetId, toHex(frame.view()), cause, at]),
    }
    pool.drop(filled(pool, 3, 0xee), 'queueFull', 'sw1 Gi1/0/1')
    pool.deliver(pool.create(1))
    expect(told).toEqual([[1, 'eeeeee', 'queueFull', 'sw1 Gi1/0/1']])
  })

  it('is counted by its cause', () => {
    const pool = new FramePool()
    const causes: readonly DropCause[] = ['linkDown', 'notForUs', 'linkDown']
    for (const cause of causes) pool.drop(pool.create(60), cause, 'somewhere')
    expect(Object.fromEntries(pool.dropped)).toEqual({ linkDown: 2, notForUs: 1 })
  })
})

describe('frames are conserved', () => {
  const deeds = fc.array(
    fc.record({
      what: fc.constantFrom('create', 'copy', 'deliver', 'drop', 'linger'),
      which: fc.nat(),
      length: fc.integer({ min: 0, max: JUMBO_MAX_BYTES }),
    }),
    { maxLength: 120 },
  )

  it('whatever is done with them, and each keeps its bytes until its end', () => {
    fc.assert(
      fc.property(deeds, (steps) => {
        const pool = new FramePool()
        const held: { frame: Frame; value: number }[] = []
        let ended = 0
        for (const [index, { what, which, length }] of steps.entries()) {
          const value = index & 0xff
          const one = held[which % Math.max(1, held.length)]
          if (what === 'create') held.push({ frame: filled(pool, length, value), value })
          else if (one === undefined || what === 'linger') continue
          else if (what === 'copy') held.push({ ...one, frame: pool.copy(one.frame) })
          else {
            held.splice(held.indexOf(one), 1)
            ended++
            if (what === 'deliver') pool.deliver(one.frame)
            else pool.drop(one.frame, which % 2 === 0 ? 'linkDown' : 'queueFull', 'there')
          }
          for (const { frame, value: own } of held) expect(isFilled(frame, own)).toBe(true)
        }
        expect(new Set(held.map(({ frame }) => frame.bytes)).size).toBe(held.length)
        expect([pool.sent, pool.inFlight]).toEqual([held.length + ended, held.length])
        pool.assertConserved(held.length)
        expect(() => pool.assertConserved(held.length + 1)).toThrow('frames are conserved')
        if (held.length > 0) expect(() => pool.assertConserved(0)).toThrow('frames are conserved')
      }),
    )
  })

  it('and a leak is told with its numbers', () => {
    const pool = new FramePool()
    pool.deliver(pool.create(60))
    pool.drop(pool.create(60), 'linkDown', 'wire')
    pool.create(60)
    expect(() => pool.assertConserved(0)).toThrow(
      'frames are conserved: 3 sent, 1 delivered, 1 dropped, 1 not ended, 0 held',
    )
  })
})

describe('a packet that travels sealed in another', () => {
  it('is to observers the one that carries it, and the one that comes out', () => {
    const pool = new FramePool()
    const seen: number[] = []
    pool.observer = { dropped: () => {}, enclosed: ({ packetId }) => seen.push(packetId) }
    const inner = pool.create(60)
    inner.sighting = 7
    const outer = pool.create(120)
    pool.enclose(inner, outer)
    expect([outer.packetId, outer.sighting, seen]).toEqual([inner.packetId, 7, [inner.packetId]])
    pool.deliver(inner)
    const opened = pool.createEnclosed(60, outer.packetId)
    expect([opened.packetId, opened.length]).toEqual([inner.packetId, 60])
    expect(pool.create(60).packetId).toBe(3)
    pool.assertConserved(3)
  })
})
