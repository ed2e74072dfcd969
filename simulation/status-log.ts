import type { Network } from '../devices/network.ts'
import { type Nanoseconds, toMicroseconds } from '../engine/time.ts'
import type { StatusSnapshot } from '../traces/metrics.ts'
import type { ScheduledFault } from './faults.ts'

/** The status pages of the firewalls, read when each fault has settled, and at the end. */
export class StatusLog {
  readonly snapshots: StatusSnapshot[] = []
  #network: Pick<Network, 'firewalls'>
  #instantsNs: Nanoseconds[]

  constructor(
    network: Pick<Network, 'firewalls'>,
    faults: readonly Pick<ScheduledFault, 'atNs' | 'settledNs'>[],
    endNs: Nanoseconds,
  ) {
    this.#network = network
    this.#instantsNs = planInstants(faults, endNs)
  }

  /** When the pages are to be read next. */
  get nextNs(): Nanoseconds | undefined {
    return this.#instantsNs[0]
  }

  read(nowNs: Nanoseconds): void {
    const atUs = toMicroseconds(nowNs)
    for (const [node, firewall] of this.#network.firewalls) {
      this.snapshots.push({ atUs, node, rows: firewall.statusPage() })
    }
    this.#instantsNs.shift()
  }
}

/** After each fault has settled, but before the next one, and at the end. */
function planInstants(
  faults: readonly Pick<ScheduledFault, 'atNs' | 'settledNs'>[],
  endNs: Nanoseconds,
): Nanoseconds[] {
  const instants = faults.map(({ settledNs }, index) => {
    const nextNs = faults[index + 1]?.atNs
    return Math.min(settledNs, nextNs === undefined ? endNs : nextNs - 1)
  })
  return [...new Set([...instants.filter((each) => each < endNs), endNs])].sort((a, b) => a - b)
}
