import { isStruct } from '../../../protocols/xmlrpc/value.ts'
import type { Configuration } from '../config/configuration.ts'
import { namesOfSections, type SyncedSections, sectionsToSend } from '../config/sections.ts'
import type { CallOutcome, XmlRpcClient } from './client.ts'
import {
  FAULT_BAD_CREDENTIALS,
  FAULT_NO_PRIVILEGE,
  METHOD,
  RESTORE_TIMEOUT_SECONDS,
  VERSION_TIMEOUT_SECONDS,
} from './settings.ts'

/** The result as the sender sees it. A peer that refuses a loop looks like a success. */
export type SyncResult =
  | 'synchronized'
  | 'nothingSelected'
  | 'versionMismatch'
  | 'authenticationFailed'
  | 'failed'

export interface SyncReport {
  /** A line of the system log. */
  log(text: string): void
  /** @param attempts how often the last method was called */
  ended(result: SyncResult, attempts: number): void
}

/** The script rc.filter_synchronize: versions first, then all sections in one call. */
export function filterSynchronize(
  client: XmlRpcClient,
  configuration: Configuration,
  ticked: SyncedSections,
  report: SyncReport,
): void {
  const names = namesOfSections(ticked)
  if (names.length === 0) {
    report.log('Nothing has been configured to be synched. Skipping....')
    report.ended('nothingSelected', 0)
    return
  }
  client.call(METHOD.version, [1], VERSION_TIMEOUT_SECONDS, (outcome) => {
    const theirs = versionIn(outcome)
    if (theirs === undefined) {
      report.log(
        'The pfSense software configuration version of the other member could not be determined. ' +
          'Skipping synchronization to avoid causing a problem!',
      )
      report.ended(failureOf(outcome), outcome.attempts)
      return
    }
    report.log(`XMLRPC reload data success with ${client.url} (pfsense.${METHOD.version}).`)
    report.log(`XMLRPC versioncheck: ${theirs} -- ${configuration.version}`)
    if (theirs !== configuration.version) {
      report.log(
        'The other member is on a different configuration version of pfSense. ' +
          'Sync will not be done to prevent problems!',
      )
      report.ended('versionMismatch', outcome.attempts)
      return
    }
    const sections = sectionsToSend(configuration, names)
    const params = [sections, RESTORE_TIMEOUT_SECONDS]
    client.call(METHOD.restore, params, RESTORE_TIMEOUT_SECONDS, (restored) => {
      if ('value' in restored) {
        report.log(`XMLRPC sync successfully completed with ${client.url}.`)
        report.ended('synchronized', restored.attempts)
      } else {
        report.ended(failureOf(restored), restored.attempts)
      }
    })
  })
}

function versionIn(outcome: CallOutcome): string | undefined {
  if (!('value' in outcome) || !isStruct(outcome.value)) return undefined
  const { config_version: version } = outcome.value
  return version === undefined ? undefined : String(version)
}

function failureOf(outcome: CallOutcome): SyncResult {
  const code = 'error' in outcome ? outcome.fault?.faultCode : undefined
  const isRefused = code === FAULT_BAD_CREDENTIALS || code === FAULT_NO_PRIVILEGE
  return isRefused ? 'authenticationFailed' : 'failed'
}
