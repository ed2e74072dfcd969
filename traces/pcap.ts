import { ByteSink } from './byte-sink.ts'
import { LINKTYPE_ETHERNET, SNAPLEN_BYTES } from './pcapng.ts'

/** Timestamps in microseconds; written in the file's byte order, which it thereby tells. */
const MAGIC_MICROSECONDS = 0xa1b2c3d4
const VERSION_MAJOR = 2
const VERSION_MINOR = 4

/**
 * Writes one classic capture file in memory (draft-ietf-opsawg-pcap), for programs that read no
 * pcapng. It has no names, no directions and no comments: one file holds one capture point.
 */
export class PcapWriter {
  #sink: ByteSink

  /** @param expectedBytes about how long the file will be */
  constructor(expectedBytes = 0) {
    this.#sink = new ByteSink(expectedBytes)
    this.#sink.uint32(MAGIC_MICROSECONDS)
    this.#sink.uint16(VERSION_MAJOR)
    this.#sink.uint16(VERSION_MINOR)
    // Time zone and accuracy: reserved, zero.
    this.#sink.uint32(0)
    this.#sink.uint32(0)
    this.#sink.uint32(SNAPLEN_BYTES)
    this.#sink.uint32(LINKTYPE_ETHERNET)
  }

  /** @param timeUnixUs microseconds since 1970 */
  packet(timeUnixUs: number, bytes: Uint8Array): void {
    this.#sink.uint32(Math.floor(timeUnixUs / 1_000_000))
    this.#sink.uint32(timeUnixUs % 1_000_000)
    this.#sink.uint32(bytes.length)
    this.#sink.uint32(bytes.length)
    this.#sink.append(bytes)
  }

  /** Everything that was written and not yet drained. */
  toBytes(): Uint8Array {
    return this.#sink.toBytes()
  }

  /** How much was written and not yet drained. */
  get length(): number {
    return this.#sink.length
  }

  /** Takes away what was written so far: a view that is valid until more is written. */
  drain(): Uint8Array {
    return this.#sink.drain()
  }
}
