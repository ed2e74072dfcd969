import type { EventStyles } from '../../engine/journal.ts'
import type { SyncResult } from './xmlrpc/filter-synchronize.ts'

/** A synchronisation of the configuration, by its number, and the address of the peer. */
interface SyncDetails {
  readonly sync: number
  readonly to: string
}

interface CallDetails extends SyncDetails {
  readonly method: string
  readonly attempt: number
}

declare module '../../engine/journal.ts' {
  interface EventKinds {
    'node.bootStage': { readonly stage: string }
    'node.booted': NoDetails
    'pfsync.wait': NoDetails
    'config.saved': NoDetails
    'filter.loaded': { readonly rules: number }
    'sync.started': SyncDetails
    'sync.log': SyncDetails
    'sync.call': CallDetails
    'sync.retry': CallDetails & { readonly error: string }
    'sync.notice': CallDetails & { readonly error: string }
    'sync.ended': SyncDetails & { readonly result: SyncResult; readonly attempts: number }
    /** At the peer: `from` is the address of the sender. */
    'sync.merged': { readonly from: string; readonly sections: string }
    'sync.loop': { readonly from: string }
    'sync.refused': { readonly from: string }
  }
}

export const pfsenseEvents = {
  'node.bootStage': { told: 'timeline' },
  'node.booted': { told: 'timeline' },
  'pfsync.wait': { told: 'timeline', mergeKey: ({ text }) => text },
  'config.saved': { told: 'timeline' },
  'filter.loaded': { told: 'timeline' },
  'sync.started': { told: 'file' },
  'sync.log': { told: 'timeline' },
  'sync.call': { told: 'timeline' },
  'sync.retry': { told: 'timeline' },
  'sync.notice': { told: 'timeline' },
  'sync.ended': { told: 'file' },
  'sync.merged': { told: 'file' },
  'sync.loop': { told: 'timeline' },
  'sync.refused': { told: 'timeline' },
} satisfies Partial<EventStyles>
