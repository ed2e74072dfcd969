import type { RandomStream } from '../../../engine/random.ts'
import { MILLISECOND_NS, type Nanoseconds, SECOND_NS } from '../../../engine/time.ts'
import type { KernelCallout } from '../callout.ts'

/** The callouts of a kernel, counted in its ticks (callout_reset of kern_timeout.c). */
export interface Ticks {
  /** 1 / hz: 10 ms under a hypervisor, 1 ms on bare metal. */
  readonly tickNs: Nanoseconds
  /** From now to when a callout of so many ticks fires. */
  delayNs(nowNs: Nanoseconds, ticks: number): Nanoseconds
}

/** hz 100, as FreeBSD runs under a hypervisor; each callout fires on its tick, counted from now. */
export const IDEAL_TICKS: Ticks = {
  tickNs: 10 * MILLISECOND_NS,
  delayNs: (_nowNs, ticks) => ticks * 10 * MILLISECOND_NS,
}

/** The ticks of a kernel. CARP has the same ticks, but each has a slop of its own. */
export function kernelTicks(callout: KernelCallout, draws: RandomStream): Ticks {
  return {
    tickNs: callout.tickNs,
    delayNs: (nowNs, ticks) => callout.ticksDelayNs(nowNs, ticks, draws),
  }
}

/** A callout of `seconds * hz` ticks. */
export function secondsDelayNs(ticks: Ticks, nowNs: Nanoseconds, seconds: number): Nanoseconds {
  return ticks.delayNs(nowNs, Math.round((seconds * SECOND_NS) / ticks.tickNs))
}
