/** A receive buffer for a byte stream, where messages can arrive in pieces. */
export class Inflow {
  #buffer = new Uint8Array(256)
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** The buffered bytes, as a view that is valid until the next `add`. */
  get waiting(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end)
  }

  add(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length)
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** Removes and returns the next `count` bytes; `count` must be at most `length`. */
  take(count: number): Uint8Array {
    const taken = this.#buffer.slice(this.#start, this.#start + count)
    this.#start += count
    return taken
  }

  #makeRoom(count: number): void {
    const { waiting } = this
    const room = new Uint8Array(2 * (waiting.length + count))
    room.set(waiting)
    this.#buffer = room
    this.#start = 0
    this.#end = waiting.length
  }
}
