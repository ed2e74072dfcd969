import type { EventOf } from '../engine/journal.ts'
import type { Nanoseconds } from '../engine/time.ts'
import type { RedundancyGroup } from '../protocols/redundancy.ts'

export type Advertisement = EventOf<'role.advertisement'> & { readonly timeNs: Nanoseconds }

interface Member {
  latest: Advertisement
  /** The time of the one before the latest. */
  beforeNs: Nanoseconds
}

/**
 * The advertisements around a change of the active member: of each member of the group the last one
 * up to it and the first one from it on. The others, several each second, are forgotten, so that a
 * day takes no more memory than a minute.
 */
export class AdvertisementLog {
  #members = new Map<string, Member>()
  /** When a member of the group last became active. */
  #activeNs = new Map<string, Nanoseconds>()
  #kept: Advertisement[] = []

  becameActive(group: RedundancyGroup, timeNs: Nanoseconds): void {
    this.#activeNs.set(nameOf(group), timeNs)
  }

  add(advertisement: Advertisement): void {
    const { node, details } = advertisement
    const group = nameOf(details)
    const key = `${node} ${group}`
    const member = this.#members.get(key)
    if (member === undefined) {
      this.#members.set(key, { latest: advertisement, beforeNs: Number.NEGATIVE_INFINITY })
      return
    }
    const { latest, beforeNs } = member
    const activeNs = this.#activeNs.get(group) ?? Number.NEGATIVE_INFINITY
    // A change since the one before it: it may be the first after that change, or the last before.
    if (activeNs >= beforeNs) this.#kept.push(latest)
    member.beforeNs = latest.timeNs
    member.latest = advertisement
  }

  /** Those kept; of each member in the order of time. */
  get all(): readonly Advertisement[] {
    return [...this.#kept, ...[...this.#members.values()].map(({ latest }) => latest)]
  }
}

function nameOf({ protocol, interface: on, id }: RedundancyGroup): string {
  return `${protocol} ${on}@${id}`
}
