import { describe, expect, it } from 'vitest'
import { SLAB_BYTES, SlabLog, type SlabStore } from './slab-log.ts'

class MemoryStore implements SlabStore {
  readonly slabs = new Map<number, Uint8Array>()

  write(index: number, slab: Uint8Array): void {
    this.slabs.set(index, slab.slice())
  }

  read(index: number, into: Uint8Array): void {
    into.set(this.slabs.get(index) ?? [])
  }
}

/** Pieces of three lanes, each filled with its number, some as long as a jumbo frame. */
const PIECES = Array.from({ length: 300 }, (_, number) => ({
  lane: number % 3,
  bytes: new Uint8Array(number % 5 === 0 ? 9018 : 60 + number).fill(number),
}))

describe('a log of pieces', () => {
  it.each([
    ['in memory', undefined],
    ['with a store, and two slabs in memory', new MemoryStore()],
  ])('gives each piece back, %s', (_where, store) => {
    const log = new SlabLog(store, 2)
    const places = PIECES.map(({ lane, bytes }) => log.append(lane, bytes, 0, bytes.length))
    const read = PIECES.map(({ bytes }, at) => log.read(places[at] as number, bytes.length).slice())
    expect(read).toEqual(PIECES.map(({ bytes }) => bytes))
    const total = PIECES.reduce((sum, { bytes }) => sum + bytes.length, 0)
    expect(log.usedBytes).toBe(total)
    // Those that are full were stored, and no piece lies across two.
    if (store !== undefined) expect(store.slabs.size).toBe(Math.floor(total / SLAB_BYTES) - 1)
  })
})
