import { PFSYNC_MTU_BYTES, PfsyncLoad } from './load.ts'
import type { PfsyncEntries, PfsyncKind, PfsyncRegion } from './regions.ts'
import type { PfsyncPacket } from './wire.ts'

/** The kinds that FreeBSD sends: all but TDB. */
export type PfsyncSentKind = Exclude<PfsyncKind, 'tdb'>

/**
 * The order of regions in a packet: the queues of pfsync_qs, the requests, then entries with their
 * own subheader (pfsync_sendout). EOF follows.
 */
const RANK: Readonly<Record<PfsyncSentKind, number>> = {
  insert1400: 0,
  insertAck: 1,
  update1400: 2,
  updateCompressed: 3,
  deleteCompressed: 4,
  updateRequest: 5,
  bulkStatus: 6,
  clear: 6,
}
const RANK_OF_SINGLES = 6

interface OpenRegion {
  readonly kind: PfsyncSentKind
  readonly entries: unknown[]
}

/** Collects entries into the regions of one packet, in the order of FreeBSD, until it is full. */
export class PfsyncBuilder {
  readonly #load: PfsyncLoad
  #regions: OpenRegion[] = []

  /** @param mtuBytes the MTU of pfsync0 */
  constructor(mtuBytes = PFSYNC_MTU_BYTES) {
    this.#load = new PfsyncLoad(mtuBytes)
  }

  get isEmpty(): boolean {
    return this.#load.isEmpty
  }

  hasRoomFor(kind: PfsyncSentKind): boolean {
    return this.#load.hasRoomFor(kind)
  }

  /** @returns false when the packet has no room for it; then nothing changes */
  add<Kind extends PfsyncSentKind>(kind: Kind, entry: PfsyncEntries[Kind]): boolean {
    if (!this.#load.add(kind)) return false
    const open = this.#regions.find((region) => region.kind === kind)
    if (open === undefined || RANK[kind] === RANK_OF_SINGLES) {
      this.#regions.push({ kind, entries: [entry] })
    } else {
      open.entries.push(entry)
    }
    return true
  }

  /** Returns the packet, also an empty one, and starts a new packet. */
  take(rulesetChecksum: Uint8Array): PfsyncPacket {
    const regions = this.#regions.toSorted((one, other) => RANK[one.kind] - RANK[other.kind])
    this.#regions = []
    this.#load.clear()
    // `add` puts only entries of the kind into a region.
    return { rulesetChecksum, regions: regions as PfsyncRegion[] }
  }
}
