import type { Timer } from '../../../engine/scheduler.ts'
import type { Nanoseconds } from '../../../engine/time.ts'
import { PFSYNC_EMPTY_LOAD_BYTES } from '../../../protocols/pfsync/load.ts'
import { PFSYNC_BULK, type PfsyncBulkStatus } from '../../../protocols/pfsync/messages.ts'
import { PF_STATE_1400_BYTES } from '../../../protocols/pfsync/state-1400.ts'
import type { IpStack } from '../../host/ip-stack.ts'
import { type PfState, rowOf } from '../pf/state.ts'
import type { StateTable } from '../pf/state-table.ts'
import { TIMEOUT } from '../pf/timeouts.ts'
import type { PfsyncSender } from './sender.ts'
import { secondsDelayNs, type Ticks } from './ticks.ts'

/** The whole state table, asked for and sent (pfsync_bulk_* and pfsync_in_bus of if_pfsync.c). */

/** Until an answer, and between tries. */
const RETRY_SECONDS = 5
/** PFSYNC_MAX_BULKTRIES */
const MAX_RETRIES = 12
/** The shortest time of the fail timer once the answer has begun. */
const ANSWER_SECONDS = 4

/** The reason that the kernel gives CARP with every change of the demotion, even by 0. */
export type BulkReason = 'pfsync bulk start' | 'pfsync bulk done' | 'pfsync bulk fail'

export interface BulkSettings {
  readonly stack: IpStack
  readonly states: StateTable
  readonly sender: PfsyncSender
  readonly ticks: Ticks
  /** The MTU of pfsync0 in bytes. */
  readonly mtuBytes: number
  readonly nowNs: () => Nanoseconds
}

// --- Asking ------------------------------------------------------------------------------------

export class BulkRequester {
  #settings: BulkSettings
  #tell: (reason: BulkReason, retries: number) => void
  #failTimer: Timer
  /** When it was asked, in seconds of uptime; undefined: nothing is awaited (sc_ureq_sent). */
  #askedSecond: number | undefined
  #retries = 0
  #isOk = true

  /** @param tell hears of each turn, and after how many retries */
  constructor(settings: BulkSettings, tell: (reason: BulkReason, retries: number) => void) {
    this.#settings = settings
    this.#tell = tell
    this.#failTimer = settings.stack.timer(() => this.#failTimerFired())
  }

  /** `syncok` of `ifconfig pfsync0`: no table is awaited. True at first, and again after a fail. */
  get isOk(): boolean {
    return this.#isOk
  }

  /** The end of pfsync_kstatus_to_softc */
  ask(): void {
    if (this.#isOk) this.#tell('pfsync bulk start', 0)
    this.#isOk = false
    this.#sendRequest()
    this.#askedSecond = this.#second()
    this.#armSeconds(RETRY_SECONDS)
  }

  /** A peer begins its table, or is through (pfsync_in_bus). */
  statusReceived({ status, sinceRequestSeconds }: PfsyncBulkStatus): void {
    if (this.#askedSecond === undefined) return
    if (status === PFSYNC_BULK.start) this.#awaitTable()
    // An end that belongs to an older request than ours says nothing.
    const isOurs = this.#second() - sinceRequestSeconds >= this.#askedSecond
    if (status === PFSYNC_BULK.end && isOurs) this.#finish('pfsync bulk done')
  }

  /** Arms the timer for a whole table: the limit of states, at one packet in each tick. */
  #awaitTable(): void {
    const { states, mtuBytes, ticks, nowNs } = this.#settings
    const statesInPacket = Math.floor((mtuBytes - PFSYNC_EMPTY_LOAD_BYTES) / PF_STATE_1400_BYTES)
    const forStates = ticks.delayNs(nowNs(), Math.floor(states.limit / statesInPacket))
    this.#failTimer.arm(secondsDelayNs(ticks, nowNs(), ANSWER_SECONDS) + forStates)
  }

  /** pfsync_bulk_fail */
  #failTimerFired(): void {
    if (this.#retries >= MAX_RETRIES) {
      this.#finish('pfsync bulk fail')
      return
    }
    this.#retries += 1
    this.#armSeconds(RETRY_SECONDS)
    this.#sendRequest()
  }

