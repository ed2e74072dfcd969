import { isPcapMagic, PcapReader } from './pcap-reader.ts'
import { type CapturedInterface, type CapturedPacket, PcapngReader } from './pcapng-reader.ts'

const MAGIC_BYTES = 4
/** The type of the block that begins a pcapng file; it reads the same in either byte order. */
const PCAPNG_MAGIC = 0x0a0d0d0a

/** Files that people take for captures, by how they begin, and what to do with them. */
const FOREIGN: readonly (readonly [readonly number[], string])[] = [
  [[0x1f, 0x8b], 'it is packed by gzip; unpack it first'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'it is packed by zstd; unpack it first'],
  [[0xfd, 0x37, 0x7a, 0x58], 'it is packed by xz; unpack it first'],
  [[0x42, 0x5a, 0x68], 'it is packed by bzip2; unpack it first'],
  [[0x50, 0x4b], 'it is a zip archive; unpack it first'],
  [[0x73, 0x6e, 0x6f, 0x6f], 'it is a capture of snoop; editcap -F pcap converts it'],
]

/** Reads a capture file of either format, in chunks of any size. It never throws on input. */
export class CaptureReader {
  #onPacket: (packet: CapturedPacket) => void
  #reader: PcapReader | PcapngReader | undefined
  /** The first bytes, until there are enough of them to tell the format. */
  #first = new Uint8Array(0)

  /** @param onPacket the bytes that it gets are good until it returns */
  constructor(onPacket: (packet: CapturedPacket) => void) {
    this.#onPacket = onPacket
  }

  get interfaces(): readonly CapturedInterface[] {
    return this.#reader?.interfaces ?? []
  }

  /** @returns what is wrong, after which no more may follow; undefined if nothing is */
  push(chunk: Uint8Array): string | undefined {
    if (this.#reader !== undefined) return this.#reader.push(chunk)
    const first = new Uint8Array(this.#first.length + chunk.length)
    first.set(this.#first)
    first.set(chunk, this.#first.length)
    this.#first = first
    if (first.length < MAGIC_BYTES) return undefined
    const view = new DataView(first.buffer)
    if (view.getUint32(0) === PCAPNG_MAGIC) this.#reader = new PcapngReader(this.#onPacket)
    else if (isPcapMagic(view, 0)) this.#reader = new PcapReader(this.#onPacket)
    else return foreign(first)
    this.#first = new Uint8Array(0)
    return this.#reader.push(first)
  }

  /** No more follows. @returns what is missing */
  finish(): string | undefined {
    if (this.#reader !== undefined) return this.#reader.finish()
    return this.#first.length === 0 ? 'it is empty' : foreign(this.#first)
  }
}

function foreign(first: Uint8Array): string {
  const known = FOREIGN.find(([magic]) => magic.every((byte, index) => first[index] === byte))
  return known?.[1] ?? 'it is no pcap or pcapng file'
}
