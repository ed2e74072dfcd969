import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TIME_MAX_NS } from '../../engine/time.ts'
import { fromHex } from '../bytes.ts'
import { FrameDigest } from './digest.ts'
import { type Frame, FramePool } from './frame.ts'

interface Sighting {
  readonly timeNs: number
  readonly portId: number
  readonly bytes: Uint8Array
}

function sighting(timeNs: number, portId: number, hex: string): Sighting {
  return { timeNs, portId, bytes: fromHex(hex) }
}

const sightings: fc.Arbitrary<Sighting> = fc.record({
  timeNs: fc.integer({ min: 0, max: TIME_MAX_NS - 1 }),
  portId: fc.integer({ min: 0, max: 999 }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 70 }),
})
const histories = fc.array(sightings, { maxLength: 4 })

const pool = new FramePool()

function frameOf(bytes: Uint8Array, shift = 0): Frame {
  const frame = pool.create(bytes.length)
  frame.bytes.fill(0xa5)
  frame.start += shift
  frame.end += shift
  frame.bytes.set(bytes, frame.start)
  return frame
}

function digestOf(history: readonly Sighting[], shift = 0): string {
  const digest = new FrameDigest()
  for (const { timeNs, portId, bytes } of history) {
    const frame = frameOf(bytes, shift)
    digest.add(timeNs, portId, frame)
    pool.deliver(frame)
  }
  return digest.toString()
}

describe('the digest of a run', () => {
  // Recorded. A digest that changes though the frames are the same makes old runs look different.
  it.each([
    ['nothing', [], '85ebca6b9e3779b9'],
    ['a short frame', [sighting(3_000_000_000, 2, '010203')], '29ad8b444f79b8bd'],
    ['a longer frame', [sighting(1, 3, 'fffefdfc 01020304 80ff')], '0f4cb12c330f8acb'],
  ])('of %s is what it always was', (_, history, expected) => {
    expect(digestOf(history)).toBe(expected)
  })

  it('is sixteen hexadecimal digits', () => {
    fc.assert(
      fc.property(histories, (history) => {
        expect(digestOf(history)).toMatch(/^[0-9a-f]{16}$/)
      }),
    )
  })

  it('is the same for the same frames, wherever they lay in memory', () => {
    fc.assert(
      fc.property(histories, fc.integer({ min: -60, max: 60 }), (history, shift) => {
        expect(digestOf(history, shift)).toBe(digestOf(history))
      }),
    )
  })

  it('counts the frames', () => {
    const digest = new FrameDigest()
    const frame = frameOf(Uint8Array.of(1))
    for (let count = 1; count <= 3; count++) {
      digest.add(0, 1, frame)
      expect(digest.frames).toBe(count)
    }
  })

  it('can be read at any time without disturbing it', () => {
    const digest = new FrameDigest()
    const frame = frameOf(Uint8Array.of(1, 2, 3))
    for (let round = 0; round < 2; round++) {
      digest.add(round, 1, frame)
      expect(digest.toString()).toBe(digest.toString())
    }
    const bytes = Uint8Array.of(1, 2, 3)
    expect(digest.toString()).toBe(
      digestOf([
        { timeNs: 0, portId: 1, bytes },
        { timeNs: 1, portId: 1, bytes },
      ]),
    )
  })
})

describe('another digest comes of', () => {
  const wrongBytes = fc.integer({ min: 1, max: 255 })

  /** One word that differs changes one lane for good: that holds always, not just mostly. */
  function differs(change: (sighting: Sighting, number: number) => Sighting): void {
    fc.assert(
      fc.property(
        histories,
        sightings,
        histories,
        wrongBytes,
        (before, sighting, after, number) => {
          const changed = change(sighting, number)
          expect(digestOf([...before, changed, ...after])).not.toBe(
            digestOf([...before, sighting, ...after]),
          )
        },
      ),
    )
  }

  it('a frame one nanosecond later', () => {
    differs((sighting) => ({ ...sighting, timeNs: sighting.timeNs + 1 }))
  })

  it('a frame later by the 4.294967296 s that 32 bits hold', () => {
    differs((sighting) => ({
      ...sighting,
      timeNs: sighting.timeNs + (sighting.timeNs < 2 ** 40 ? 1 : -1) * 2 ** 32,
    }))
  })

  it('another port', () => {
    differs((sighting, number) => ({ ...sighting, portId: sighting.portId + number }))
  })

  it('any byte that differs', () => {
    differs((sighting, number) => {
      const bytes = sighting.bytes.slice()
      const at = number % bytes.length
      bytes[at] = (bytes[at] ?? 0) ^ number
      return { ...sighting, bytes }
    })
  })

  it('a zero at the end of the frame', () => {
    differs((sighting) => ({ ...sighting, bytes: Uint8Array.of(...sighting.bytes, 0) }))
  })

  it('a frame that is missing', () => {
    fc.assert(
      fc.property(histories, sightings, histories, (before, sighting, after) => {
        expect(digestOf([...before, ...after])).not.toBe(digestOf([...before, sighting, ...after]))
      }),
    )
  })

  it('two frames the other way round', () => {
    fc.assert(
      fc.property(sightings, sightings, (first, second) => {
        fc.pre(digestOf([first]) !== digestOf([second]))
        expect(digestOf([first, second])).not.toBe(digestOf([second, first]))
      }),
    )
  })
})
