import type { Nanoseconds } from '../engine/time.ts'
import type { Frame } from '../protocols/frame/frame.ts'
import type { Direction } from '../protocols/frame/tap.ts'
import { SlabLog, type SlabStore } from './slab-log.ts'

const INITIAL_ROWS = 1024

/**
 * Every sighting of a run, in the order in which they were told. The number of a sighting is its
 * place here and never changes. Nothing is ever taken out, so a sighting costs a copy of its bytes
 * and some fields, and no allocation. Its 33 bytes of fields stay in memory until the files are made;
 * the bytes of the frame are in a log that may put them elsewhere.
 */
export class SightingLog {
  #count = 0
  // One array per field, of numbers only: nothing for the garbage collector to walk through.
  #timesNs = new Float64Array(INITIAL_ROWS)
  #packetIds = new Float64Array(INITIAL_ROWS)
  #points = new Uint16Array(INITIAL_ROWS)
  #outbound = new Uint8Array(INITIAL_ROWS)
  #previous = new Int32Array(INITIAL_ROWS)
  #bytes: SlabLog
  #places = new Float64Array(INITIAL_ROWS)
  #lengthsBytes = new Uint16Array(INITIAL_ROWS)
  #limitBytes: number
  #whenFull: () => void

  /**
   * @param whenFull is called when the frames have more than `limitBytes`
   * @param store for the bytes that memory has no room for
   */
  constructor(
    limitBytes: number = Number.POSITIVE_INFINITY,
    whenFull: () => void = () => {},
    store?: SlabStore,
  ) {
    this.#limitBytes = limitBytes
    this.#whenFull = whenFull
    this.#bytes = new SlabLog(store)
  }

  /** How many sightings there are; the number of the next one. */
  get count(): number {
    return this.#count
  }

  /** Notes a frame, its bytes included, and returns the sighting's number. */
  add(point: number, frame: Frame, direction: Direction, timeNs: Nanoseconds): number {
    const number = this.#count
    if (number === this.#timesNs.length) this.#grow()
    this.#places[number] = this.#bytes.append(point, frame.bytes, frame.start, frame.end)
    if (this.#bytes.usedBytes > this.#limitBytes) this.#whenFull()
    this.#lengthsBytes[number] = frame.length
    this.#timesNs[number] = timeNs
    this.#points[number] = point
    this.#outbound[number] = direction === 'outbound' ? 1 : 0
    this.#packetIds[number] = frame.packetId
    this.#previous[number] = frame.sighting
    this.#count = number + 1
    return number
  }

  timeNs(number: number): Nanoseconds {
    return this.#timesNs[number] as number
  }

  /** The index of the capture point. */
  point(number: number): number {
    return this.#points[number] as number
  }

  direction(number: number): Direction {
    return this.#outbound[number] === 1 ? 'outbound' : 'inbound'
  }

  packetId(number: number): number {
    return this.#packetIds[number] as number
  }

  /** The sighting of the same packet before this one; -1 when there is none. */
  previous(number: number): number {
    const previous = this.#previous[number] as number
    return previous >= 0 && this.packetId(previous) === this.packetId(number) ? previous : -1
  }

  lengthBytes(number: number): number {
    return this.#lengthsBytes[number] as number
  }

  /** A view that is valid until the next call. */
  bytes(number: number): Uint8Array {
    return this.#bytes.read(this.#places[number] as number, this.lengthBytes(number))
  }

  #grow(): void {
    const rows = this.#timesNs.length * 2
    this.#timesNs = copyInto(new Float64Array(rows), this.#timesNs)
    this.#packetIds = copyInto(new Float64Array(rows), this.#packetIds)
    this.#points = copyInto(new Uint16Array(rows), this.#points)
    this.#outbound = copyInto(new Uint8Array(rows), this.#outbound)
    this.#previous = copyInto(new Int32Array(rows), this.#previous)
    this.#places = copyInto(new Float64Array(rows), this.#places)
    this.#lengthsBytes = copyInto(new Uint16Array(rows), this.#lengthsBytes)
  }
}

function copyInto<Column extends { set(source: Column): void }>(
  target: Column,
  source: Column,
): Column {
  target.set(source)
  return target
}
