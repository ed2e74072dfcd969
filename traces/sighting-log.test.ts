import { describe, expect, it } from 'vitest'
import { FramePool } from '../protocols/frame/frame.ts'
import { SightingLog } from './sighting-log.ts'

// More than fit into the first rows and the first slab.
const SIGHTINGS = 5000

describe('a log of sightings', () => {
  it('keeps every field of every sighting, however far it had to grow', () => {
    const log = new SightingLog()
    const pool = new FramePool()
    const expected: unknown[] = []
    let frame = pool.create(14)
    for (let number = 0; number < SIGHTINGS; number++) {
      if (number % 3 === 0) frame = pool.create(14 + (number % 1400))
      frame.view().fill(number)
      const point = (number * 7) % 24
      const direction = number % 5 < 2 ? 'outbound' : 'inbound'
      const timeNs = 2 ** 52 + number
      const previous = number % 3 === 0 ? -1 : number - 1
      expected.push([
        point,
        direction,
        timeNs,
        frame.packetId,
        previous,
        frame.length,
        number & 255,
      ])
      expect(log.count).toBe(number)
      frame.sighting = log.add(point, frame, direction, timeNs)
      expect(frame.sighting).toBe(number)
    }
    const read = expected.map((_, number) => [
      log.point(number),
      log.direction(number),
      log.timeNs(number),
      log.packetId(number),
      log.previous(number),
      log.bytes(number).length,
      log.bytes(number).at(-1),
    ])
    expect(read).toEqual(expected)
  })

  it('knows no previous sighting of another packet', () => {
    const log = new SightingLog()
    const frame = new FramePool().create(14)
    frame.sighting = log.add(0, frame, 'inbound', 0)
    frame.packetId++
    frame.sighting = log.add(0, frame, 'outbound', 0)
    expect(log.previous(frame.sighting)).toBe(-1)
  })
})
