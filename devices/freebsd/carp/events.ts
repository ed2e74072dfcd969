import type { EventStyles } from '../../../engine/journal.ts'
import type { RedundancyGroup } from '../../../protocols/redundancy.ts'

declare module '../../../engine/journal.ts' {
  interface EventKinds {
    'carp.demotion': { readonly by: number; readonly to: number; readonly reason: string }
    'carp.gratuitousArp': RedundancyGroup
  }
}

export const carpEvents = {
  'carp.demotion': {
    told: 'timeline',
    // pfsync on pfSense demotes by 0 at a bulk update.
    isLeftOut: ({ by }) => by === 0,
    mergeKey: ({ details }) => details.reason,
    merged: (all) => {
      const by = all.reduce((total, each) => total + each.by, 0)
      const { to = 0, reason = '' } = all.at(-1) ?? {}
      return `demoted by ${by} to ${to} (${reason})`
    },
  },
  'carp.gratuitousArp': { told: 'file' },
} satisfies Partial<EventStyles>
