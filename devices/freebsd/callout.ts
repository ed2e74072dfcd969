import type { RandomStream } from '../../engine/random.ts'
import { MICROSECOND_NS, type Nanoseconds } from '../../engine/time.ts'

/** How exactly a kernel's timers fire (facts: FreeBSD tvtohz, callout_when, tc_adjprecision). */
export type TimingPreset = 'ideal' | 'bare' | 'vm'

interface TickSettings {
  readonly tickNs: Nanoseconds
  /** The latest a timer fires after its tick, given how long it was armed for. */
  slopNs(armedForNs: Nanoseconds): Nanoseconds
}

/**
 * `bare` is hz 1000 and a busy machine; `vm` is hz 100, which FreeBSD chooses under a hypervisor,
 * and an idle one, whose timers may be late by 1/16 of the time they were armed for.
 */
const TICKS: Record<Exclude<TimingPreset, 'ideal'>, TickSettings> = {
  bare: { tickNs: 1_000_000, slopNs: () => 1_000_000 },
  vm: { tickNs: 10_000_000, slopNs: (armedForNs) => Math.floor(armedForNs / 16) },
}

/** The callouts of one FreeBSD kernel: turns the time asked for into the time it takes. */
export class KernelCallout {
  /** 1 / hz. Of an ideal kernel too, whose callouts fire on the dot. */
  readonly tickNs: Nanoseconds
  #ticks: TickSettings | undefined
  #draws: RandomStream
  #phaseNs: Nanoseconds

  constructor(preset: TimingPreset, draws: RandomStream) {
    this.#ticks = preset === 'ideal' ? undefined : TICKS[preset]
    this.tickNs = this.#ticks?.tickNs ?? TICKS.vm.tickNs
    this.#draws = draws
    this.#phaseNs = this.#ticks === undefined ? 0 : draws.integer(0, this.#ticks.tickNs)
  }

  /**
   * From now to when a callout armed for `intervalUs` fires. `ideal`: to the microsecond.
   * Otherwise ceil(interval / tick) + 1 ticks counted from the last tick, and then some slop.
   */
  delayNs(nowNs: Nanoseconds, intervalUs: number): Nanoseconds {
    const intervalNs = intervalUs * MICROSECOND_NS
    if (this.#ticks === undefined) return intervalNs
    return this.ticksDelayNs(nowNs, Math.ceil(intervalNs / this.tickNs) + 1, this.#draws)
  }

  /**
   * From now to when a callout of so many ticks fires: counted from the last tick, and then some
   * slop. `ideal`: from now.
   *
   * @param draws of whoever arms it
   */
  ticksDelayNs(nowNs: Nanoseconds, ticks: number, draws: RandomStream): Nanoseconds {
    const armedForNs = ticks * this.tickNs
    if (this.#ticks === undefined) return armedForNs
    const sinceTickNs = (nowNs + this.#phaseNs) % this.tickNs
    return armedForNs - sinceTickNs + draws.integer(0, this.#ticks.slopNs(armedForNs) + 1)
  }
}
