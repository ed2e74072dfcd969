import type { EventStyles } from '../engine/journal.ts'

declare module '../engine/journal.ts' {
  interface EventKinds {
    /** A fault of the scenario takes effect. `fault` is its kind. */
    fault: { readonly fault: string }
  }
}

export const faultEvents = { fault: { told: 'timeline' } } satisfies Partial<EventStyles>
