import { CARP_MAX_SKEW } from './wire.ts'

/**
 * The CARP state machine of FreeBSD (sys/netinet/ip_carp.c), without clock, bytes and network.
 * docs/fidelity.md names the kernel function of each rule.
 */

export type CarpState = 'INIT' | 'BACKUP' | 'MASTER'

/** Why a VHID changed its state, as in the kernel log. */
export type CarpReason =
  | 'initialization complete'
  | 'master timed out'
  | 'master will time out'
  | 'preempting a slower master'
  | 'more frequent advertisement received'
  | 'hardware interface up'
  | 'hardware interface down'
  | 'user requested via ifconfig'

/** The fields of an advertisement that the election compares. */
export interface AdvertisedInterval {
  readonly advbaseSeconds: number
  readonly advskew: number
}

/** An interval of seconds and `advskew`/256 s, in µs; the kernel truncates the fraction. */
export function carpIntervalUs(seconds: number, advskew: number): number {
  return seconds * 1_000_000 + Math.floor((advskew * 1_000_000) / 256)
}

// --- One virtual host -------------------------------------------------------------------------

/** The effects of one VHID. */
export interface CarpEffects {
  /** Arms the advertisement timer, which replaces an earlier arming. */
  armAdvertisementTimer(intervalUs: number): void
  armMasterDownTimer(intervalUs: number): void
  cancelTimers(): void
  /** Sends one advertisement with `advskew`. */
  sendAdvertisement(advskew: number): void
  /** Sends one gratuitous ARP per address of the VHID. */
  announceAddresses(): void
  stateChanged(before: CarpState, after: CarpState, reason: CarpReason): void
}

/** One VHID on one interface of one host. */
export class CarpVhid {
  readonly vhid: number
  advbaseSeconds: number
  /** The configured skew, without demotion. */
  advskew: number
  #state: CarpState = 'INIT'
  #host: CarpHost
  #effects: CarpEffects
  #interfaceUp = false
  #holdsDemotion = false

  constructor(
    host: CarpHost,
    settings: { vhid: number; advbaseSeconds: number; advskew: number },
    effects: CarpEffects,
  ) {
    this.vhid = settings.vhid
    this.advbaseSeconds = settings.advbaseSeconds
    this.advskew = settings.advskew
    this.#host = host
    this.#effects = effects
  }

  get state(): CarpState {
    return this.#state
  }

