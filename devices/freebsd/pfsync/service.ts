import { assert } from '../../../engine/assert.ts'
import { type Ipv4Address, isMulticastIpv4 } from '../../../protocols/addresses.ts'
import type { DropCause } from '../../../protocols/frame/fate.ts'
import { IP_PROTOCOL } from '../../../protocols/ipv4/wire.ts'
import { PFSYNC_EMPTY_LOAD_BYTES } from '../../../protocols/pfsync/load.ts'
import type { PfsyncRegion } from '../../../protocols/pfsync/regions.ts'
import { PF_STATE_1400_BYTES } from '../../../protocols/pfsync/state-1400.ts'
import {
  type ParsedPfsync,
  PFSYNC_CHECKSUM_BYTES,
  PFSYNC_GROUP,
  PFSYNC_TOS,
  PFSYNC_TTL,
  parsePfsync,
  pfsyncLength,
  writePfsync,
} from '../../../protocols/pfsync/wire.ts'
import { isWireError, type WireError } from '../../../protocols/wire-error.ts'
import { joinGroup } from '../../host/igmp.ts'
import type { IpInterface } from '../../host/interface.ts'
import type { ReceivedPacket } from '../../host/ip-input.ts'
import type { IpStack } from '../../host/ip-stack.ts'
import type { World } from '../../world.ts'
import type { PacketFilter } from '../pf/filter.ts'
import { FLOATING } from '../pf/state.ts'
import { type BulkReason, BulkRequester, BulkResponder } from './bulk.ts'
import { countEntries, newCounters, type PfsyncCounters } from './counters.ts'
import { PfsyncReceiver } from './receiver.ts'
import { PfsyncSender } from './sender.ts'
import { IDEAL_TICKS, type Ticks } from './ticks.ts'

export interface PfsyncSettings {
  /** The name of the SYNC interface (`syncdev`). */
  readonly interface: string
  /** `syncpeer`; undefined: the group 224.0.0.240. */
  readonly peer: Ipv4Address | undefined
  /** net.pfsync.pfsync_buckets: twice the CPUs. */
  readonly buckets: number
  /** MD5 of the loaded rules, 16 bytes. */
  readonly rulesetChecksum: Uint8Array
  /** The MTU of pfsync0 in bytes. */
  readonly mtuBytes: number
  /** Undefined: `IDEAL_TICKS`. */
  readonly ticks?: Ticks | undefined
  /** Whether pf is enabled; undefined: always. */
  readonly isPfEnabled?: (() => boolean) | undefined
  /** Called when the kernel adjusts the demotion of CARP. On pfSense the adjustment is 0. */
  readonly onBulk?: ((reason: BulkReason) => void) | undefined
}

/**
 * pfsync of one running firewall: tells its peer of its states and hears of theirs, as bytes
 * (sys/netpfil/pf/if_pfsync.c, message version 1400, without defer). It does not look at links: what
 * it sends into a dead one is lost.
 */
export class PfsyncService {
  readonly counters: PfsyncCounters = newCounters()
  #world: World
  #stack: IpStack
  #filter: PacketFilter
  #settings: PfsyncSettings
  #rulesetChecksum: Uint8Array
  #sender: PfsyncSender
  #requester: BulkRequester
  #receiver: PfsyncReceiver
  /** Undefined until `configure`. */
  #syncInterface: IpInterface | undefined
  /** While all states are thrown away: one message tells of them all. */
  #isClearing = false

