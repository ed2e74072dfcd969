/** Who is told what arrived. */
export interface InboxReader {
  received(bytes: Uint8Array): void
  ended(): void
}

/** Octets in order, for the program to read: at once, unless it has paused reading. */
export class Inbox {
  #reader: InboxReader
  #unread: Uint8Array[] = []
  /** How many of them are copies; the others are views into a segment that will not last. */
  #owned = 0
  #unreadBytes = 0
  #paused = false
  #finished = false
  #endTold = false

  constructor(reader: InboxReader) {
    this.#reader = reader
  }

  get unreadBytes(): number {
    return this.#unreadBytes
  }

  /** Whether the program was told all, the end included. */
  get drained(): boolean {
    return this.#endTold
  }

  /** `deliver` must follow, as long as `bytes` are valid. */
  put(bytes: Uint8Array): void {
    this.#unread.push(bytes)
    this.#unreadBytes += bytes.length
  }

  /** Nothing follows. */
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

  /** Nobody wants it any more, nor the end. */
  discard(): void {
    this.#unread = []
    this.#unreadBytes = 0
    this.#owned = 0
    this.#endTold = true
  }

  /** Tells the program what it has not been told, and keeps what it does not want yet. */
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
    if (!this.#finished || this.#endTold || this.#paused) return
    this.#endTold = true
    this.#reader.ended()
  }
}
