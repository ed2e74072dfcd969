import { ipv4, nanoseconds } from '../../../schema/values.ts'
import type { AdministrationOptions } from '../administration.ts'
import type { PfSenseDocument } from './firewall.ts'

/** The administration of a firewall: its pages, and where its configuration goes. */
export function administrationOf({
  configVersion,
  filterLoadTime,
  webGui,
  configSync,
}: PfSenseDocument): AdministrationOptions {
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
