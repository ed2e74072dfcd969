import { assert } from '../../engine/assert.ts'
import type { Nanoseconds } from '../../engine/time.ts'
import { acknowledgesSent, judge } from './acceptance.ts'
import type { TcpEffects, TcpEnd, TcpTimer } from './effects.ts'
import { Negotiation } from './negotiation.ts'
import { News } from './news.ts'
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
 * One end of a TCP connection (RFC 9293), free of clock, bytes and network: a conversation from its
 * opening to the end of its four-tuple, which cannot be opened again.
 */
export class TcpConnection {
  #parameters: TcpParameters
  #effects: TcpEffects
  #negotiation: Negotiation
  #sender: Sender
  #outbox: Outbox
  #receiver: Receiver
  #outlet: Outlet
  #news: News
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
    // For the clock of timestamps any number will do that differs from connection to connection.
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
    this.#news = new News(effects, this.#outbox, this.#receiver)
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

  /** Octets that were given to `send` and that the peer has not acknowledged. */
  get waitingBytes(): number {
    return this.#outbox.waitingBytes
  }

  // --- What the program wants (RFC 9293, section 3.10) -------------------------------------------

  /** The active open. */
  connect(): void {
    this.#open('SYN_SENT')
    this.#sender.synchronize(this.#parameters.synRetries)
  }

  /** The passive open, for one peer: whoever comes first. */
  listen(): void {
    this.#open('LISTEN')
  }

  #open(state: TcpState): void {
    assert(!this.#used, 'a connection is opened once')
    this.#used = true
    this.#state = state
  }

  /**
   * Copies what is to be sent, and sends it as soon as handshake, windows and Nagle allow. Nothing
   * happens if the conversation is over, which the program has been told.
   */
  send(bytes: Uint8Array): void {
    assert(this.#used && this.#state !== 'LISTEN', 'who writes has a peer')
    if (this.#state === 'CLOSED') return
    assert(!this.#closing, 'nothing is written behind the end')
    this.#sender.write(bytes)
  }

  /** Nothing is sent any more behind what was; the peer may go on. */
  close(): void {
    if (this.#closing || this.#state === 'CLOSED') return
    this.#closing = true
    if (this.#state === 'LISTEN' || this.#state === 'SYN_SENT') this.#finish('finished')
    else if (this.#state !== 'SYN_RECEIVED') this.#sendFin()
  }

  /** Ends it at once, for the peer by a reset. What was not delivered is lost. */
  abort(): void {
    if (this.#state === 'CLOSED') return
    const alone = ['LISTEN', 'SYN_SENT', 'TIME_WAIT'].includes(this.#state)
    if (!alone) this.#outlet.emit(TCP_FLAG.rst, this.#outbox.highest, NO_PAYLOAD)
    this.#news.omitEnd()
    this.#receiver.discard()
    this.#finish('reset')
  }

  /** What arrives waits from now on, and the window shrinks by it. */
  pauseReading(): void {
    this.#receiver.pause()
  }

  /** What has waited is read, and the peer told that there is room again. */
  resumeReading(): void {
    this.#receiver.resume()
    this.#settle()
  }

  // --- What the peer says (RFC 9293, section 3.10.7) ---------------------------------------------

  segmentArrived(segment: TcpSegment): void {
    if (this.#state === 'CLOSED') this.#outlet.refuse(segment)
    else if (this.#state === 'LISTEN') this.#inListen(segment)
    else if (this.#state === 'SYN_SENT') this.#inSynSent(segment)
    else if (this.#isSynAgain(segment)) this.#answerSyn(segment)
    else this.#inSynchronized(segment)
    this.#settle()
  }

  /**
   * Whether a SYN may take the four-tuple over from this connection, whose time of waiting it cuts
   * short: it is beyond all that belonged to it (RFC 9293, section 3.10.7.4, TIME-WAIT).
   */
  yieldsTo(segment: TcpSegment): boolean {
    const isSyn = (segment.flags & (TCP_FLAG.syn | TCP_FLAG.ack | TCP_FLAG.rst)) === TCP_FLAG.syn
    const ahead = distance(this.#receiver.next, segment.sequence) > 0
    return this.#state === 'TIME_WAIT' && isSyn && ahead
  }

  #inListen(segment: TcpSegment): void {
    if (hasFlag(segment, TCP_FLAG.ack)) this.#outlet.refuse(segment)
    else if (hasFlag(segment, TCP_FLAG.syn) && !hasFlag(segment, TCP_FLAG.rst)) {
      this.#meet(segment)
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
      this.#meet(segment)
      this.#answerSyn(segment)
    }
  }

  /** Takes in the peer's SYN. */
  #meet(syn: TcpSegment): void {
    this.#negotiation.meet(syn.options)
    this.#receiver.open(syn.sequence)
    this.#sender.open(syn, this.#negotiation.segmentBytes)
    this.#state = 'SYN_RECEIVED'
  }

  /** The peer repeats its SYN, as the answer was lost, or answers ours when both opened. */
  #isSynAgain(segment: TcpSegment): boolean {
    const isFirst = advance(segment.sequence, 1) === this.#receiver.next
    const isSyn = hasFlag(segment, TCP_FLAG.syn) && !hasFlag(segment, TCP_FLAG.rst)
    return this.#state === 'SYN_RECEIVED' && isFirst && isSyn
  }

  /** Without an acknowledgement of our SYN, both opened at the same time or it was lost. */
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
    this.#news.opened = true
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

  /** Says where this end stands, but seldom to an empty segment: two ends could go on forever. */
  #answerInvalid(segment: TcpSegment): void {
    const { nowNs } = this.#effects
    if (segmentLength(segment) === 0 || hasFlag(segment, TCP_FLAG.syn)) {
      if (nowNs - this.#lastInvalidNs < this.#parameters.invalidAckIntervalNs) return
      this.#lastInvalidNs = nowNs
    }
    // The peer has not heard that its FIN has come.
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
    else if (this.#state === 'CLOSING') this.#wait()
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
    else this.#wait()
  }

  // --- What follows ------------------------------------------------------------------------------

  #sendFin(): void {
    this.#state = this.#state === 'CLOSE_WAIT' ? 'LAST_ACK' : 'FIN_WAIT_1'
    this.#sender.finish()
  }

  /** Both have finished: the four-tuple waits until no old segment can be under way. */
  #wait(): void {
    this.#state = 'TIME_WAIT'
    this.#news.end = 'finished'
    this.#timeWait.arm(this.#parameters.timeWaitNs)
  }

  #finish(end: TcpEnd): void {
    this.#state = 'CLOSED'
    this.#news.end ??= end
    this.#news.over = true
    if (this.#news.end !== 'finished') this.#receiver.discard()
    this.#sender.stop()
    this.#receiver.stop()
    this.#timeWait.cancel()
    this.#news.tell()
  }

  /** An input was taken: the program is told, and what that leaves to be sent is sent. */
  #settle(): void {
    this.#news.tell()
    if (this.#state === 'CLOSED' || this.#state === 'LISTEN') return
    this.#sender.push()
    this.#receiver.settle()
  }
}
