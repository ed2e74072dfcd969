import type { Nanoseconds } from '../../engine/time.ts'
import type { MacAddress } from '../addresses.ts'

/**
 * The state of an ARP entry, named as in the neighbour unreachability detection of RFC 4861 section
 * 7.3. Linux and Windows use it for ARP too. FreeBSD has no stale, delay and probe: its entries
 * expire after 20 minutes.
 */
export type NeighbourState = 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe' | 'failed'

export interface NeighbourTiming {
  /** How long an entry stays reachable after a confirmation. */
  readonly reachableNs: Nanoseconds
  /** From the first use of a stale entry to the first unicast probe. */
  readonly delayNs: Nanoseconds
  /** Time between two requests. */
  readonly retransmitNs: Nanoseconds
  /** Broadcast requests before an unknown neighbour fails. */
  readonly broadcastProbes: number
  /** Unicast probes before a stale entry fails. With 0 an entry expires and is never stale. */
  readonly unicastProbes: number
  /** How long no new request is sent after a failure. */
  readonly failedHoldNs: Nanoseconds
}

// --- The entry ----------------------------------------------------------------------------------

interface NeighbourEffects {
  readonly nowNs: Nanoseconds
  /** Sends an ARP request to this address, or as a broadcast when it is undefined. */
  sendRequest(to: MacAddress | undefined): void
  armTimer(delayNs: Nanoseconds): void
  cancelTimer(): void
  /** The address is new or has changed: queued packets can be sent. */
  resolved(mac: MacAddress): void
  /** Nobody answered: queued packets are lost. */
  failed(): void
}

/** One ARP entry: it maps an IPv4 address to a MAC address. */
export class Neighbour {
  #timing: NeighbourTiming
  #effects: NeighbourEffects
  #state: NeighbourState = 'failed'
  #mac: MacAddress | undefined
  #probesLeft = 0
  #reachableUntilNs: Nanoseconds = 0
  #holdUntilNs: Nanoseconds = 0

  constructor(timing: NeighbourTiming, effects: NeighbourEffects) {
    this.#timing = timing
    this.#effects = effects
  }

  get state(): NeighbourState {
    return this.#state
  }

  /** The address to send to; undefined while it is unknown. */
  get mac(): MacAddress | undefined {
    return this.#mac
  }

  /** When a neighbour that did not answer may be asked again; undefined: it may be asked now. */
  get holdUntilNs(): Nanoseconds | undefined {
    const isOnHold = this.#state === 'failed' && this.#effects.nowNs < this.#holdUntilNs
    return isOnHold ? this.#holdUntilNs : undefined
  }

  /**
   * The fate of a packet for it: it goes to this address, waits for the answer to a request that is
   * still to be sent (`ask`) or to the last one (`asked`), or is lost.
   */
  get outlook(): MacAddress | 'ask' | 'asked' | 'unresolved' {
    if (this.#mac !== undefined) return this.#mac
    if (this.holdUntilNs !== undefined) return 'unresolved'
    return this.#state === 'incomplete' && this.#probesLeft === 0 ? 'asked' : 'ask'
  }

  /** A packet is to be sent to the neighbour. Requests an unknown address; delays a stale one. */
  used(): void {
    if (this.#state === 'stale' && this.#timing.unicastProbes > 0) {
      this.#state = 'delay'
      this.#effects.armTimer(this.#timing.delayNs)
    } else if (this.#state === 'failed') {
      if (this.holdUntilNs !== undefined) {
        this.#effects.failed()
        return
      }
      this.#state = 'incomplete'
      this.#probesLeft = this.#timing.broadcastProbes
      this.#request(undefined)
    }
  }

  /** The neighbour answered our request. */
  answered(mac: MacAddress): void {
    this.#learn(mac)
    this.#confirm()
  }

  /** A request showed its address, such as a gratuitous ARP. This does not prove reachability. */
  overheard(mac: MacAddress): void {
    if (this.#mac === mac && this.#state !== 'incomplete') return
    this.#learn(mac)
    if (this.#timing.unicastProbes === 0) {
      this.#confirm()
      return
    }
    this.#effects.cancelTimer()
    this.#state = 'stale'
  }

  /** A higher layer received an answer through the neighbour (Linux: MSG_CONFIRM). */
  confirmed(): void {
    if (this.#mac !== undefined) this.#confirm()
  }

  timerFired(): void {
    if (this.#state === 'reachable') {
      this.#expire()
    } else if (this.#state === 'delay') {
      this.#state = 'probe'
      this.#probesLeft = this.#timing.unicastProbes
      this.#request(this.#mac)
    } else if (this.#state === 'probe' || this.#state === 'incomplete') {
      if (this.#probesLeft > 0) this.#request(this.#mac)
      else this.#fail()
    }
  }

  #request(to: MacAddress | undefined): void {
    this.#probesLeft--
    this.#effects.sendRequest(to)
    this.#effects.armTimer(this.#timing.retransmitNs)
  }

  #fail(): void {
    this.#state = 'failed'
    this.#mac = undefined
    this.#holdUntilNs = this.#effects.nowNs + this.#timing.failedHoldNs
    this.#effects.failed()
  }

  #expire(): void {
    const leftNs = this.#reachableUntilNs - this.#effects.nowNs
    if (leftNs > 0) {
      this.#effects.armTimer(leftNs)
    } else if (this.#timing.unicastProbes > 0) {
      this.#state = 'stale'
    } else {
      this.#state = 'failed'
      this.#mac = undefined
    }
  }

  #learn(mac: MacAddress): void {
    if (this.#mac === mac) return
    this.#mac = mac
    this.#effects.resolved(mac)
  }

  /** Only the first confirmation arms the timer, because each ping confirms the entry. */
  #confirm(): void {
    this.#reachableUntilNs = this.#effects.nowNs + this.#timing.reachableNs
    if (this.#state === 'reachable') return
    this.#state = 'reachable'
    this.#effects.armTimer(this.#timing.reachableNs)
  }
}
