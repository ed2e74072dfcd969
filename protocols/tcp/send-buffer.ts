import { assert } from '../../engine/assert.ts'

const FIRST_CAPACITY_BYTES = 4096

/** The octets to send and the sent octets that are not acknowledged. */
export class SendBuffer {
  #bytes = new Uint8Array(FIRST_CAPACITY_BYTES)
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** Copies octets to the end. */
  append(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#bytes.length) this.#makeRoom(bytes.length)
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** Removes the first octets. */
  discard(count: number): void {
    assert(count >= 0 && count <= this.length, 'only what was sent is acknowledged')
    this.#start += count
  }

  /** A view that is valid until the next `append`. */
  view(offset: number, count: number): Uint8Array {
    assert(offset >= 0 && offset + count <= this.length, 'only what is there is sent')
    return this.#bytes.subarray(this.#start + offset, this.#start + offset + count)
  }

  /** Moves the octets to the front, into a larger buffer if they need more than half of this one. */
  #makeRoom(count: number): void {
    const left = this.#bytes.subarray(this.#start, this.#end)
    const needed = left.length + count
    let capacity = this.#bytes.length
    while (needed > capacity / 2) capacity *= 2
    if (capacity > this.#bytes.length) {
      this.#bytes = new Uint8Array(capacity)
      this.#bytes.set(left)
    } else {
      this.#bytes.copyWithin(0, this.#start, this.#end)
    }
    this.#start = 0
    this.#end = left.length
  }
}
