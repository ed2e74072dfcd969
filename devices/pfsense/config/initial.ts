import { MILLISECOND_NS, SECOND_NS } from '../../../engine/time.ts'
import type { VirtualIp } from '../../freebsd/carp/service.ts'
import type { OpenVpnSettings } from '../openvpn-server.ts'
import type { FilterSettings } from '../pf-configuration.ts'
import { type Configuration, FACTORY_SECTIONS, type OpenVpnTimings } from './configuration.ts'
import { configuredServer } from './openvpn-section.ts'

/** The configuration that a node comes with, and what of its settings follows from it later. */

export interface InitialSettings {
  readonly version: string
  readonly interfaces: readonly string[]
  readonly virtualIps: readonly VirtualIp[]
  readonly filter: FilterSettings | undefined
  readonly openvpn: OpenVpnSettings | undefined
}

/** The fields of a server that came by synchronisation to a node without one, as in the schema. */
const USUAL_TIMINGS: OpenVpnTimings = {
  startDurationNs: SECOND_NS,
  authenticationNs: 500 * MILLISECOND_NS,
  handshakeWindowNs: 60 * SECOND_NS,
}

export function initialConfiguration(settings: InitialSettings): Configuration {
  const { version, interfaces, virtualIps, filter, openvpn } = settings
  return {
    version,
    interfaces,
    virtualIps,
    rules: filter?.rules ?? [],
    floatingRules: filter?.floatingRules ?? [],
    aliases: filter?.aliases ?? new Map(),
    portForwards: filter?.portForwards ?? [],
    outboundNat: filter?.outboundNat ?? { mode: 'automatic', rules: [] },
    openVpnServers:
      openvpn === undefined ? [] : [configuredServer({ interfaces, virtualIps }, openvpn)],
    others: FACTORY_SECTIONS,
  }
}

/** The filter as it is configured now; the rest of its settings is each node's own. */
export function filterSettingsNow(own: FilterSettings, configured: Configuration): FilterSettings {
  const { rules, floatingRules, aliases, portForwards, outboundNat } = configured
  return { ...own, rules, floatingRules, aliases, portForwards, outboundNat }
}

export function timingsOf(openvpn: OpenVpnSettings | undefined): OpenVpnTimings {
  if (openvpn === undefined) return USUAL_TIMINGS
  const { startDurationNs, authenticationNs, handshakeWindowNs } = openvpn
  return { startDurationNs, authenticationNs, handshakeWindowNs }
}
