import { assert } from '../../../engine/assert.ts'
import { type Nanoseconds, RUN_EPOCH_UNIX_US, SECOND_NS } from '../../../engine/time.ts'
import { type Asker, Decider } from '../../decider.ts'
import { KeyTable, type StatePlace } from './key-table.ts'
import type { Direction, Endpoints } from './packet.ts'
import { PurgeSchedule } from './purge-schedule.ts'
import type { PfState, StateId, StateKey } from './state.ts'
import { NORMAL_TIMEOUTS, TIMEOUT, type Timeouts } from './timeouts.ts'

/** Why a state went: its time was up, its ports were used anew, the peer said so, or somebody. */
export type DeleteCause = 'expired' | 'reused' | 'peer' | 'cleared'

/** Hears of states, as pfsync does: in the middle of things, so it must not change the table. */
export interface StateListener {
  /** @param origin who made it: this host, or a peer that told us of it */
  onInsert?(state: PfState, origin: 'local' | 'peer', nowNs: Nanoseconds): void
  /** A packet hit it and passed (where pf calls pfsync_update_state). */
  onUpdate?(state: PfState, nowNs: Nanoseconds): void
  onDelete?(state: PfState, cause: DeleteCause, nowNs: Nanoseconds): void
}

export interface StateCounters {
  /** Made by packets here. */
  created: number
  /** Made because a peer told of them. */
  synced: number
  /** Purged because their time was up. */
  expired: number
  /** The largest number at once. */
  peak: number
}

export interface StateTableSettings {
  /** The filter host id: 1 to 2^32 - 1, and another on each node. */
  readonly creatorId: number
  /** When uptime was 0; it counts whole seconds from here. May lie before the run. */
  readonly bootNs: Nanoseconds
  /** When pf was enabled: gives the first state id, and the purge thread its beat. */
  readonly startNs: Nanoseconds
  /** Undefined: `NORMAL_TIMEOUTS`. */
  readonly timeouts?: Timeouts
  /** The most states there may be, `set limit states`. Undefined: 400 000, as pfSense with 4 GB. */
  readonly limit?: number
}

const DEFAULT_LIMIT = 400_000

/** The states of one host, by key and by id (pf_state_insert, pf_unlink_state). */
export class StateTable {
  readonly creatorId: number
  readonly limit: number
  readonly counters: StateCounters = { created: 0, synced: 0, expired: 0, peak: 0 }
  #timeouts: Timeouts
  #bootNs: Nanoseconds
  #keys = new KeyTable()
  #ids = new Map<number, PfState[]>()
  #size = 0
  #purge: PurgeSchedule
  #nextId: StateId
  /**
   * Whether the id is taken, as after a quick reboot when the peer gave back the states from
   * before.
   */
  #isNextIdTaken = false
  #nextIdTaken = new Decider('state')
  #listeners: StateListener[] = []

  constructor(settings: StateTableSettings) {
    const { creatorId, bootNs, startNs } = settings
    assert(creatorId > 0 && creatorId <= 0xffff_ffff, `${creatorId} is no filter host id`)
    this.creatorId = creatorId
    this.limit = settings.limit ?? DEFAULT_LIMIT
    this.#timeouts = settings.timeouts ?? NORMAL_TIMEOUTS
    this.#bootNs = bootNs
    this.#purge = new PurgeSchedule(startNs)
    this.#nextId = { high: 0, low: unixSecond(startNs) }
  }

  get size(): number {
    return this.#size
  }

  /** When the next pass of the purge thread takes place: the time to call `purge`. */
  get nextPurgeNs(): Nanoseconds {
    return this.#purge.nextPassNs
  }

  listen(listener: StateListener): void {
    this.#listeners.push(listener)
  }

  // --- Time -------------------------------------------------------------------------------------

