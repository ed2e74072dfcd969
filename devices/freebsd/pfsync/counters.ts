import {
  actionNameOf,
  PFSYNC_ACTION,
  type PfsyncActionName,
} from '../../../protocols/pfsync/actions.ts'
import type { PfsyncRegion } from '../../../protocols/pfsync/regions.ts'

/** The counters of `netstat -s -p pfsync` (struct pfsyncstats of if_pfsync.h), and collisions. */
export interface PfsyncCounters {
  /** Packets that came in, acceptable or not (pfsyncs_ipackets). */
  received: number
  /** Packets that were sent (pfsyncs_opackets). */
  sent: number
  /** pfsyncs_badif */
  wrongInterface: number
  /** pfsyncs_badttl */
  badTtl: number
  /** Packets shorter than the header (pfsyncs_hdrops). */
  shortHeader: number
  /** pfsyncs_badver */
  badVersion: number
  /** pfsyncs_badlen */
  badLength: number
  /** pfsyncs_badact */
  badAction: number
  /** Entries with a value that no state may have (pfsyncs_badval). */
  badValue: number
  /** Entries about states that are not here, or could not be made (pfsyncs_badstate). */
  badState: number
  /** Updates that were behind (pfsyncs_stale). */
  stale: number
  /** Insertions of a state whose keys or whose id are here already; the kernel says EEXIST. */
  collisions: number
  /** Entries by action (pfsyncs_iacts, pfsyncs_oacts), EOF left out. */
  readonly receivedEntries: Map<PfsyncActionName, number>
  readonly sentEntries: Map<PfsyncActionName, number>
}

export function newCounters(): PfsyncCounters {
  return {
    received: 0,
    sent: 0,
    wrongInterface: 0,
    badTtl: 0,
    shortHeader: 0,
    badVersion: 0,
    badLength: 0,
    badAction: 0,
    badValue: 0,
    badState: 0,
    stale: 0,
    collisions: 0,
    receivedEntries: new Map(),
    sentEntries: new Map(),
  }
}

/** Counts the entries of a region. */
export function countEntries(counts: Map<PfsyncActionName, number>, region: PfsyncRegion): void {
  const isForeign = region.kind === 'foreign'
  const name = actionNameOf(isForeign ? region.action : PFSYNC_ACTION[region.kind])
  if (name === undefined) return
  const entries = isForeign ? region.count : region.entries.length
  counts.set(name, (counts.get(name) ?? 0) + entries)
}
