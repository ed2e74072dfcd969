import { type Nanoseconds, SECOND_NS } from '../../../engine/time.ts'
import type { Ipv4Address } from '../../../protocols/addresses.ts'
import type { Credentials } from '../../../protocols/http/basic-auth.ts'
import type { SyncedSections } from '../config/sections.ts'

/** System > Advanced > Admin Access. */
export interface WebGuiSettings {
  readonly protocol: 'https' | 'http'
  readonly port: number
  /** The users that may log in. The admin is among them. */
  readonly users: readonly WebGuiUser[]
}

export interface WebGuiUser extends Credentials {
  /** "System - HA node sync", which the admin has without it. */
  readonly mayBeSynchronizedTo: boolean
}

/** System > High Avail. Sync > XMLRPC Sync. */
export interface ConfigSyncSettings extends Credentials {
  /** Synchronize Config to IP. */
  readonly to: Ipv4Address
  readonly sections: SyncedSections
  /** How long a connection may take to open. */
  readonly connectTimeoutNs: Nanoseconds
}

// --- Constants of xmlrpc_client.inc ------------------------------------------------------------

export const XMLRPC_ATTEMPTS = 4
export const XMLRPC_RETRY_NS = SECOND_NS
export const VERSION_TIMEOUT_SECONDS = 240
export const RESTORE_TIMEOUT_SECONDS = 900
export const XMLRPC_PATH = '/xmlrpc.php'
/** Bad credentials, and credentials without the privilege (xmlrpc.php). */
export const FAULT_BAD_CREDENTIALS = -1
export const FAULT_NO_PRIVILEGE = -2

export const METHOD = {
  version: 'host_firmware_version',
  restore: 'restore_config_section',
} as const
export const METHOD_PREFIX = 'pfsense.'
