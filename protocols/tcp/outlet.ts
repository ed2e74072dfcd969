import type { TcpEffects } from './effects.ts'
import type { Negotiation } from './negotiation.ts'
import type { Receiver } from './receiver.ts'
import { resetFor, type TcpSegment } from './segment.ts'
import type { SequenceNumber } from './sequence.ts'
import { TCP_FLAG } from './wire.ts'

/** Sends segments: adds acknowledgement, window and options to what the sender emits. */
export class Outlet {
  #effects: TcpEffects
  #negotiation: Negotiation
  #receiver: Receiver

  constructor(effects: TcpEffects, negotiation: Negotiation, receiver: Receiver) {
    this.#effects = effects
    this.#negotiation = negotiation
    this.#receiver = receiver
  }

  /** @param flags without ACK, which is added after the peer's SYN */
  emit(flags: number, sequence: SequenceNumber, payload: Uint8Array): void {
    const { isOpen, next } = this.#receiver
    const scale = (flags & TCP_FLAG.syn) === 0 ? this.#negotiation.receiveScale : 0
    this.#effects.transmit({
      flags: flags | (isOpen ? TCP_FLAG.ack : 0),
      sequence,
      acknowledgement: isOpen ? next : 0,
      window: this.#receiver.advertise(scale),
      options: this.#negotiation.options(flags, this.#effects.nowNs),
      payload,
    })
    if (isOpen) this.#receiver.sent(payload.length > 0)
  }

  /** Answers an invalid segment with a reset. */
  refuse(segment: TcpSegment): void {
    const reset = resetFor(segment)
    if (reset !== undefined) this.#effects.transmit(reset)
  }
}
