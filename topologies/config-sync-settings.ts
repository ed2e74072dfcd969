import type { AdministrationOptions } from '../devices/pfsense/administration.ts'
import { ipv4, nanoseconds } from '../schema/values.ts'
import type { Firewall } from './document.ts'

/** The administration of a firewall: its pages, and where its configuration goes. */
export function administrationOf({
  configVersion,
  filterLoadTime,
  webGui,
  configSync,
}: Firewall): AdministrationOptions {
  return {
    configVersion,
    filterLoadNs: nanoseconds(filterLoadTime),
    webGui: {
      ...webGui,
      users: webGui.users.map(({ username, password, haNodeSync }) => ({
        username,
        password,
        mayBeSynchronizedTo: haNodeSync || username === 'admin',
      })),
    },
    configSync:
      configSync === undefined
        ? undefined
        : {
            ...configSync,
            to: ipv4(configSync.to),
            connectTimeoutNs: nanoseconds(configSync.connectTimeout),
          },
  }
}
