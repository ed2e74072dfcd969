import type { EventStyles } from '../engine/journal.ts'

/**
 * Redundancy, whatever its protocol: the members of a group share an address, which the active one
 * serves. Products tell it by these events; observers know no protocol.
 */

/** A member of a group serves it, waits for its turn, or takes no part. */
export type Role = 'active' | 'standby' | 'none'

/** A group of members that share an address, such as a VHID on one network. */
export interface RedundancyGroup {
  /** `carp`. */
  readonly protocol: string
  readonly id: number
  readonly interface: string
}

/** The words of a protocol for a group and for its active member. */
export const PROTOCOL_WORDS: Readonly<Record<string, { group: string; active: string }>> = {
  carp: { group: 'VHID', active: 'MASTER' },
}

declare module '../engine/journal.ts' {
  interface EventKinds {
    'role.changed': RedundancyGroup & {
      readonly role: Role
      /** The states before and after and the reason, in the words of the protocol. */
      readonly before: string
      readonly after: string
      readonly reason: string
      /** The arithmetic behind the decision, for people. */
      readonly because?: string
    }
    /** The node is no member any more. */
    'role.removed': RedundancyGroup
    /** The active member told the others that it lives. */
    'role.advertisement': RedundancyGroup & { readonly advskew: number }
    /** The first one of a new active member. */
    'role.firstAdvertisement': RedundancyGroup & { readonly advskew: number }
  }
}

const namesOf = (groups: readonly RedundancyGroup[]): string =>
  groups.map(({ interface: on, id }) => `${on}@${id}`).join(' ')

export const redundancyEvents = {
  'role.changed': {
    told: 'timeline',
    mergeKey: ({ details: { before, after, reason } }) => `${before} -> ${after} (${reason})`,
    merged: (all) => {
      const [{ before = '', after = '', reason = '' } = {}] = all
      return `${namesOf(all)}: ${before} -> ${after} (${reason})`
    },
  },
  'role.removed': {
    told: 'timeline',
    mergeKey: () => '',
    merged: (all) => `${namesOf(all)}: removed`,
  },
  // There are several each second.
  'role.advertisement': { told: 'metrics' },
  'role.firstAdvertisement': { told: 'file' },
} satisfies Partial<EventStyles>
