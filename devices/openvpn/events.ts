import type { EventStyles } from '../../engine/journal.ts'

declare module '../../engine/journal.ts' {
  interface EventKinds {
    'openvpn.client': { readonly client: string }
    'openvpn.server': NoDetails
  }
}

export const openVpnEvents = {
  'openvpn.client': { told: 'timeline' },
  'openvpn.server': { told: 'timeline' },
} satisfies Partial<EventStyles>
