import type { Timer } from '../../../engine/scheduler.ts'
import { sameStateId } from '../../../protocols/pfsync/fields.ts'
import { PfsyncLoad } from '../../../protocols/pfsync/load.ts'
import type { PfsyncReference } from '../../../protocols/pfsync/messages.ts'
import type { PfsyncRegion } from '../../../protocols/pfsync/regions.ts'
import type { PfState as WireState } from '../../../protocols/pfsync/state-1400.ts'
import type { PfState } from '../pf/state.ts'
import { toWirePeer } from './convert.ts'

/** The kind of message that is due about a state (PFSYNC_S_* of if_pfsync.c). */
export type Announcement =
  | 'insert1400'
  | 'insertAck'
  | 'update1400'
  | 'updateCompressed'
  | 'deleteCompressed'

/** A region that comes with a subheader of its own, and goes at once (pfsync_send_plus). */
export type SingleRegion = Extract<PfsyncRegion, { kind: 'bulkStatus' | 'clear' }>

/**
 * A packet under construction (struct pfsync_bucket): states by what is to be told of them, and
 * requests. It keeps account of its length; what it says is read when it is taken.
 */
export class Bucket {
  /** Sends what there is, one second after the first entry came into the empty bucket (b_tmo). */
  readonly timer: Timer
  /**
   * To be sent when the software interrupt runs next (PFSYNCF_BUCKET_PUSH). In an empty bucket it
   * stays, and sends what comes next together with the next packet of any bucket (pfsyncintr).
   */
  isPushed = false
  #load: PfsyncLoad
  #announcements = new Map<PfState, Announcement>()
  #requests: PfsyncReference[] = []

  /** @param mtuBytes of pfsync0 */
  constructor(mtuBytes: number, timer: Timer) {
    this.timer = timer
    this.#load = new PfsyncLoad(mtuBytes)
  }

  get isEmpty(): boolean {
    return this.#load.isEmpty
  }

  /** Bytes until the packet is full. */
  get roomBytes(): number {
    return this.#load.roomBytes
  }

  /** The message that is queued for a state (sync_state); undefined: none. */
  announcementOf(state: PfState): Announcement | undefined {
    return this.#announcements.get(state)
  }

  /** pfsync_q_ins, of a state with nothing queued. @returns false when the packet is full */
  announce(state: PfState, announcement: Announcement): boolean {
    if (!this.#load.add(announcement)) return false
    this.#announcements.set(state, announcement)
    return true
  }

  /** pfsync_q_del */
  withdraw(state: PfState): void {
    const announcement = this.#announcements.get(state)
    if (announcement === undefined) return
    this.#announcements.delete(state)
    this.#load.remove(announcement)
  }

  hasRequest({ id, creatorId }: PfsyncReference): boolean {
    return this.#requests.some(
      (request) => request.creatorId === creatorId && sameStateId(request.id, id),
    )
  }

  /** @returns false when the packet is full */
  request(reference: PfsyncReference): boolean {
    if (!this.#load.add('updateRequest')) return false
    this.#requests.push(reference)
    return true
  }

  hasRoomFor(kind: SingleRegion['kind']): boolean {
    return this.#load.hasRoomFor(kind)
  }

  /**
   * Takes all that there is, in the order of pfsync_sendout, and leaves the bucket empty.
   *
   * @param exported the state as it is now
   * @param last goes behind everything else
   */
  take(exported: (state: PfState) => WireState, last?: SingleRegion): PfsyncRegion[] {
    const regions: PfsyncRegion[] = []
    const add = (region: Exclude<PfsyncRegion, { kind: 'foreign' }>): void => {
      if (region.entries.length > 0) regions.push(region)
    }
    const announced = (announcement: Announcement): PfState[] => {
      const states: PfState[] = []
      if (this.#load.countOf(announcement) === 0) return states
      for (const [state, each] of this.#announcements) if (each === announcement) states.push(state)
      return states
    }
    add({ kind: 'insert1400', entries: announced('insert1400').map(exported) })
    add({ kind: 'insertAck', entries: announced('insertAck').map(referenceTo) })
    add({ kind: 'update1400', entries: announced('update1400').map(exported) })
    add({ kind: 'updateCompressed', entries: announced('updateCompressed').map(compressed) })
    add({ kind: 'deleteCompressed', entries: announced('deleteCompressed').map(referenceTo) })
    add({ kind: 'updateRequest', entries: this.#requests })
    if (last !== undefined) regions.push(last)
    this.clear()
    return regions
  }

  clear(): void {
    this.#announcements.clear()
    this.#requests = []
    this.#load.clear()
  }
}

function referenceTo({ id, creatorId }: PfState): PfsyncReference {
  return { id, creatorId }
}

/** pfsync_out_upd_c */
function compressed(state: PfState) {
  return {
    id: state.id,
    creatorId: state.creatorId,
    source: toWirePeer(state.source),
    destination: toWirePeer(state.destination),
    timeout: state.timeout,
  }
}
