import type { Nanoseconds } from '../../../engine/time.ts'
import { PFSYNC_ACTION } from '../../../protocols/pfsync/actions.ts'
import { PF_ADDRESS_FAMILY } from '../../../protocols/pfsync/fields.ts'
import type {
  PfsyncClear,
  PfsyncCompressedUpdate,
  PfsyncReference,
} from '../../../protocols/pfsync/messages.ts'
import type { PfPeer } from '../../../protocols/pfsync/peer.ts'
import type { PfsyncRegion } from '../../../protocols/pfsync/regions.ts'
import {
  PF_DIRECTION,
  PF_NONE,
  type PfState as WireState,
} from '../../../protocols/pfsync/state-1400.ts'
import type { ParsedPfsync } from '../../../protocols/pfsync/wire.ts'
import type { PacketFilter } from '../pf/filter.ts'
import { applyUpdate } from '../pf/merge.ts'
import { type PfState, STATE_FLAG, TCP_LEVEL } from '../pf/state.ts'
import type { ImportOutcome } from '../pf/state-record.ts'
import { TIMEOUT } from '../pf/timeouts.ts'
import type { BulkRequester, BulkResponder } from './bulk.ts'
import { fromWirePeer, fromWireState } from './convert.ts'
import { countEntries, type PfsyncCounters } from './counters.ts'
import type { PfsyncSender } from './sender.ts'

export interface ReceiverSettings {
  readonly filter: PacketFilter
  readonly sender: PfsyncSender
  readonly requester: BulkRequester
  readonly responder: BulkResponder
  readonly counters: PfsyncCounters
  /** Whether there is an interface, or a group of them, of this name. */
  readonly hasInterface: (name: string) => boolean
  readonly nowNs: () => Nanoseconds
}

/** Carries out the regions of a received packet (pfsync_in_* of if_pfsync.c). */
export class PfsyncReceiver {
  #settings: ReceiverSettings

  constructor(settings: ReceiverSettings) {
    this.#settings = settings
  }

  /**
   * Does what the packet says, up to its first fault.
   *
   * @param sameRules whether the sender has the same rules, so that their numbers hold here
   * @returns whether all of it was understood
   */
  process({ regions, fault }: ParsedPfsync, sameRules: boolean): boolean {
    const { counters } = this.#settings
    for (const region of regions) {
      if (region.kind === 'foreign' && region.action > PFSYNC_ACTION.update1400) {
        // PFSYNC_ACT_MAX of FreeBSD 14: it has no layout 1500.
        counters.badAction += 1
        return false
      }
      countEntries(counters.receivedEntries, region)
      this.#processRegion(region, sameRules)
    }
    if (fault === undefined) return true
    if (fault.reason === 'badType') counters.badAction += 1
    else counters.badLength += 1
    return false
  }

