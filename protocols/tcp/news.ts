import type { TcpEffects, TcpEnd } from './effects.ts'
import type { Outbox } from './outbox.ts'
import type { Receiver } from './receiver.ts'

/** Tells a program what happened to its connection: each thing once, and in a sensible order. */
export class News {
  /** The handshake is through. */
  opened = false
  /** How the conversation ended. */
  end: TcpEnd | undefined
  /** The four-tuple is free. */
  over = false
  #effects: TcpEffects
  #outbox: Outbox
  #receiver: Receiver
  #told = { opened: false, acknowledged: 0, closed: false, released: false }

  constructor(effects: TcpEffects, outbox: Outbox, receiver: Receiver) {
    this.#effects = effects
    this.#outbox = outbox
    this.#receiver = receiver
  }

  /** The program ended the conversation itself, and is told no more of it. */
  omitEnd(): void {
    this.#told.closed = true
  }

  /** Tells what is new. The program may do anything in return, the connection end by that. */
  tell(): void {
    if (this.opened && !this.#told.opened) {
      this.#told.opened = true
      this.#effects.opened()
    }
    const acknowledged = this.#outbox.bytesAcknowledged - this.#told.acknowledged
    if (acknowledged > 0) {
      this.#told.acknowledged += acknowledged
      this.#effects.acknowledged(acknowledged)
    }
    this.#receiver.deliver()
    if (this.end !== undefined && !this.#told.closed && !this.#isToBeRead()) {
      this.#told.closed = true
      this.#effects.closed(this.end)
    }
    if (this.over && this.#told.closed && !this.#told.released) {
      this.#told.released = true
      this.#effects.released()
    }
  }

  /** Whoever has paused is not told of the end before he has read all. */
  #isToBeRead(): boolean {
    return this.end === 'finished' && this.#receiver.finished && !this.#receiver.drained
  }
}
