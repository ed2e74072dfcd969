import { ByteQueue } from './byte-queue.ts'
import type { CapturedInterface, CapturedPacket } from './pcapng-reader.ts'

/**
 * Reads classic capture files (draft-ietf-opsawg-pcap) in either byte order, with microseconds or
 * nanoseconds, in chunks of any size. It never throws on input.
 */

const HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16
const VERSION_MAJOR = 2
/** libpcap's MAXIMUM_SNAPLEN: what it captures at most of a packet. */
const PACKET_MAX_BYTES = 262_144
/** The upper bits of the link type tell of a frame check sequence. */
const LINK_TYPE_MASK = 0xffff

/** Fractions of a second in a microsecond, by the magic number. */
const UNITS_PER_US: ReadonlyMap<number, number> = new Map([
  [0xa1b2c3d4, 1],
  [0xa1b23c4d, 1000],
])

/** Whether a file that begins with these four bytes is a classic capture. */
export function isPcapMagic(view: DataView, at: number): boolean {
  return UNITS_PER_US.has(view.getUint32(at, true)) || UNITS_PER_US.has(view.getUint32(at, false))
}

export class PcapReader {
  readonly interfaces: CapturedInterface[] = []
  #onPacket: (packet: CapturedPacket) => void
  #queue = new ByteQueue()
  #littleEndian = true
  #unitsPerUs = 1

  /** @param onPacket the bytes that it gets are good until it returns */
  constructor(onPacket: (packet: CapturedPacket) => void) {
    this.#onPacket = onPacket
  }

  /** @returns what is wrong, after which no more may follow; undefined if nothing is */
  push(chunk: Uint8Array): string | undefined {
    this.#queue.append(chunk)
    if (this.interfaces.length === 0) {
      if (this.#queue.length < HEADER_BYTES) return undefined
      const fault = this.#readHeader()
      if (fault !== undefined) return `byte 0: ${fault}`
    }
    return this.#readPackets()
  }

  /** No more follows. @returns what is missing */
  finish(): string | undefined {
    const { length, offset } = this.#queue
    if (length === 0) return offset === 0 ? 'it is empty' : undefined
    return `byte ${offset}: it ends within a ${this.interfaces.length === 0 ? 'header' : 'packet'}`
  }

  #readHeader(): string | undefined {
    const { view, start } = this.#queue
    const units = UNITS_PER_US.get(view.getUint32(start, true))
    this.#littleEndian = units !== undefined
    this.#unitsPerUs = units ?? UNITS_PER_US.get(view.getUint32(start, false)) ?? 0
    if (this.#unitsPerUs === 0) return 'no magic number, so it is no pcap file'
    const major = view.getUint16(start + 4, this.#littleEndian)
    if (major !== VERSION_MAJOR) return `version ${major} of the format; only 2 is known`
    const linkType = view.getUint32(start + 20, this.#littleEndian) & LINK_TYPE_MASK
    this.interfaces.push({ name: '', description: '', linkType })
    this.#queue.start += HEADER_BYTES
    return undefined
  }

  #readPackets(): string | undefined {
    const queue = this.#queue
    while (queue.length >= RECORD_HEADER_BYTES) {
      const { view, start, offset } = queue
      const length = view.getUint32(start + 8, this.#littleEndian)
      if (length > PACKET_MAX_BYTES) return `byte ${offset}: a packet of ${length} bytes`
      const end = start + RECORD_HEADER_BYTES + length
      if (end > queue.end) return undefined
      const fraction = view.getUint32(start + 4, this.#littleEndian)
      const seconds = view.getUint32(start, this.#littleEndian)
      this.#onPacket({
        interfaceIndex: 0,
        timeUnixUs: seconds * 1_000_000 + Math.floor(fraction / this.#unitsPerUs),
        bytes: queue.bytes.subarray(start + RECORD_HEADER_BYTES, end),
        direction: undefined,
        packetId: undefined,
        comments: [],
      })
      queue.start = end
    }
    return undefined
  }
}
