import type { Nanoseconds } from '../../engine/time.ts'
import type { MachineTimer } from './control-channel.ts'

/**
 * `--ping` and `--ping-restart`: says something when nothing was said for a while, and gives up
 * when nothing was heard for longer. OpenVPN looks at its clock in whole seconds; here they are
 * exact.
 */
export interface KeepaliveEffects {
  readonly nowNs: Nanoseconds
  timer(handler: () => void): MachineTimer
  ping(): void
  timedOut(): void
}

export class Keepalive {
  #effects: KeepaliveEffects
  #pingNs: Nanoseconds
  #timeoutNs: Nanoseconds
  #saidNs: Nanoseconds
  #heardNs: Nanoseconds
  #pingTimer: MachineTimer
  #timeoutTimer: MachineTimer

  /** @param settings 0 switches one off */
  constructor(
    effects: KeepaliveEffects,
    settings: { readonly pingNs: Nanoseconds; readonly timeoutNs: Nanoseconds },
  ) {
    this.#effects = effects
    this.#pingNs = settings.pingNs
    this.#timeoutNs = settings.timeoutNs
    this.#saidNs = effects.nowNs
    this.#heardNs = effects.nowNs
    this.#pingTimer = effects.timer(() => this.#maybePing())
    this.#timeoutTimer = effects.timer(() => this.#maybeGiveUp())
    if (this.#pingNs > 0) this.#pingTimer.arm(this.#pingNs)
    if (this.#timeoutNs > 0) this.#timeoutTimer.arm(this.#timeoutNs)
  }

  said(): void {
    this.#saidNs = this.#effects.nowNs
  }

  heard(): void {
    this.#heardNs = this.#effects.nowNs
  }

  stop(): void {
    this.#pingTimer.cancel()
    this.#timeoutTimer.cancel()
  }

  #maybePing(): void {
    const dueNs = this.#saidNs + this.#pingNs
    const { nowNs } = this.#effects
    if (dueNs > nowNs) {
      this.#pingTimer.arm(dueNs - nowNs)
      return
    }
    this.#pingTimer.arm(this.#pingNs)
    this.#effects.ping()
  }

  #maybeGiveUp(): void {
    const dueNs = this.#heardNs + this.#timeoutNs
    const { nowNs } = this.#effects
    if (dueNs > nowNs) this.#timeoutTimer.arm(dueNs - nowNs)
    else this.#effects.timedOut()
  }
}