  #processRegion(region: PfsyncRegion, sameRules: boolean): void {
    switch (region.kind) {
      case 'insert1400':
        this.#insertAll(region.entries, sameRules)
        break
      case 'update1400':
        for (const entry of region.entries) this.#updateWhole(entry, sameRules)
        break
      case 'updateCompressed':
        for (const entry of region.entries) this.#updateCompressed(entry)
        break
      case 'updateRequest':
        for (const entry of region.entries) this.#answer(entry)
        break
      case 'deleteCompressed':
        for (const entry of region.entries) this.#delete(entry)
        break
      case 'clear':
        for (const entry of region.entries) this.#clear(entry)
        break
      case 'bulkStatus': {
        // The kernel looks at the first entry only (pfsync_in_bus).
        const [entry] = region.entries
        if (entry !== undefined) this.#settings.requester.statusReceived(entry)
        break
      }
      default:
        // An acknowledgement lets a packet go, and none is held back here; IPsec is not modelled;
        // the layout 1301 is not read.
        break
    }
  }

  // --- Whole states -----------------------------------------------------------------------------

  /** pfsync_in_ins */
  #insertAll(entries: readonly WireState[], sameRules: boolean): void {
    for (const entry of entries) {
      const isKnownFamily =
        entry.addressFamily === PF_ADDRESS_FAMILY.ipv4 ||
        entry.addressFamily === PF_ADDRESS_FAMILY.ipv6
      if (!isAcceptable(entry) || entry.direction > PF_DIRECTION.out || !isKnownFamily) {
        this.#settings.counters.badValue += 1
        continue
      }
      // Without room for this one (ENOMEM), no other one is tried.
      if (this.#import(entry, sameRules) === 'limit') return
    }
  }

  /** pfsync_in_upd */
  #updateWhole(entry: WireState, sameRules: boolean): void {
    const { counters } = this.#settings
    if (!isAcceptable(entry)) {
      counters.badValue += 1
      return
    }
    const state = this.#find(entry)
    if (state !== undefined) {
      this.#merge(state, entry)
      return
    }
    const result = this.#import(entry, sameRules)
    if (result !== 'imported' && result !== 'skipped') counters.badState += 1
  }

  /** pfsync_state_import */
  #import(entry: WireState, sameRules: boolean): ImportOutcome['result'] {
    const { filter, sender, counters, nowNs } = this.#settings
    const record = fromWireState(entry)
    if (record === undefined) return 'skipped'
    const outcome = filter.importState(record, sameRules && entry.anchor === PF_NONE, nowNs())
    const { result } = outcome
    if (result === 'keyCollision' || result === 'idCollision') counters.collisions += 1
    if (result === 'imported' && (entry.flags & STATE_FLAG.ack) !== 0) {
      sender.acknowledge(outcome.state)
    }
    return result
  }

  // --- Changes of the table --------------------------------------------------------------------

  /** pfsync_in_upd_c */
  #updateCompressed(entry: PfsyncCompressedUpdate): void {
    if (!isAcceptable(entry)) {
      this.#settings.counters.badValue += 1
      return
    }
    const state = this.#find(entry)
    if (state !== undefined) this.#merge(state, entry)
    else this.#settings.sender.request({ id: entry.id, creatorId: entry.creatorId })
  }

  /** Takes over what the peer knows better, and corrects it where we do. */
  #merge(state: PfState, { source, destination, timeout }: EndsOfState): void {
    const { filter, sender, counters, nowNs } = this.#settings
    const update = {
      source: fromWirePeer(source),
      destination: fromWirePeer(destination),
      timeout,
    }
    const { staleSides } = applyUpdate(state, update, filter.states.secondAt(nowNs()))
    if (staleSides === 0) return
    counters.stale += 1
    sender.updated(state)
    sender.pushAll()
  }

  // --- Requests ---------------------------------------------------------------------------------

  /** pfsync_in_ureq */
  #answer(reference: PfsyncReference): void {
    const { id, creatorId } = reference
    if (id.high === 0 && id.low === 0 && creatorId === 0) {
      this.#settings.responder.start()
      return
    }
    const state = this.#find(reference)
    if (state === undefined) this.#settings.counters.badState += 1
    else this.#settings.sender.tellWhole(state)
  }

  // --- Ends -------------------------------------------------------------------------------------

  /** pfsync_in_del_c */
  #delete(reference: PfsyncReference): void {
    const state = this.#find(reference)
    if (state === undefined) this.#settings.counters.badState += 1
    else this.#remove(state)
  }

  /** pfsync_in_clr: an interface that is known does not narrow it down. */
  #clear({ interfaceName, creatorId }: PfsyncClear): void {
    if (interfaceName !== '' && !this.#settings.hasInterface(interfaceName)) return
    for (const state of this.#settings.filter.states.all()) {
      if (state.creatorId === creatorId) this.#remove(state)
    }
  }

  #remove(state: PfState): void {
    const { filter, nowNs } = this.#settings
    filter.states.remove(state, 'peer', nowNs())
  }

  #find({ id, creatorId }: PfsyncReference): PfState | undefined {
    return this.#settings.filter.states.findById(id, creatorId)
  }
}

interface EndsOfState {
  readonly source: PfPeer
  readonly destination: PfPeer
  readonly timeout: number
}

function isAcceptable({ source, destination, timeout }: EndsOfState): boolean {
  const { proxyDestination } = TCP_LEVEL
  return (
    timeout < TIMEOUT.max &&
    source.state <= proxyDestination &&
    destination.state <= proxyDestination
  )
}
