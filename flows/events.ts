import type { EventStyles } from '../engine/journal.ts'

interface FlowDetails {
  /** The name of the flow. */
  readonly flow: string
}

declare module '../engine/journal.ts' {
  interface EventKinds {
    /** Ground truth: no packet of the flow can cross any more, or packets can again. */
    'flow.down': FlowDetails
    'flow.up': FlowDetails
    'tunnel.down': FlowDetails
    'tunnel.up': FlowDetails
    'session.opened': FlowDetails
    'session.broken': FlowDetails
    'session.refused': FlowDetails
    /** Another node than before answers with its page. */
    'flow.page': FlowDetails & { readonly page: string }
    'probe.lost': FlowDetails & {
      readonly probe: number
      readonly cause: string
      readonly at: string
    }
  }
}

export const flowEvents = {
  'flow.down': { told: 'timeline', undoes: 'flow.up' },
  'flow.up': { told: 'timeline', undoes: 'flow.down' },
  'tunnel.down': { told: 'timeline', undoes: 'tunnel.up' },
  'tunnel.up': { told: 'timeline', undoes: 'tunnel.down' },
  'session.opened': { told: 'timeline' },
  'session.broken': { told: 'timeline' },
  'session.refused': { told: 'timeline' },
  'flow.page': { told: 'timeline' },
  'probe.lost': { told: 'timeline' },
} satisfies Partial<EventStyles>
