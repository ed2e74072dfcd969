/** The reader of an inbox. */
export interface InboxReader {
  received(bytes: Uint8Array): void
  ended(): void
}

/** Received octets in order. The program gets them at once unless it paused reading. */
export class Inbox {
  #reader: InboxReader
  #unread: Uint8Array[] = []
  /** The number of copies in `#unread`; the others are views of the current segment. */
  #owned = 0
  #unreadBytes = 0
  #paused = false
  #finished = false
  #endDelivered = false

  constructor(reader: InboxReader) {
    this.#reader = reader
  }

  get unreadBytes(): number {
    return this.#unreadBytes
  }

  /** Whether the program received all data and the end. */
  get drained(): boolean {
    return this.#endDelivered
  }

  /** Adds octets. `deliver` must follow while `bytes` is valid. */
  put(bytes: Uint8Array): void {
    this.#unread.push(bytes)
    this.#unreadBytes += bytes.length
  }

  /** The FIN was received. */
  finish(): void {
    this.#finished = true
  }

  pause(): void {
    this.#paused = true
  }

  /** `deliver` must follow. */
  resume(): void {
    this.#paused = false
  }

  /** Drops all data, and the end. */
  discard(): void {
    this.#unread = []
    this.#unreadBytes = 0
    this.#owned = 0
    this.#endDelivered = true
  }

  /** Passes the data to the program, and copies the rest if reading is paused. */
  deliver(): void {
    while (!this.#paused) {
      const bytes = this.#unread.shift()
      if (bytes === undefined) break
      this.#owned = Math.max(0, this.#owned - 1)
      this.#unreadBytes -= bytes.length
      this.#reader.received(bytes)
    }
    for (; this.#owned < this.#unread.length; this.#owned++) {
      this.#unread[this.#owned] = (this.#unread[this.#owned] as Uint8Array).slice()
    }
    if (!this.#finished || this.#endDelivered || this.#paused) return
    this.#endDelivered = true
    this.#reader.ended()
  }
}