  /** The skew on the wire: `advskew` plus demotion, from 0 to 240 (DEMOTE_ADVSKEW). */
  get effectiveSkew(): number {
    return Math.min(Math.max(this.advskew + this.#host.demotion, 0), CARP_MAX_SKEW)
  }

  /** The interface went up or down. */
  interfaceChanged(up: boolean): void {
    this.#interfaceUp = up
    this.reconsider()
  }

  /**
   * Restarts from the state of the interface and `net.inet.carp.allow` (carp_sc_state). Also a
   * MASTER restarts as BACKUP. CARP sends nothing when it leaves MASTER.
   */
  reconsider(): void {
    if (!this.#interfaceUp || !this.#host.allow) {
      this.#effects.cancelTimers()
      this.#enter('INIT', 'hardware interface down')
      if (!this.#holdsDemotion) {
        this.#holdsDemotion = true
        this.#host.demote(this.#host.interfaceDownDemotion, 'interface down')
      }
      return
    }
    this.#effects.cancelTimers()
    this.#enter('INIT', 'hardware interface up')
    this.#enter('BACKUP', 'initialization complete')
    this.#armMasterDown()
    if (this.#holdsDemotion) {
      this.#holdsDemotion = false
      this.#host.demote(-this.#host.interfaceDownDemotion, 'interface up')
    }
  }

  /** A valid advertisement was received (second part of carp_input_c). */
  advertisementReceived(theirs: AdvertisedInterval): void {
    const ownUs = carpIntervalUs(this.advbaseSeconds, this.effectiveSkew)
    const theirsUs = carpIntervalUs(theirs.advbaseSeconds, theirs.advskew)
    if (this.#state === 'MASTER') {
      if (theirsUs > ownUs) return
      this.#effects.cancelTimers()
      this.#enter('BACKUP', 'more frequent advertisement received')
      this.#armMasterDown()
    } else if (this.#state === 'BACKUP') {
      if (this.#host.preempt && ownUs < theirsUs) this.#takeOver('preempting a slower master')
      else if (this.#isTooSlow(theirsUs)) this.#takeOver('master will time out')
      else this.#armMasterDown()
    }
  }

  masterDownTimerFired(): void {
    // After a takeover by preemption the timer still runs and has no effect.
    if (this.#state === 'BACKUP') this.#takeOver('master timed out')
  }

  advertisementTimerFired(): void {
    this.advertise()
  }

  /** Sends an advertisement if MASTER and arms the timer for the next one. */
  advertise(): void {
    if (this.#state !== 'MASTER') return
    const skew = this.effectiveSkew
    this.#effects.sendAdvertisement(skew)
    this.#effects.armAdvertisementTimer(carpIntervalUs(this.advbaseSeconds, skew))
  }

  /** The command `ifconfig IF vhid N state master|backup`; INIT ignores it. */
  requestState(wanted: 'MASTER' | 'BACKUP'): void {
    if (this.#state === 'INIT' || this.#state === wanted) return
    if (wanted === 'MASTER') {
      this.#takeOver('user requested via ifconfig')
      return
    }
    this.#effects.cancelTimers()
    this.#enter('BACKUP', 'user requested via ifconfig')
    this.#armMasterDown()
  }

  /**
   * The last address was removed (carp_detach, carp_destroy): the VHID enters INIT, sends nothing,
   * and removes its demotion.
   */
  destroy(): void {
    this.#effects.cancelTimers()
    this.#enter('INIT', 'hardware interface up')
    if (!this.#holdsDemotion) return
    this.#holdsDemotion = false
    this.#host.demote(-this.#host.interfaceDownDemotion, 'vhid removed')
  }

  /** carp_master_down_locked. The advertisement goes first and updates the MAC tables of switches. */
  #takeOver(reason: CarpReason): void {
    this.#enter('MASTER', reason)
    this.#effects.sendAdvertisement(this.effectiveSkew)
    this.#effects.announceAddresses()
    // carp_setrun uses advskew: only this first interval ignores the demotion.
    this.#effects.armAdvertisementTimer(carpIntervalUs(this.advbaseSeconds, this.advskew))
  }

  #isTooSlow(theirsUs: number): boolean {
    return theirsUs > carpIntervalUs(3 * this.advbaseSeconds, this.effectiveSkew)
  }

  #armMasterDown(): void {
    this.#effects.armMasterDownTimer(carpIntervalUs(3 * this.advbaseSeconds, this.advskew))
  }

  #enter(state: CarpState, reason: CarpReason): void {
    if (this.#state === state) return
    const before = this.#state
    this.#state = state
    this.#effects.stateChanged(before, state, reason)
  }
}

// --- The host of the VHIDs --------------------------------------------------------------------

interface CarpHostSettings {
  /** net.inet.carp.preempt */
  readonly preempt: boolean
  /** net.inet.carp.ifdown_demotion_factor: the demotion for each VHID whose interface is down. */
  readonly interfaceDownDemotion: number
}

interface CarpHostEffects {
  /** Runs the task after the current one, as the task queue of the kernel does. */
  defer(task: () => void): void
  demoted(by: number, to: number, reason: string): void
}

/** The settings net.inet.carp.* and the demotion counter, shared by all VHIDs of a host. */
export class CarpHost {
  readonly preempt: boolean
  readonly interfaceDownDemotion: number
  #effects: CarpHostEffects
  /** Newest first, which is the order of the list in the kernel. */
  #vhids: CarpVhid[] = []
  #allow: boolean
  #demotion = 0
  #sendAllQueued = false

  constructor(settings: CarpHostSettings, allow: boolean, effects: CarpHostEffects) {
    this.preempt = settings.preempt
    this.interfaceDownDemotion = settings.interfaceDownDemotion
    this.#allow = allow
    this.#effects = effects
  }

  get allow(): boolean {
    return this.#allow
  }

  get demotion(): number {
    return this.#demotion
  }

  get vhids(): readonly CarpVhid[] {
    return this.#vhids
  }

  add(vhid: CarpVhid): void {
    this.#vhids.unshift(vhid)
  }

  remove(vhid: CarpVhid): void {
    this.#vhids = this.#vhids.filter((other) => other !== vhid)
    vhid.destroy()
  }

  /** `sysctl net.inet.carp.allow=…`: a change restarts all VHIDs, newest first. */
  setAllow(allow: boolean): void {
    if (this.#allow === allow) return
    this.#allow = allow
    for (const vhid of this.#vhids) vhid.reconsider()
  }

  /**
   * Adds to the demotion counter (carp_demote_adj), then each MASTER advertises at once, even for
   * 0. So all VHIDs fail over within microseconds when one NIC fails.
   */
  demote(by: number, reason: string): void {
    this.#demotion += by
    this.#effects.demoted(by, this.#demotion, reason)
    if (this.#sendAllQueued) return
    this.#sendAllQueued = true
    this.#effects.defer(() => {
      this.#sendAllQueued = false
      for (const vhid of this.#vhids) vhid.advertise()
    })
  }
}
