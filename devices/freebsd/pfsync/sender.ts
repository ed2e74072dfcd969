import type { Nanoseconds } from '../../../engine/time.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import type { PfsyncReference } from '../../../protocols/pfsync/messages.ts'
import type { PfsyncRegion } from '../../../protocols/pfsync/regions.ts'
import { PF_STATE_1400_BYTES } from '../../../protocols/pfsync/state-1400.ts'
import type { IpStack } from '../../host/ip-stack.ts'
import { type PfState, rowOf, STATE_FLAG } from '../pf/state.ts'
import { exportState } from '../pf/state-record.ts'
import type { StateTable } from '../pf/state-table.ts'
import { type Announcement, Bucket, type SingleRegion } from './bucket.ts'
import { toWireState } from './convert.ts'
import { secondsDelayNs, type Ticks } from './ticks.ts'

/** Further hits of a queued TCP state after which it is sent at once (sc_maxupdates). */
const MAX_UPDATES = 128
/** A state that the peer touched less than so many seconds ago is sent at once. */
const PEER_RECENT_SECONDS = 2
/** After the first entry in an empty bucket. */
const BUCKET_SECONDS = 1

export interface SenderSettings {
  readonly stack: IpStack
  readonly states: StateTable
  readonly ticks: Ticks
  readonly buckets: number
  /** The MTU of pfsync0 in bytes. */
  readonly mtuBytes: number
  readonly nowNs: () => Nanoseconds
  readonly transmit: (regions: readonly PfsyncRegion[]) => void
}

/**
 * When what is told to the peer (pfsync_insert_state, pfsync_update_state, pfsync_delete_state,
 * pfsync_request_update, pfsync_send_plus, pfsyncintr of if_pfsync.c).
 */
export class PfsyncSender {
  /** Until there is a SYNC interface, what should be sent is forgotten (pfsync_drop). */
  isOpen = false
  #settings: SenderSettings
  #buckets: readonly Bucket[]
  #first: Bucket
  /** Packets that are complete, by bucket, until the software interrupt runs (b_snd). */
  #outboxes = new Map<Bucket, (readonly PfsyncRegion[])[]>()
  #interruptIsScheduled = false
  /** Hits since a state was queued (sync_updates). */
  #updates = new WeakMap<PfState, number>()

