import type { TcpEffects, TcpEnd } from './effects.ts'
import type { Outbox } from './outbox.ts'
import type { Receiver } from './receiver.ts'

/** Calls the program of a connection: each callback once and in order. */
export class Notifier {
  /** The handshake is complete. */
  opened = false
  /** How the connection ended. */
  end: TcpEnd | undefined
  /** The four-tuple is free. */
  over = false
  #effects: TcpEffects
  #outbox: Outbox
  #receiver: Receiver
  #done = { opened: false, acknowledged: 0, closed: false, released: false }

  constructor(effects: TcpEffects, outbox: Outbox, receiver: Receiver) {
    this.#effects = effects
    this.#outbox = outbox
    this.#receiver = receiver
  }

  /** The program aborted the connection, so `closed` is not called. */
  omitEnd(): void {
    this.#done.closed = true
  }

  /** Makes all due callbacks. The program can call the connection, which can end it. */
  notify(): void {
    if (this.opened && !this.#done.opened) {
      this.#done.opened = true
      this.#effects.opened()
    }
    const acknowledged = this.#outbox.bytesAcknowledged - this.#done.acknowledged
    if (acknowledged > 0) {
      this.#done.acknowledged += acknowledged
      this.#effects.acknowledged(acknowledged)
    }
    this.#receiver.deliver()
    if (this.end !== undefined && !this.#done.closed && !this.#hasUnreadData()) {
      this.#done.closed = true
      this.#effects.closed(this.end)
    }
    if (this.over && this.#done.closed && !this.#done.released) {
      this.#done.released = true
      this.#effects.released()
    }
  }

  /** A program that paused reading gets `closed` only after all data. */
  #hasUnreadData(): boolean {
    return this.end === 'finished' && this.#receiver.finished && !this.#receiver.drained
  }
}
