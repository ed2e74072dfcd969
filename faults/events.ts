import type { EventStyles } from '../engine/journal.ts'

declare module '../engine/journal.ts' {
  interface EventKinds {
    /** A fault of the scenario takes effect. `fault` is its kind. */
    fault: { readonly fault: string }
  }
}

export const faultEvents: EventStyles<'fault'> = { fault: { told: 'timeline' } }
