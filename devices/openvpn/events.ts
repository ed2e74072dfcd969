import type { EventStyles } from '../../engine/journal.ts'

declare module '../../engine/journal.ts' {
  interface EventKinds {
    'openvpn.client': { readonly client: string }
    'openvpn.server': NoDetails
  }
}

export const openVpnEvents: EventStyles<'openvpn.client' | 'openvpn.server'> = {
  'openvpn.client': { told: 'timeline' },
  'openvpn.server': { told: 'timeline' },
}
