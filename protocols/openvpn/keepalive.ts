import type { Nanoseconds } from '../../engine/time.ts'
import type { MachineTimer } from './control-channel.ts'

interface KeepaliveClock {
  readonly nowNs: Nanoseconds
  timer(handler: () => void): MachineTimer
}

interface KeepaliveEffects {
  ping(): void
  timedOut(): void
}

/**
 * `--ping` and `--ping-restart`: pings when nothing was sent for a time, and times out when nothing
 * was received for a time. OpenVPN uses whole seconds; here the times are exact.
 */
export class Keepalive {
  #clock: KeepaliveClock
  #effects: KeepaliveEffects
  #pingNs: Nanoseconds
  #timeoutNs: Nanoseconds
  #sentNs: Nanoseconds
  #receivedNs: Nanoseconds
  #pingTimer: MachineTimer
  #timeoutTimer: MachineTimer

  /** @param settings 0 disables the ping or the timeout */
  constructor(
    clock: KeepaliveClock,
    effects: KeepaliveEffects,
    settings: { readonly pingNs: Nanoseconds; readonly timeoutNs: Nanoseconds },
  ) {
    this.#clock = clock
    this.#effects = effects
    this.#pingNs = settings.pingNs
    this.#timeoutNs = settings.timeoutNs
    this.#sentNs = clock.nowNs
    this.#receivedNs = clock.nowNs
    this.#pingTimer = clock.timer(() => this.#checkPing())
    this.#timeoutTimer = clock.timer(() => this.#checkTimeout())
    if (this.#pingNs > 0) this.#pingTimer.arm(this.#pingNs)
    if (this.#timeoutNs > 0) this.#timeoutTimer.arm(this.#timeoutNs)
  }

  sent(): void {
    this.#sentNs = this.#clock.nowNs
  }

  received(): void {
    this.#receivedNs = this.#clock.nowNs
  }

  stop(): void {
    this.#pingTimer.cancel()
    this.#timeoutTimer.cancel()
  }

  #checkPing(): void {
    const dueNs = this.#sentNs + this.#pingNs
    const { nowNs } = this.#clock
    if (dueNs > nowNs) {
      this.#pingTimer.arm(dueNs - nowNs)
      return
    }
    this.#pingTimer.arm(this.#pingNs)
    this.#effects.ping()
  }

  #checkTimeout(): void {
    const dueNs = this.#receivedNs + this.#timeoutNs
    const { nowNs } = this.#clock
    if (dueNs > nowNs) this.#timeoutTimer.arm(dueNs - nowNs)
    else this.#effects.timedOut()
  }
}
