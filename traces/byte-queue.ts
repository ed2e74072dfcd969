const NOTHING = new Uint8Array(0)

/** Bytes of a file that have come and are not read yet. Reading on moves `start`. */
export class ByteQueue {
  bytes: Uint8Array = NOTHING
  view: DataView = new DataView(NOTHING.buffer)
  /** The next byte to read. */
  start = 0
  end = 0
  /** Where `bytes[0]` stands in the file. */
  #origin = 0
  /** Whether `bytes` was made here, so that it may be written to. */
  #isOwn = false

  get length(): number {
    return this.end - this.start
  }

  /** Where the next byte stands in the file. */
  get offset(): number {
    return this.#origin + this.start
  }

  /** A chunk that comes when all is read is not copied. Views of earlier bytes are void. */
  append(chunk: Uint8Array): void {
    const rest = this.length
    this.#origin += this.start
    if (rest === 0) {
      this.#adopt(chunk, chunk.length, false)
    } else if (this.#isOwn && rest + chunk.length <= this.bytes.length) {
      this.bytes.copyWithin(0, this.start, this.end)
      this.bytes.set(chunk, rest)
      this.start = 0
      this.end = rest + chunk.length
    } else {
      const bytes = new Uint8Array(2 * (rest + chunk.length))
      bytes.set(this.bytes.subarray(this.start, this.end))
      bytes.set(chunk, rest)
      this.#adopt(bytes, rest + chunk.length, true)
    }
  }

  #adopt(bytes: Uint8Array, end: number, isOwn: boolean): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.start = 0
    this.end = end
    this.#isOwn = isOwn
  }
}
