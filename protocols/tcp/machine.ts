import { assert } from '../../engine/assert.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import { acknowledgesSent, judge } from './acceptance.ts'
import type { TcpEffects, TcpEnd, TcpTimer } from './effects.ts'
import { Negotiation } from './negotiation.ts'
import { Notifier } from './notifier.ts'
import type { Outbox } from './outbox.ts'
import { Outlet } from './outlet.ts'
import type { TcpParameters } from './parameters.ts'
import { Receiver } from './receiver.ts'
import { hasFlag, NO_PAYLOAD, segmentLength, type TcpSegment } from './segment.ts'
import { Sender } from './sender.ts'
import { advance, distance } from './sequence.ts'
import type { TcpState, TcpStatistics } from './state.ts'
import { TCP_FLAG } from './wire.ts'

/**
 * One end of a TCP connection (RFC 9293), without clock, bytes and network. It can be opened only
 * once.
 */
export class TcpConnection {
  #parameters: TcpParameters
  #effects: TcpEffects
  #negotiation: Negotiation
  #sender: Sender
  #outbox: Outbox
  #receiver: Receiver
  #outlet: Outlet
  #notifier: Notifier
  #timeWait: TcpTimer
  #state: TcpState = 'CLOSED'
  #used = false
  /** The program has closed it. */
  #closing = false
  #lastInvalidNs: Nanoseconds = Number.NEGATIVE_INFINITY

