import type { EventStyles } from '../../../engine/journal.ts'

interface BulkDetails {
  readonly creatorId: number
  readonly states: number
  readonly retries: number
}

declare module '../../../engine/journal.ts' {
  interface EventKinds {
    'pfsync.bulkStart': BulkDetails
    'pfsync.bulkDone': BulkDetails
    'pfsync.bulkFail': BulkDetails
    'pfsync.bulkServed': { readonly states: number }
  }
}

export const pfsyncEvents = {
  'pfsync.bulkStart': { told: 'file' },
  'pfsync.bulkDone': { told: 'file' },
  'pfsync.bulkFail': { told: 'file' },
  'pfsync.bulkServed': { told: 'file' },
} satisfies Partial<EventStyles>
