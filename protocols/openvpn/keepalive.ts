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
 * `--ping` and `--ping-restart`: says something when nothing was said for a while, and gives up
 * when nothing was heard for longer. OpenVPN looks at its clock in whole seconds; here they are
 * exact.
 */
export class Keepalive {
  #clock: KeepaliveClock
  #effects: KeepaliveEffects
  #pingNs: Nanoseconds
  #timeoutNs: Nanoseconds
  #saidNs: Nanoseconds
  #heardNs: Nanoseconds
  #pingTimer: MachineTimer
  #timeoutTimer: MachineTimer

  /** @param settings 0 switches one off */
  constructor(
    clock: KeepaliveClock,
    effects: KeepaliveEffects,
    settings: { readonly pingNs: Nanoseconds; readonly timeoutNs: Nanoseconds },
  ) {
    this.#clock = clock
    this.#effects = effects
    this.#pingNs = settings.pingNs
    this.#timeoutNs = settings.timeoutNs
    this.#saidNs = clock.nowNs
    this.#heardNs = clock.nowNs
    this.#pingTimer = clock.timer(() => this.#maybePing())
    this.#timeoutTimer = clock.timer(() => this.#maybeGiveUp())
    if (this.#pingNs > 0) this.#pingTimer.arm(this.#pingNs)
    if (this.#timeoutNs > 0) this.#timeoutTimer.arm(this.#timeoutNs)
  }

  said(): void {
    this.#saidNs = this.#clock.nowNs
  }

  heard(): void {
    this.#heardNs = this.#clock.nowNs
  }

  stop(): void {
    this.#pingTimer.cancel()
    this.#timeoutTimer.cancel()
  }

  #maybePing(): void {
    const dueNs = this.#saidNs + this.#pingNs
    const { nowNs } = this.#clock
    if (dueNs > nowNs) {
      this.#pingTimer.arm(dueNs - nowNs)
      return
    }
    this.#pingTimer.arm(this.#pingNs)
    this.#effects.ping()
  }

  #maybeGiveUp(): void {
    const dueNs = this.#heardNs + this.#timeoutNs
    const { nowNs } = this.#clock
    if (dueNs > nowNs) this.#timeoutTimer.arm(dueNs - nowNs)
    else this.#effects.timedOut()
  }
}