  constructor(parameters: TcpParameters, effects: TcpEffects) {
    const initialSequence = effects.initialSequence()
    this.#parameters = parameters
    this.#effects = effects
    // The origin of the timestamps can be any number that differs between connections.
    this.#negotiation = new Negotiation(parameters, initialSequence)
    this.#timeWait = effects.timer(() => this.#finish('finished'))
    this.#sender = new Sender(initialSequence, parameters, effects, {
      emit: (flags, sequence, payload) => this.#outlet.emit(flags, sequence, payload),
      gaveUp: () => this.#finish('timedOut'),
    })
    this.#outbox = this.#sender.outbox
    this.#receiver = new Receiver(parameters, effects, {
      acknowledge: () => this.#outlet.emit(0, this.#outbox.highest, NO_PAYLOAD),
      received: (bytes) => effects.received(bytes),
      ended: () => effects.ended(),
    })
    this.#outlet = new Outlet(effects, this.#negotiation, this.#receiver)
    this.#notifier = new Notifier(effects, this.#outbox, this.#receiver)
  }

  get state(): TcpState {
    return this.#state
  }

  get statistics(): TcpStatistics {
    return {
      retransmissions: this.#sender.retransmissions,
      longestStallNs: this.#sender.progress.longestStallNs(this.#effects.nowNs),
      bytesAcknowledged: this.#outbox.bytesAcknowledged,
      bytesReceived: this.#receiver.bytesReceived,
    }
  }

  /** The bytes given to `send` that the peer has not acknowledged. */
  get waitingBytes(): number {
    return this.#outbox.waitingBytes
  }

  // --- Calls of the program (RFC 9293, section 3.10) ---------------------------------------------

  /** The active open. */
  connect(): void {
    this.#open('SYN_SENT')
    this.#sender.synchronize(this.#parameters.synRetries)
  }

  /** The passive open, for one peer. */
  listen(): void {
    this.#open('LISTEN')
  }

  #open(state: TcpState): void {
    assert(!this.#used, 'a connection is opened once')
    this.#used = true
    this.#state = state
  }

  /**
   * Copies the bytes and sends them as soon as handshake, windows and Nagle allow.
   * @returns false: this side has closed, so nothing is sent (EPIPE of sockets)
   */
  send(bytes: Uint8Array): boolean {
    assert(this.#used && this.#state !== 'LISTEN', 'a program that writes has a peer')
    if (this.#closing || this.#state === 'CLOSED') return false
    this.#sender.write(bytes)
    return true
  }

  /** Sends a FIN after all data; the peer can still send. */
  close(): void {
    if (this.#closing || this.#state === 'CLOSED') return
    this.#closing = true
    if (this.#state === 'LISTEN' || this.#state === 'SYN_SENT') this.#finish('finished')
    else if (this.#state !== 'SYN_RECEIVED') this.#sendFin()
  }

  /** Closes the connection at once with a reset. Data that was not delivered is lost. */
  abort(): void {
    if (this.#state === 'CLOSED') return
    const alone = ['LISTEN', 'SYN_SENT', 'TIME_WAIT'].includes(this.#state)
    if (!alone) this.#outlet.emit(TCP_FLAG.rst, this.#outbox.highest, NO_PAYLOAD)
    this.#notifier.omitEnd()
    this.#receiver.discard()
    this.#finish('reset')
  }

  /** Keeps received data in the buffer, which reduces the window. */
  pauseReading(): void {
    this.#receiver.pause()
  }

  /** Delivers the buffered data and tells the peer the larger window. */
  resumeReading(): void {
    this.#receiver.resume()
    this.#settle()
  }

  // --- Segments of the peer (RFC 9293, section 3.10.7) -------------------------------------------

  segmentArrived(segment: TcpSegment): void {
    if (this.#state === 'CLOSED') this.#outlet.refuse(segment)
    else if (this.#state === 'LISTEN') this.#inListen(segment)
    else if (this.#state === 'SYN_SENT') this.#inSynSent(segment)
    else if (this.#isSynAgain(segment)) this.#answerSyn(segment)
    else this.#inSynchronized(segment)
    this.#settle()
  }

  /**
   * Whether this SYN can end TIME_WAIT and reuse the four-tuple: its sequence number is beyond those
   * of this connection (RFC 9293, section 3.10.7.4, TIME-WAIT).
   */
  yieldsTo(segment: TcpSegment): boolean {
    const isSyn = (segment.flags & (TCP_FLAG.syn | TCP_FLAG.ack | TCP_FLAG.rst)) === TCP_FLAG.syn
    const ahead = distance(this.#receiver.next, segment.sequence) > 0
    return this.#state === 'TIME_WAIT' && isSyn && ahead
  }

  #inListen(segment: TcpSegment): void {
    if (hasFlag(segment, TCP_FLAG.ack)) this.#outlet.refuse(segment)
    else if (hasFlag(segment, TCP_FLAG.syn) && !hasFlag(segment, TCP_FLAG.rst)) {
      this.#receiveSyn(segment)
      this.#sender.synchronize(this.#parameters.synAckRetries)
    }
  }

  #inSynSent(segment: TcpSegment): void {
    const acknowledges = hasFlag(segment, TCP_FLAG.ack)
    if (acknowledges && segment.acknowledgement !== this.#outbox.highest) {
      this.#outlet.refuse(segment)
    } else if (hasFlag(segment, TCP_FLAG.rst)) {
      if (acknowledges) this.#finish('reset')
    } else if (hasFlag(segment, TCP_FLAG.syn)) {
      this.#receiveSyn(segment)
      this.#answerSyn(segment)
    }
  }

  /** Processes the SYN of the peer. */
  #receiveSyn(syn: TcpSegment): void {
    this.#negotiation.receiveSyn(syn.options)
    this.#receiver.open(syn.sequence)
    this.#sender.open(syn, this.#negotiation.segmentBytes)
    this.#state = 'SYN_RECEIVED'
  }

  /** The peer repeats its SYN, or answers our SYN in a simultaneous open. */
  #isSynAgain(segment: TcpSegment): boolean {
    const isFirst = advance(segment.sequence, 1) === this.#receiver.next
    const isSyn = hasFlag(segment, TCP_FLAG.syn) && !hasFlag(segment, TCP_FLAG.rst)
    return this.#state === 'SYN_RECEIVED' && isFirst && isSyn
  }

  /** A SYN without acknowledgement means a simultaneous open, or that our SYN was lost. */
  #answerSyn(segment: TcpSegment): void {
    if (!hasFlag(segment, TCP_FLAG.ack)) this.#sender.repeatSyn()
    else if (segment.acknowledgement !== this.#outbox.highest) this.#outlet.refuse(segment)
    else {
      this.#enterEstablished()
      this.#acknowledged(segment)
      this.#receiver.demandAcknowledgement()
    }
  }

  #enterEstablished(): void {
    this.#notifier.opened = true
    this.#state = 'ESTABLISHED'
    if (this.#closing) this.#sendFin()
  }

  #inSynchronized(segment: TcpSegment): void {
    const objection = this.#negotiation.objection(segment)
    if (objection === 'missing') return
    const { next, windowBytes } = this.#receiver
    const verdict = objection === 'old' ? 'acknowledge' : judge(segment, next, windowBytes)
    if (verdict === 'take') this.#take(segment)
    else if (verdict === 'reset') this.#finish('reset')
    else if (verdict === 'acknowledge') this.#answerInvalid(segment)
  }

  /** Sends an acknowledgement, but not often for empty segments, to prevent an endless loop. */
  #answerInvalid(segment: TcpSegment): void {
    const { nowNs } = this.#effects
    if (segmentLength(segment) === 0 || hasFlag(segment, TCP_FLAG.syn)) {
      if (nowNs - this.#lastInvalidNs < this.#parameters.invalidAckIntervalNs) return
      this.#lastInvalidNs = nowNs
    }
    // The acknowledgement of the peer's FIN was lost.
    if (this.#state === 'TIME_WAIT') this.#timeWait.arm(this.#parameters.timeWaitNs)
    this.#receiver.demandAcknowledgement()
  }

  #take(segment: TcpSegment): void {
    this.#negotiation.took(segment, this.#receiver.acknowledged)
    if (this.#state === 'SYN_RECEIVED' && segment.acknowledgement !== this.#outbox.highest) {
      this.#outlet.refuse(segment)
    } else if (!acknowledgesSent(segment, this.#outbox, this.#sender.largestWindowBytes)) {
      this.#answerInvalid(segment)
    } else {
      if (this.#state === 'SYN_RECEIVED') this.#enterEstablished()
      this.#acknowledged(segment)
      this.#takePayload(segment)
    }
  }

  #acknowledged(segment: TcpSegment): void {
    const windowBytes = this.#negotiation.windowBytes(segment)
    const echoedNs = this.#negotiation.roundTripNs(segment, this.#effects.nowNs)
    this.#sender.acknowledged(segment, windowBytes, echoedNs)
    if (!this.#outbox.finished) return
    if (this.#state === 'FIN_WAIT_1') this.#state = 'FIN_WAIT_2'
    else if (this.#state === 'CLOSING') this.#enterTimeWait()
    else if (this.#state === 'LAST_ACK') this.#finish('finished')
  }

  #takePayload(segment: TcpSegment): void {
    const expected = ['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2'].includes(this.#state)
    if (!expected || segmentLength(segment) === 0) return
    const fin = hasFlag(segment, TCP_FLAG.fin)
    this.#receiver.arrived(segment.sequence, segment.payload, fin, this.#sender.timeoutNs)
    if (!this.#receiver.finished) return
    if (this.#state === 'ESTABLISHED') this.#state = 'CLOSE_WAIT'
    else if (this.#state === 'FIN_WAIT_1') this.#state = 'CLOSING'
    else this.#enterTimeWait()
  }

  // --- Close -------------------------------------------------------------------------------------

  #sendFin(): void {
    this.#state = this.#state === 'CLOSE_WAIT' ? 'LAST_ACK' : 'FIN_WAIT_1'
    this.#sender.finish()
  }

  /** Enters TIME_WAIT, until no old segment can be in the network. */
  #enterTimeWait(): void {
    this.#state = 'TIME_WAIT'
    this.#notifier.end = 'finished'
    this.#timeWait.arm(this.#parameters.timeWaitNs)
  }

  #finish(end: TcpEnd): void {
    this.#state = 'CLOSED'
    this.#notifier.end ??= end
    this.#notifier.over = true
    if (this.#notifier.end !== 'finished') this.#receiver.discard()
    this.#sender.stop()
    this.#receiver.stop()
    this.#timeWait.cancel()
    this.#notifier.notify()
  }

  /** After each input: calls the program, then sends what can be sent. */
  #settle(): void {
    this.#notifier.notify()
    if (this.#state === 'CLOSED' || this.#state === 'LISTEN') return
    this.#sender.push()
    this.#receiver.settle()
  }
}
