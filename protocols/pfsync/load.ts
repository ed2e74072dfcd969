import { entryBytesOf, PFSYNC_ACTION, type PfsyncActionName } from './actions.ts'
import { PFSYNC_SUBHEADER_BYTES } from './regions.ts'
import { PFSYNC_HEADER_BYTES } from './wire.ts'

/** How much a packet under construction holds (FreeBSD if_pfsync.c, b_len of struct pfsync_bucket). */

/** The MTU of pfsync0, whatever that of the interface beneath it. */
export const PFSYNC_MTU_BYTES = 1500

/** The IP header as it is counted: that of IPv6, also for IPv4, so IPv4 packets stay 20 below. */
const COUNTED_IP_HEADER_BYTES = 40

/** What an empty packet counts: both headers and EOF (PFSYNC_MINPKT). */
export const PFSYNC_EMPTY_LOAD_BYTES =
  COUNTED_IP_HEADER_BYTES + PFSYNC_HEADER_BYTES + PFSYNC_SUBHEADER_BYTES

/** Those that come with a subheader each, and not behind others of their kind (pfsync_send_plus). */
const SINGLE: ReadonlySet<PfsyncActionName> = new Set(['bulkStatus', 'clear'])

/**
 * The account of what is queued, before it is known what it will say: FreeBSD counts a state when
 * it is queued, and reads it when the packet is sent.
 */
export class PfsyncLoad {
  readonly #mtuBytes: number
  #bytes = PFSYNC_EMPTY_LOAD_BYTES
  readonly #counts = new Map<PfsyncActionName, number>()

  /** @param mtuBytes above `PFSYNC_EMPTY_LOAD_BYTES` */
  constructor(mtuBytes = PFSYNC_MTU_BYTES) {
    this.#mtuBytes = mtuBytes
  }

  /** As FreeBSD counts: 20 more than the IPv4 packet will have. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#bytes === PFSYNC_EMPTY_LOAD_BYTES
  }

  /** What is left. Below the size of a state a bulk update pauses (pfsync_update_state_req). */
  get roomBytes(): number {
    return this.#mtuBytes - this.#bytes
  }

  countOf(kind: PfsyncActionName): number {
    return this.#counts.get(kind) ?? 0
  }

  /** Whether one more fits. If not, FreeBSD sends what there is, at once, and begins anew. */
  hasRoomFor(kind: PfsyncActionName): boolean {
    return this.#costOf(kind) <= this.roomBytes
  }

  /** @returns false when it is full for this kind; then nothing has changed */
  add(kind: PfsyncActionName): boolean {
    const cost = this.#costOf(kind)
    if (cost > this.roomBytes) return false
    this.#bytes += cost
    this.#counts.set(kind, this.countOf(kind) + 1)
    return true
  }

  /** Takes one back, as pfsync_q_del. @returns false when there is none */
  remove(kind: PfsyncActionName): boolean {
    const count = this.countOf(kind)
    if (count === 0) return false
    this.#counts.set(kind, count - 1)
    // What the next one would cost is what the last one did.
    this.#bytes -= this.#costOf(kind)
    return true
  }

  clear(): void {
    this.#bytes = PFSYNC_EMPTY_LOAD_BYTES
    this.#counts.clear()
  }

  #costOf(kind: PfsyncActionName): number {
    const opensRegion = SINGLE.has(kind) || this.countOf(kind) === 0
    const entryBytes = entryBytesOf(PFSYNC_ACTION[kind]) ?? 0
    return entryBytes + (opensRegion ? PFSYNC_SUBHEADER_BYTES : 0)
  }
}