  constructor(world: World, stack: IpStack, filter: PacketFilter, settings: PfsyncSettings) {
    const { buckets, mtuBytes, rulesetChecksum, ticks = IDEAL_TICKS } = settings
    assert(Number.isInteger(buckets) && buckets > 0, 'pfsync has at least one bucket')
    assert(mtuBytes >= PFSYNC_EMPTY_LOAD_BYTES + 4 + PF_STATE_1400_BYTES, 'a state fits a packet')
    this.#world = world
    this.#stack = stack
    this.#filter = filter
    this.#settings = settings
    this.#rulesetChecksum = checkedChecksum(rulesetChecksum)
    const { states } = filter
    const common = { stack, states, ticks, mtuBytes, nowNs: () => world.nowNs }
    const transmit = (regions: readonly PfsyncRegion[]) => this.#transmit(regions)
    this.#sender = new PfsyncSender({ ...common, buckets, transmit })
    const bulk = { ...common, sender: this.#sender }
    this.#requester = new BulkRequester(bulk, (reason, retries) => this.#tellBulk(reason, retries))
    this.#receiver = new PfsyncReceiver({
      filter,
      sender: this.#sender,
      requester: this.#requester,
      responder: new BulkResponder(bulk, (count) => this.#tellServed(count)),
      counters: this.counters,
      hasInterface: (name) =>
        name === FLOATING || stack.interfaces.some(({ systemName }) => systemName === name),
      nowNs: common.nowNs,
    })
    states.listen({
      onInsert: (state, origin) => {
        if (origin === 'local') this.#sender.inserted(state)
      },
      onUpdate: (state) => this.#sender.updated(state),
      onDelete: (state, cause) => {
        if (cause === 'peer' || this.#isClearing) this.#sender.forget(state)
        else this.#sender.deleted(state)
      },
    })
    stack.handle(IP_PROTOCOL.pfsync, (packet) => this.#receive(packet))
  }

  // --- Configuration ----------------------------------------------------------------------------

  /** `syncok` of `ifconfig pfsync0`: no bulk update is awaited. */
  get isOk(): boolean {
    return this.#requester.isOk
  }

  /** To be set when rules were loaded: 16 bytes. */
  set rulesetChecksum(checksum: Uint8Array) {
    this.#rulesetChecksum = checkedChecksum(checksum)
  }

  /**
   * One `ifconfig pfsync0 syncdev …`: from now on the interface is used, and the peer is asked for
   * its whole table, at every call (SIOCSETPFSYNC).
   */
  configure(): void {
    const { interface: name } = this.#settings
    const on = this.#stack.interfaces.find((candidate) => candidate.name === name)
    assert(on !== undefined, `the host has the SYNC interface ${name}`)
    this.#sender.flush()
    if (this.#syncInterface === undefined && isMulticastIpv4(this.#target)) {
      joinGroup(this.#world, this.#stack, on, this.#target)
    }
    this.#syncInterface = on
    this.#sender.isOpen = true
    this.#requester.ask()
  }

  /** `pfctl -F states`: throws all states away, here and those of ours at the peer (CLR). */
  clearStates(): void {
    const { states } = this.#filter
    this.#isClearing = true
    for (const state of states.all()) states.remove(state, 'cleared', this.#world.nowNs)
    this.#isClearing = false
    const entry = { interfaceName: '', creatorId: states.creatorId }
    this.#sender.sendSingle({ kind: 'clear', entries: [entry] })
  }

  get #target(): Ipv4Address {
    return this.#settings.peer ?? PFSYNC_GROUP
  }

  // --- Out --------------------------------------------------------------------------------------

  /** pfsync_tx. The source is that of the interface it leaves by. */
  #transmit(regions: readonly PfsyncRegion[]): void {
    const on = this.#syncInterface
    assert(on !== undefined, 'pfsync sends once it is configured')
    const packet = { rulesetChecksum: this.#rulesetChecksum, regions }
    const frame = this.#stack.newPacket(pfsyncLength(packet))
    writePfsync(frame.bytes, this.#stack.payloadAt(frame), packet)
    this.counters.sent += 1
    for (const region of regions) countEntries(this.counters.sentEntries, region)
    const header = {
      protocol: IP_PROTOCOL.pfsync,
      target: this.#target,
      ttl: PFSYNC_TTL,
      tos: PFSYNC_TOS,
      dontFragment: true,
      identification: 0,
    }
    if (isMulticastIpv4(this.#target)) this.#stack.sendToGroup(on, frame, header)
    else this.#stack.send(frame, header)
  }

  // --- In ---------------------------------------------------------------------------------------

  #receive(packet: ReceivedPacket): void {
    const { frame, arrival } = packet
    const { frames, nowNs } = this.#world
    const place = `${this.#stack.place} ${arrival.name}`
    this.counters.received += 1
    const accepted = this.#judge(packet)
    if (typeof accepted === 'string') {
      frames.drop(frame, accepted, place)
      return
    }
    this.#filter.states.purge(nowNs)
    const sameRules = isSameChecksum(accepted.rulesetChecksum, this.#rulesetChecksum)
    if (this.#receiver.process(accepted, sameRules)) frames.deliver(frame)
    else frames.drop(frame, 'pfsyncMalformed', place)
  }

  /** The checks of pfsync_input in its order: running, interface, TTL, length, version, length. */
  #judge(packet: ReceivedPacket): ParsedPfsync | DropCause {
    const { frame, header, payloadAt, payloadEnd, arrival } = packet
    const isPfEnabled = this.#settings.isPfEnabled?.() ?? true
    if (this.#syncInterface === undefined || !isPfEnabled) return 'pfsyncNotRunning'
    if (arrival !== this.#syncInterface) {
      this.counters.wrongInterface += 1
      return 'pfsyncWrongInterface'
    }
    if (header.ttl !== PFSYNC_TTL) {
      this.counters.badTtl += 1
      return 'pfsyncBadTtl'
    }
    const parsed = parsePfsync(frame.bytes, payloadAt, payloadEnd)
    if (!isWireError(parsed)) return parsed
    const { cause, counter } = REFUSALS[parsed]
    this.counters[counter] += 1
    return cause
  }

  // --- Events ----------------------------------------------------------------------------------

  #tellBulk(reason: BulkReason, retries: number): void {
    const { creatorId, size } = this.#filter.states
    this.#world.tell({
      node: this.#stack.place,
      kind: KIND_OF_BULK[reason],
      text: `pfsync0: ${TEXT_OF_BULK[reason]}`,
      details: { creatorId, states: size, retries },
    })
    this.#settings.onBulk?.(reason)
  }

  #tellServed(states: number): void {
    this.#world.tell({
      node: this.#stack.place,
      kind: 'pfsync.bulkServed',
      text: `pfsync0: sent the peer a bulk update of ${states} states`,
      details: { states },
    })
  }
}

const KIND_OF_BULK = {
  'pfsync bulk start': 'pfsync.bulkStart',
  'pfsync bulk done': 'pfsync.bulkDone',
  'pfsync bulk fail': 'pfsync.bulkFail',
} as const

const TEXT_OF_BULK: Readonly<Record<BulkReason, string>> = {
  'pfsync bulk start': 'requesting bulk update',
  'pfsync bulk done': 'received valid bulk update end',
  'pfsync bulk fail': 'failed to receive bulk update',
}

interface Refusal {
  readonly cause: DropCause
  readonly counter: 'shortHeader' | 'badVersion' | 'badLength'
}

const BAD_LENGTH: Refusal = { cause: 'pfsyncBadLength', counter: 'badLength' }

const REFUSALS: Readonly<Record<WireError, Refusal>> = {
  truncated: { cause: 'pfsyncBadLength', counter: 'shortHeader' },
  badVersion: { cause: 'pfsyncBadVersion', counter: 'badVersion' },
  badLength: BAD_LENGTH,
  badType: BAD_LENGTH,
  badChecksum: BAD_LENGTH,
}

function checkedChecksum(checksum: Uint8Array): Uint8Array {
  assert(checksum.length === PFSYNC_CHECKSUM_BYTES, 'the checksum of a rule set has 16 bytes')
  return checksum
}

function isSameChecksum(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, index) => byte === other[index])
}
