import { nanoseconds, prefix } from '../../schema/values.ts'
import type { Product } from '../product.ts'
import { checkBoot } from './checks/boot.ts'
import { checkConfigSync } from './checks/config-sync.ts'
import { checkFilter } from './checks/filters.ts'
import { checkOpenVpn } from './checks/openvpn.ts'
import { checkVirtualIps } from './checks/virtual-ips.ts'
import { bootStagesOf, withBootStages } from './document/boot-stages.ts'
import { administrationOf } from './document/config-sync-settings.ts'
import { filterSettingsOf, pfsyncSettingsOf } from './document/filter-settings.ts'
import { type PfSenseDocument, pfsenseSchema } from './document/firewall.ts'
import { openVpnSettingsOf } from './document/openvpn-settings.ts'
import { PfSense } from './pfsense.ts'

/** pfSense CE 2.7.2. */
export const pfsense: Product<typeof pfsenseSchema, PfSenseDocument> = {
  name: 'pfsense',
  schema: pfsenseSchema,
  derive: withBootStages,
  check: (context, firewalls) => {
    checkVirtualIps(context, firewalls)
    for (const { firewall, path } of firewalls) {
      checkBoot(context, firewall, path)
      checkFilter(context, firewall, path)
      checkConfigSync(context, firewall, path)
      checkOpenVpn(context, firewall, path)
    }
  },
  sharedAddresses: ({ virtualIps }) => virtualIps,
  build: (world, document, { host, timing }) =>
    new PfSense(world, {
      host: { ...host, system: 'freebsd', forwarding: true },
      carp: document.carp,
      virtualIps: document.virtualIps.map((each) => ({
        ...each,
        address: prefix(each.address),
        advbaseSeconds: each.advbase,
      })),
      timing,
      filter: filterSettingsOf(document),
      pfsync: pfsyncSettingsOf(document),
      administration: administrationOf(document),
      boot: bootStagesOf(document),
      shutdownNs: nanoseconds(document.shutdownDuration),
      readdOnLinkUp: document.carp.readdOnLinkUp,
      openvpn: openVpnSettingsOf(document),
    }),
}
