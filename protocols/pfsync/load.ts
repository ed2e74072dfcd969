import { entryBytesOf, PFSYNC_ACTION, type PfsyncActionName } from './actions.ts'
import { PFSYNC_SUBHEADER_BYTES } from './regions.ts'
import { PFSYNC_HEADER_BYTES } from './wire.ts'

/** The size of the next pfsync packet (FreeBSD if_pfsync.c, b_len of struct pfsync_bucket). */

/** The MTU of pfsync0, which does not depend on the sync interface. */
export const PFSYNC_MTU_BYTES = 1500

/** The length of an IPv6 header, which FreeBSD also reserves for IPv4. */
const COUNTED_IP_HEADER_BYTES = 40

/** The size of an empty packet: both headers and EOF (PFSYNC_MINPKT). */
export const PFSYNC_EMPTY_LOAD_BYTES =
  COUNTED_IP_HEADER_BYTES + PFSYNC_HEADER_BYTES + PFSYNC_SUBHEADER_BYTES

/** Kinds with a subheader for each entry (pfsync_send_plus). */
const SINGLE: ReadonlySet<PfsyncActionName> = new Set(['bulkStatus', 'clear'])

/**
 * Counts the bytes of queued entries without their content: FreeBSD counts a state when it is
 * queued and reads it when the packet is sent.
 */
export class PfsyncLoad {
  readonly #mtuBytes: number
  #bytes = PFSYNC_EMPTY_LOAD_BYTES
  readonly #counts = new Map<PfsyncActionName, number>()

  /** @param mtuBytes must be above `PFSYNC_EMPTY_LOAD_BYTES` */
  constructor(mtuBytes = PFSYNC_MTU_BYTES) {
    this.#mtuBytes = mtuBytes
  }

  /** The size as FreeBSD counts it: 20 more than the IPv4 packet. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#bytes === PFSYNC_EMPTY_LOAD_BYTES
  }

  /** The free bytes. A bulk update pauses when no state fits (pfsync_update_state_req). */
  get roomBytes(): number {
    return this.#mtuBytes - this.#bytes
  }

  countOf(kind: PfsyncActionName): number {
    return this.#counts.get(kind) ?? 0
  }

  /** Whether one more entry fits. If not, FreeBSD sends the packet at once. */
  hasRoomFor(kind: PfsyncActionName): boolean {
    return this.#costOf(kind) <= this.roomBytes
  }

  /** @returns false when there is no room for it; then nothing changes */
  add(kind: PfsyncActionName): boolean {
    const cost = this.#costOf(kind)
    if (cost > this.roomBytes) return false
    this.#bytes += cost
    this.#counts.set(kind, this.countOf(kind) + 1)
    return true
  }

  /** Removes one entry (pfsync_q_del). @returns false when there is none */
  remove(kind: PfsyncActionName): boolean {
    const count = this.countOf(kind)
    if (count === 0) return false
    this.#counts.set(kind, count - 1)
    // The next entry would have the size of the removed one.
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