  #finish(reason: BulkReason): void {
    const retries = this.#retries
    this.#askedSecond = undefined
    this.#retries = 0
    this.#failTimer.cancel()
    this.#isOk = true
    this.#tell(reason, retries)
  }

  #sendRequest(): void {
    this.#settings.sender.request({ id: { high: 0, low: 0 }, creatorId: 0 })
  }

  #armSeconds(seconds: number): void {
    const { ticks, nowNs } = this.#settings
    this.#failTimer.arm(secondsDelayNs(ticks, nowNs(), seconds))
  }

  #second(): number {
    return this.#settings.states.secondAt(this.#settings.nowNs())
  }
}

// --- Answering ---------------------------------------------------------------------------------

/**
 * Sends the table row by row, a packet in a tick. It walks the states that there were when it was
 * asked: those made since are told as new ones.
 */
export class BulkResponder {
  #settings: BulkSettings
  #tellDone: (states: number) => void
  #timer: Timer
  /** When it was asked, in seconds of uptime (sc_ureq_received). */
  #askedSecond = 0
  #walk: readonly PfState[] = []
  /** The position of the state that filled the last packet. */
  #position = 0
  #told = new Set<PfState>()

  /** @param tellDone hears when a table was sent, and of how many states */
  constructor(settings: BulkSettings, tellDone: (states: number) => void) {
    this.#settings = settings
    this.#tellDone = tellDone
    this.#timer = settings.stack.timer(() => this.#continue())
  }

  /** pfsync_bulk_start. A request that comes while a table is being sent starts it over. */
  start(): void {
    const { states, nowNs } = this.#settings
    this.#askedSecond = states.secondAt(nowNs())
    this.#walk = states.all()
    this.#position = 0
    this.#told.clear()
    this.#sendStatus(PFSYNC_BULK.start)
    this.#armTick()
  }

  /** pfsync_bulk_update */
  #continue(): void {
    for (let at = this.#resumeAt(); at < this.#walk.length; at++) {
      const state = this.#walk[at]
      if (state === undefined || !this.#isToTell(state)) continue
      this.#told.add(state)
      if (this.#settings.sender.tellWhole(state)) {
        this.#position = at
        this.#armTick()
        return
      }
    }
    this.#sendStatus(PFSYNC_BULK.end)
    this.#walk = []
    this.#tellDone(this.#told.size)
    this.#told.clear()
  }

  /** At the state that filled the packet, which so is sent twice; if it went, at its row. */
  #resumeAt(): number {
    const last = this.#walk[this.#position]
    if (last === undefined || this.#isHere(last)) return this.#position
    let at = this.#position
    while (at > 0 && rowOf((this.#walk[at - 1] ?? last).id) === rowOf(last.id)) at -= 1
    return at
  }

  #isToTell(state: PfState): boolean {
    return (
      this.#isHere(state) &&
      !this.#settings.sender.isQueued(state) &&
      state.timeout < TIMEOUT.max &&
      state.peerSecond <= this.#askedSecond
    )
  }

  #isHere(state: PfState): boolean {
    return this.#settings.states.findById(state.id, state.creatorId) === state
  }

  /** pfsync_bulk_status */
  #sendStatus(status: number): void {
    const { states, sender, nowNs } = this.#settings
    const sinceRequestSeconds = states.secondAt(nowNs()) - this.#askedSecond
    const entry = { creatorId: states.creatorId, sinceRequestSeconds, status }
    sender.sendSingle({ kind: 'bulkStatus', entries: [entry] })
  }

  #armTick(): void {
    const { ticks, nowNs } = this.#settings
    this.#timer.arm(ticks.delayNs(nowNs(), 1))
  }
}
