/** The actions of pfsync regions (PFSYNC_ACT_* in if_pfsync.h of FreeBSD 15). */

// --- Constants of the wire ---------------------------------------------------------------------

/** The actions by name; 1301, 1400 and 1500 are versions of the state format. */
export const PFSYNC_ACTION = {
  clear: 0,
  insert1301: 1,
  insertAck: 2,
  update1301: 3,
  updateCompressed: 4,
  updateRequest: 5,
  delete: 6,
  deleteCompressed: 7,
  insertFragment: 8,
  deleteFragment: 9,
  bulkStatus: 10,
  tdb: 11,
  eof: 12,
  insert1400: 13,
  update1400: 14,
  insert1500: 15,
  update1500: 16,
} as const

export type PfsyncActionName = keyof typeof PFSYNC_ACTION

interface Action {
  readonly name: PfsyncActionName
  /** The size of an entry; undefined when FreeBSD refuses the action (pfsync_in_error). */
  readonly entryBytes: number | undefined
  /** The name in tcpdump of FreeBSD (print-pfsync.c, actions). */
  readonly title: string
}

/** Indexed by action number, like pfsync_acts. */
const ACTIONS: readonly Action[] = [
  { name: 'clear', entryBytes: 20, title: 'clear all' },
  { name: 'insert1301', entryBytes: 242, title: 'insert 13.1' },
  { name: 'insertAck', entryBytes: 12, title: 'insert ack' },
  { name: 'update1301', entryBytes: 242, title: 'update 13.1' },
  { name: 'updateCompressed', entryBytes: 84, title: 'update compressed' },
  { name: 'updateRequest', entryBytes: 12, title: 'request uncompressed' },
  { name: 'delete', entryBytes: undefined, title: 'delete' },
  { name: 'deleteCompressed', entryBytes: 12, title: 'delete compressed' },
  { name: 'insertFragment', entryBytes: undefined, title: 'frag insert' },
  { name: 'deleteFragment', entryBytes: undefined, title: 'frag delete' },
  { name: 'bulkStatus', entryBytes: 12, title: 'bulk update status' },
  { name: 'tdb', entryBytes: 48, title: 'tdb' },
  { name: 'eof', entryBytes: 0, title: 'eof' },
  { name: 'insert1400', entryBytes: 277, title: 'insert' },
  { name: 'update1400', entryBytes: 277, title: 'update' },
  { name: 'insert1500', entryBytes: 360, title: 'insert' },
  { name: 'update1500', entryBytes: 360, title: 'update' },
]

/** The name of an action; undefined for an unknown number. */
export function actionNameOf(action: number): PfsyncActionName | undefined {
  return ACTIONS[action]?.name
}

/** The size of an entry in bytes; undefined for an unknown or refused action. */
export function entryBytesOf(action: number): number | undefined {
  return ACTIONS[action]?.entryBytes
}

// --- As a person reads it ----------------------------------------------------------------------

/** The name in tcpdump of FreeBSD, the same for 1400 and 1500; undefined when unknown. */
export function actionTitleOf(action: number): string | undefined {
  return ACTIONS[action]?.title
}
