import type { Nanoseconds } from '../../engine/time.ts'
import type { MacAddress } from '../addresses.ts'

/**
 * The life of one neighbour entry: asked for, trusted, doubted, asked again (the neighbour
 * unreachability detection of RFC 4861 section 7.3, which Linux and Windows apply to ARP too;
 * FreeBSD's ARP is the special case that trusts for 20 minutes and never doubts).
 */
export type NeighbourState = 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe' | 'failed'

export interface NeighbourTiming {
  /** How long a confirmed entry is trusted. */
  readonly reachableNs: Nanoseconds
  /** From the first use of a doubtful entry to the first unicast probe. */
  readonly delayNs: Nanoseconds
  /** Between two requests. */
  readonly retransmitNs: Nanoseconds
  /** Requests before an unknown neighbour is given up. */
  readonly broadcastProbes: number
  /** Unicast probes before a doubtful entry is given up. 0: an entry is forgotten, not doubted. */
  readonly unicastProbes: number
  /** How long a neighbour that did not answer is not asked again. */
  readonly failedHoldNs: Nanoseconds
}

// --- The entry ----------------------------------------------------------------------------------

export interface NeighbourEffects {
  readonly nowNs: Nanoseconds
  /** Sends an ARP request: to this address, or to all when undefined. */
  sendRequest(to: MacAddress | undefined): void
  armTimer(delayNs: Nanoseconds): void
  cancelTimer(): void
  /** The address is known or has changed: what waits can go. */
  resolved(mac: MacAddress): void
  /** Nobody answered: what waits is lost. */
  failed(): void
}

export class Neighbour {
  #timing: NeighbourTiming
  #effects: NeighbourEffects
  #state: NeighbourState = 'failed'
  #mac: MacAddress | undefined
  #probesLeft = 0
  #trustedUntilNs: Nanoseconds = 0
  #silentUntilNs: Nanoseconds = 0

  constructor(timing: NeighbourTiming, effects: NeighbourEffects) {
    this.#timing = timing
    this.#effects = effects
  }

  get state(): NeighbourState {
    return this.#state
  }

  /** The address to send to; undefined while there is none. */
  get mac(): MacAddress | undefined {
    return this.#mac
  }

  /** When a neighbour that did not answer may be asked again; undefined: it may be asked now. */
  get silentUntilNs(): Nanoseconds | undefined {
    const isSilent = this.#state === 'failed' && this.#effects.nowNs < this.#silentUntilNs
    return isSilent ? this.#silentUntilNs : undefined
  }

  /** What becomes of a packet for it: it goes to this address, waits for an answer, or is lost. */
  get outlook(): MacAddress | 'ask' | 'unresolved' {
    return this.#mac ?? (this.silentUntilNs === undefined ? 'ask' : 'unresolved')
  }

  /** A packet is to be sent to it. Asks for an unknown address, and doubts a stale one. */
  used(): void {
    if (this.#state === 'stale' && this.#timing.unicastProbes > 0) {
      this.#state = 'delay'
      this.#effects.armTimer(this.#timing.delayNs)
    } else if (this.#state === 'failed') {
      if (this.silentUntilNs !== undefined) {
        this.#effects.failed()
        return
      }
      this.#state = 'incomplete'
      this.#probesLeft = this.#timing.broadcastProbes
      this.#ask(undefined)
    }
  }

  /** The neighbour answered our request. */
  answered(mac: MacAddress): void {
    this.#learn(mac)
    this.#trust()
  }

  /** Its address was seen in somebody's request, as in a gratuitous ARP: news, but no proof. */
  overheard(mac: MacAddress): void {
    if (this.#mac === mac && this.#state !== 'incomplete') return
    this.#learn(mac)
    if (this.#timing.unicastProbes === 0) {
      this.#trust()
      return
    }
    this.#effects.cancelTimer()
    this.#state = 'stale'
  }

  /** A higher layer got an answer through it (Linux: MSG_CONFIRM). */
  confirmed(): void {
    if (this.#mac !== undefined) this.#trust()
  }

  timerFired(): void {
    if (this.#state === 'reachable') {
      this.#doubt()
    } else if (this.#state === 'delay') {
      this.#state = 'probe'
      this.#probesLeft = this.#timing.unicastProbes
      this.#ask(this.#mac)
    } else if (this.#state === 'probe' || this.#state === 'incomplete') {
      if (this.#probesLeft > 0) this.#ask(this.#mac)
      else this.#giveUp()
    }
  }

  #ask(to: MacAddress | undefined): void {
    this.#probesLeft--
    this.#effects.sendRequest(to)
    this.#effects.armTimer(this.#timing.retransmitNs)
  }

  #giveUp(): void {
    this.#state = 'failed'
    this.#mac = undefined
    this.#silentUntilNs = this.#effects.nowNs + this.#timing.failedHoldNs
    this.#effects.failed()
  }

  #doubt(): void {
    const trustLeftNs = this.#trustedUntilNs - this.#effects.nowNs
    if (trustLeftNs > 0) {
      this.#effects.armTimer(trustLeftNs)
    } else if (this.#timing.unicastProbes > 0) {
      this.#state = 'stale'
    } else {
      this.#state = 'failed'
      this.#mac = undefined
    }
  }

  #learn(mac: MacAddress): void {
    const news = this.#mac !== mac
    this.#mac = mac
    if (news) this.#effects.resolved(mac)
  }

  /** Each confirmation prolongs the trust, but only the first arms the timer: pings are many. */
  #trust(): void {
    this.#trustedUntilNs = this.#effects.nowNs + this.#timing.reachableNs
    if (this.#state === 'reachable') return
    this.#state = 'reachable'
    this.#effects.armTimer(this.#timing.reachableNs)
  }
}