  constructor(settings: SenderSettings) {
    this.#settings = settings
    this.#first = this.#newBucket()
    const others = Array.from({ length: settings.buckets - 1 }, () => this.#newBucket())
    this.#buckets = [this.#first, ...others]
  }

  // --- Events of pf ----------------------------------------------------------------------------

  /** A state was made here: it is told within a second (pfsync_insert_state). */
  inserted(state: PfState): void {
    if (!isSynchronized(state)) return
    const bucket = this.#bucketOf(state)
    this.#armIfEmpty(bucket)
    this.#announce(bucket, state, 'insert1400')
    this.#updates.set(state, 0)
  }

  /** A packet hit the state, or the peer's idea of it is out of date (pfsync_update_state). */
  updated(state: PfState): void {
    if (!isSynchronized(state)) return
    const bucket = this.#bucketOf(state)
    this.#armIfEmpty(bucket)
    const queued = bucket.announcementOf(state)
    let isUrgent = false
    if (queued === undefined || queued === 'insertAck') {
      bucket.withdraw(state)
      this.#announce(bucket, state, 'updateCompressed')
      this.#updates.set(state, 0)
    } else if (state.wire.protocol === IP_PROTOCOL.tcp) {
      const updates = (this.#updates.get(state) ?? 0) + 1
      this.#updates.set(state, updates)
      isUrgent = updates >= MAX_UPDATES
    }
    if (isUrgent || this.#isRecentlyTouched(state)) this.#push(bucket)
  }

  /** Never touched is 0 to the kernel too, whose uptime is beyond 2 s by the time it has states. */
  #isRecentlyTouched({ peerSecond }: PfState): boolean {
    const second = this.#settings.states.secondAt(this.#settings.nowNs())
    return peerSecond !== 0 && second - peerSecond < PEER_RECENT_SECONDS
  }

  /** A state is gone, whoever made it (pfsync_delete_state). */
  deleted(state: PfState): void {
    if (!isSynchronized(state)) return
    const bucket = this.#bucketOf(state)
    this.#armIfEmpty(bucket)
    const wasToBeTold = bucket.announcementOf(state) === 'insert1400'
    bucket.withdraw(state)
    if (!wasToBeTold) this.#announce(bucket, state, 'deleteCompressed')
  }

  /** A state is gone, and the peer knows. */
  forget(state: PfState): void {
    this.#bucketOf(state).withdraw(state)
  }

  // --- Requests of the peer --------------------------------------------------------------------

  /** Whether anything is to be told of the state. */
  isQueued(state: PfState): boolean {
    return this.#bucketOf(state).announcementOf(state) !== undefined
  }

  /**
   * Tells the whole state, at once (pfsync_update_state_req).
   *
   * @returns whether its packet has room for no other one
   */
  tellWhole(state: PfState): boolean {
    if (!isSynchronized(state)) return false
    const bucket = this.#bucketOf(state)
    const queued = bucket.announcementOf(state)
    if (queued === undefined || queued === 'updateCompressed' || queued === 'insertAck') {
      bucket.withdraw(state)
      this.#announce(bucket, state, 'update1400')
      this.#push(bucket)
    }
    return bucket.roomBytes < PF_STATE_1400_BYTES
  }

  /** Acknowledges an insertion: the peer holds a packet back until then (PFSYNC_S_IACK). */
  acknowledge(state: PfState): void {
    this.#announce(this.#bucketOf(state), state, 'insertAck')
    this.pushAll()
  }

  /** Asks for a whole state, or with zeroes for all, unless it is about to be asked for. */
  request(reference: PfsyncReference): void {
    if (this.#first.hasRequest(reference)) return
    if (!this.#first.request(reference)) {
      this.#complete(this.#first)
      this.#first.request(reference)
    }
    this.#push(this.#first)
  }

  /** Sends a region of its own, at once, behind what the first bucket holds (pfsync_send_plus). */
  sendSingle(region: SingleRegion): void {
    if (!this.#first.hasRoomFor(region.kind)) this.#complete(this.#first)
    this.#complete(this.#first, region)
    this.#scheduleInterrupt()
  }

  /** pfsync_push_all */
  pushAll(): void {
    for (const bucket of this.#buckets) this.#push(bucket)
  }

  /** Sends all that there is, as a change of settings does (pfsync_kstatus_to_softc). */
  flush(): void {
    for (const bucket of this.#buckets) {
      if (bucket.isEmpty) continue
      this.#complete(bucket)
      this.#scheduleInterrupt()
    }
  }

  // --- Buckets ----------------------------------------------------------------------------------

  #newBucket(): Bucket {
    const { mtuBytes, stack } = this.#settings
    const bucket: Bucket = new Bucket(
      mtuBytes,
      stack.timer(() => this.#push(bucket)),
    )
    this.#outboxes.set(bucket, [])
    return bucket
  }

  /** pfsync_get_bucket */
  #bucketOf(state: PfState): Bucket {
    return this.#buckets[rowOf(state.id) % this.#buckets.length] ?? this.#first
  }

  #armIfEmpty(bucket: Bucket): void {
    if (!bucket.isEmpty) return
    const { ticks, nowNs } = this.#settings
    bucket.timer.arm(secondsDelayNs(ticks, nowNs(), BUCKET_SECONDS))
  }

  #announce(bucket: Bucket, state: PfState, announcement: Announcement): void {
    if (bucket.announce(state, announcement)) return
    this.#complete(bucket)
    this.#scheduleInterrupt()
    bucket.announce(state, announcement)
  }

  /** pfsync_push */
  #push(bucket: Bucket): void {
    bucket.isPushed = true
    this.#scheduleInterrupt()
  }

  /** Reads the states as they are now, and begins a new packet (pfsync_sendout). */
  #complete(bucket: Bucket, last?: SingleRegion): void {
    const { states, nowNs } = this.#settings
    if (!this.isOpen) {
      for (const each of this.#buckets) each.clear()
      return
    }
    const exported = (state: PfState) => toWireState(exportState(state, states, nowNs()))
    this.#outboxes.get(bucket)?.push(bucket.take(exported, last))
  }

  #scheduleInterrupt(): void {
    if (this.#interruptIsScheduled) return
    this.#interruptIsScheduled = true
    this.#settings.stack.defer(() => {
      this.#interruptIsScheduled = false
      this.#interrupt()
    })
  }

  /** The software interrupt sends, bucket after bucket (pfsyncintr). */
  #interrupt(): void {
    for (const [bucket, outbox] of this.#outboxes) {
      if (bucket.isPushed && !bucket.isEmpty) {
        this.#complete(bucket)
        bucket.isPushed = false
      }
      for (const regions of outbox.splice(0)) this.#settings.transmit(regions)
    }
  }
}

/** Neither states of `no-sync` rules nor those of pfsync itself are told. */
function isSynchronized({ flags, wire }: PfState): boolean {
  return (flags & STATE_FLAG.noSync) === 0 && wire.protocol !== IP_PROTOCOL.pfsync
}
