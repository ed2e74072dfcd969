const SMALLEST_BYTES = 4096

/**
 * Bytes appended to one buffer that doubles as it fills; little-endian, as the capture formats are
 * written here. Integers of 64 bits are plain numbers, exact up to 2^53.
 */
export class ByteSink {
  #bytes: Uint8Array<ArrayBuffer>
  #view: DataView
  #length = 0

  /** @param expectedBytes about how much will be appended, which saves copies; more is fine too */
  constructor(expectedBytes = 0) {
    this.#bytes = new Uint8Array(Math.max(expectedBytes, SMALLEST_BYTES))
    this.#view = new DataView(this.#bytes.buffer)
  }

  get length(): number {
    return this.#length
  }

  uint16(value: number): void {
    const at = this.#take(2)
    this.#view.setUint16(at, value, true)
  }

  uint32(value: number): void {
    const at = this.#take(4)
    this.#view.setUint32(at, value, true)
  }

  uint64(value: number): void {
    this.uint32(lowWord(value))
    this.uint32(highWord(value))
  }

  append(source: Uint8Array): void {
    const at = this.#take(source.length)
    this.#bytes.set(source, at)
  }

  /** Appends zeros up to the next multiple of four bytes. */
  pad(): void {
    const at = this.#take(-this.#length & 3)
    // What was drained still stands in the buffer.
    this.#bytes.fill(0, at, this.#length)
  }

  /** Overwrites four bytes that were appended before. */
  rewriteUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true)
  }

  /**
   * All appended bytes: a view of a longer buffer, not a copy, as a capture can be large. Bytes
   * that are appended later may or may not show in it.
   */
  toBytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Takes the bytes away that were appended so far: a view that is valid until the next append. */
  drain(): Uint8Array {
    const bytes = this.toBytes()
    this.#length = 0
    return bytes
  }

  /** Makes room, before which neither array may be looked at: they are replaced as it grows. */
  #take(lengthBytes: number): number {
    const at = this.#length
    this.#length = at + lengthBytes
    if (this.#length > this.#bytes.length) this.#grow()
    return at
  }

  #grow(): void {
    const full = this.#bytes
    let size = full.length
    while (size < this.#length) size *= 2
    this.#bytes = new Uint8Array(size)
    this.#bytes.set(full)
    this.#view = new DataView(this.#bytes.buffer)
  }
}

/** The upper 32 of 64 bits. By arithmetic, because the bit operators know 32 bits only. */
export function highWord(value: number): number {
  return Math.floor(value / 0x1_0000_0000)
}

export function lowWord(value: number): number {
  return value % 0x1_0000_0000
}
