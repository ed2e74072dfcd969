import type { EventStyles } from '../../engine/journal.ts'
import type { PortRole, PortState } from '../../protocols/stp/port.ts'

/** Why a switch shuts one of its ports, by Cisco's names. */
export type ErrDisableCause = 'bpduguard'

declare module '../../engine/journal.ts' {
  interface EventKinds {
    'stp.portState': { readonly port: string; readonly role: PortRole; readonly state: PortState }
    /** This switch found that the tree has changed. `port` is undefined where a link was lost. */
    'stp.topologyChange': { readonly port: string | undefined }
    'port.errDisabled': { readonly port: string; readonly cause: ErrDisableCause }
    'port.recovered': { readonly port: string; readonly cause: ErrDisableCause }
  }
}

export const switchEvents = {
  'stp.portState': { told: 'timeline' },
  'stp.topologyChange': { told: 'timeline' },
  'port.errDisabled': { told: 'timeline' },
  'port.recovered': { told: 'timeline' },
} satisfies Partial<EventStyles>
