import type { EventStyles } from '../../engine/journal.ts'

declare module '../../engine/journal.ts' {
  interface EventKinds {
    'node.poweredOff': NoDetails
    'node.restarted': NoDetails
    'node.halted': NoDetails
    'node.suspended': NoDetails
    'node.resumed': NoDetails
  }
}

export const hostEvents = {
  'node.poweredOff': { told: 'file' },
  'node.restarted': { told: 'timeline' },
  'node.halted': { told: 'timeline' },
  'node.suspended': { told: 'file' },
  'node.resumed': { told: 'file' },
} satisfies Partial<EventStyles>
