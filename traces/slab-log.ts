/** The size of a slab: a few hundred ordinary frames. No frame is longer. */
export const SLAB_BYTES = 128 * 1024
/** Slabs that are kept in memory: 64 MB. */
const RESIDENT_SLABS = 512

/** Keeps slabs elsewhere, such as in a file, that memory has no room for. */
export interface SlabStore {
  /** Keeps the bytes of a slab; `index` counts from 0, in any order, and comes once. */
  write(index: number, slab: Uint8Array): void
  /** Reads a slab back. */
  read(index: number, into: Uint8Array): void
}

interface OpenSlab {
  readonly index: number
  readonly bytes: Uint8Array
  usedBytes: number
}

/**
 * Pieces of bytes, appended by lane and never taken out. A lane has slabs of its own, so that who
 * reads one lane from its start reads each slab once. With a store, memory holds a bounded number
 * of slabs however much is appended.
 */
export class SlabLog {
  #store: SlabStore | undefined
  #residentMax: number
  #slabs: (Uint8Array | undefined)[] = []
  #open = new Map<number, OpenSlab>()
  /** Full slabs in memory, the one that was filled or read longest ago first. */
  #full: number[] = []
  #usedBytes = 0

  /** @param store undefined: all stays in memory */
  constructor(store?: SlabStore, residentMax = RESIDENT_SLABS) {
    this.#store = store
    this.#residentMax = residentMax
  }

  /** How many bytes were appended. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** @returns the place of the piece, to read it by */
  append(lane: number, bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    let slab = this.#open.get(lane)
    if (slab === undefined || slab.usedBytes + length > SLAB_BYTES)
      slab = this.#openSlab(lane, slab)
    const at = slab.usedBytes
    slab.bytes.set(bytes.subarray(start, end), at)
    slab.usedBytes = at + length
    this.#usedBytes += length
    return slab.index * SLAB_BYTES + at
  }

  /** A view of the piece, which is valid until the next call. */
  read(place: number, length: number): Uint8Array {
    const at = place % SLAB_BYTES
    const index = (place - at) / SLAB_BYTES
    return (this.#slabs[index] ?? this.#fetch(index)).subarray(at, at + length)
  }

  #openSlab(lane: number, filled: OpenSlab | undefined): OpenSlab {
    if (filled !== undefined && this.#store !== undefined) {
      this.#store.write(filled.index, filled.bytes)
      this.#makeResident(filled.index)
    }
    const slab = { index: this.#slabs.length, bytes: new Uint8Array(SLAB_BYTES), usedBytes: 0 }
    this.#slabs.push(slab.bytes)
    this.#open.set(lane, slab)
    return slab
  }

  #fetch(index: number): Uint8Array {
    const slab = new Uint8Array(SLAB_BYTES)
    this.#store?.read(index, slab)
    this.#slabs[index] = slab
    this.#makeResident(index)
    return slab
  }

  #makeResident(index: number): void {
    this.#full.push(index)
    if (this.#full.length <= this.#residentMax) return
    this.#slabs[this.#full.shift() as number] = undefined
  }
}