  /** Whole seconds of uptime: all that pf measures ages and timeouts in. */
  secondAt(nowNs: Nanoseconds): number {
    return Math.floor((nowNs - this.#bootNs) / SECOND_NS)
  }

  timeoutSeconds(state: PfState): number {
    return this.#timeouts[state.timeout] ?? 0
  }

  /** The second of uptime from which on a scan of its row ends the state (pf_state_expires). */
  expiresAtSecond(state: PfState): number {
    return state.hitSecond + this.timeoutSeconds(state)
  }

  /** Ends what the purge thread has ended by now. Before anything else that happens at `nowNs`. */
  purge(nowNs: Nanoseconds): void {
    if (nowNs >= this.#purge.nextPassNs) this.#purge.run(nowNs, this.#hasExpired, this.#expire)
  }

  readonly #hasExpired = (state: PfState, passNs: Nanoseconds): boolean =>
    state.timeout >= TIMEOUT.max || this.expiresAtSecond(state) <= this.secondAt(passNs)

  readonly #expire = (state: PfState, passNs: Nanoseconds): void => {
    this.counters.expired += 1
    this.remove(state, 'expired', passNs)
  }

  // --- Finding ----------------------------------------------------------------------------------

  /** The state that a packet on this interface belongs to. */
  find(
    direction: Direction,
    interfaceName: string,
    protocol: number,
    flow: Endpoints,
    asker?: Asker,
  ): PfState | undefined {
    return this.#keys.find(direction, interfaceName, protocol, flow, asker)
  }

  findById(id: StateId, creatorId: number): PfState | undefined {
    return this.#ids
      .get(id.low)
      ?.find((state) => state.id.high === id.high && state.creatorId === creatorId)
  }

  /** Whether a flow with this key on the wire is known: its ports are taken. */
  hasWireKey(key: StateKey): boolean {
    return this.#keys.hasWireKey(key)
  }

  /** Whether a state stands in the place of a new one, or has the id that is next. */
  isTaken(place: StatePlace, asker?: Asker): boolean {
    asker?.note(this.#nextIdTaken)
    return this.#isNextIdTaken || this.#keys.isTaken(place, asker)
  }

  /** All states, by row of their id and within a row the youngest first, as bulk updates go. */
  all(): PfState[] {
    return this.#purge.inScanOrder()
  }

  // --- Changing ---------------------------------------------------------------------------------

  /** An id for a state made here: one after the other. */
  takeId(): StateId {
    const id = this.#nextId
    const low = (id.low + 1) >>> 0
    this.#nextId = { high: low === 0 ? id.high + 1 : id.high, low }
    this.#idsChanged()
    return id
  }

  #idsChanged(): void {
    const isTaken = this.findById(this.#nextId, this.creatorId) !== undefined
    if (isTaken === this.#isNextIdTaken) return
    this.#isNextIdTaken = isTaken
    this.#nextIdTaken.changed()
  }

  /** @returns why not: a state with its keys, or with its id and creator, is there already */
  insert(
    state: PfState,
    origin: 'local' | 'peer',
    nowNs: Nanoseconds,
  ): 'inserted' | 'keyCollision' | 'idCollision' {
    if (!this.#keys.attach(state)) return 'keyCollision'
    if (this.findById(state.id, state.creatorId) !== undefined) {
      this.#keys.detach(state)
      return 'idCollision'
    }
    const namesakes = this.#ids.get(state.id.low)
    if (namesakes === undefined) this.#ids.set(state.id.low, [state])
    else namesakes.push(state)
    this.#idsChanged()
    this.#purge.add(state)
    this.#size += 1
    this.counters.peak = Math.max(this.counters.peak, this.#size)
    if (origin === 'local') this.counters.created += 1
    else this.counters.synced += 1
    for (const listener of this.#listeners) listener.onInsert?.(state, origin, nowNs)
    return 'inserted'
  }

  /** Tells that a packet hit the state. The fields are the caller's. */
  touched(state: PfState, nowNs: Nanoseconds): void {
    for (const listener of this.#listeners) listener.onUpdate?.(state, nowNs)
  }

  remove(state: PfState, cause: DeleteCause, nowNs: Nanoseconds): void {
    const namesakes = this.#ids.get(state.id.low) ?? []
    assert(namesakes.includes(state), 'a state is removed from the table that it is in')
    if (namesakes.length === 1) this.#ids.delete(state.id.low)
    else namesakes.splice(namesakes.indexOf(state), 1)
    this.#idsChanged()
    this.#keys.detach(state)
    this.#purge.remove(state)
    this.#size -= 1
    for (const listener of this.#listeners) listener.onDelete?.(state, cause, nowNs)
  }
}

function unixSecond(nowNs: Nanoseconds): number {
  return Math.floor(RUN_EPOCH_UNIX_US / 1_000_000 + nowNs / SECOND_NS)
}
