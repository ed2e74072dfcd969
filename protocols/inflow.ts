/** The bytes of a stream that have come and are not yet used up: messages may come in pieces. */
export class Inflow {
  #buffer = new Uint8Array(256)
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** What waits, as a view that is valid until more is added. */
  get waiting(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end)
  }

  add(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length)
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** The next bytes, which are used up by that. The caller knows that there are so many. */
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
