import type { Direction } from '../protocols/frame/tap.ts'
import { ByteQueue } from './byte-queue.ts'

/**
 * Reads capture files in the pcapng format (draft-ietf-opsawg-pcapng): those of `PcapngWriter`, and
 * those that Wireshark made of them, in either byte order and with any timestamp resolution. Blocks
 * and options that say nothing of packets are stepped over, as the draft asks of readers. A file may
 * come in chunks of any size: of it, one block is kept at a time.
 *
 * It never throws on input: what is no capture gives a reason.
 */

// --- Constants of the format -------------------------------------------------------------------

/** Section 11.1 of the draft. The first reads the same in either byte order. */
const BLOCK = { sectionHeader: 0x0a0d0d0a, interfaceDescription: 1, enhancedPacket: 6 } as const
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const VERSION_MAJOR = 1
/** Type, length, and the length again at the end. */
const BLOCK_OVERHEAD_BYTES = 12
/** What Wireshark reads at most (MAX_BLOCK_SIZE). A longer one would have to be kept in memory. */
const BLOCK_MAX_BYTES = 16 * 1024 * 1024
const SECTION_HEADER_BYTES = 16
const INTERFACE_HEADER_BYTES = 8
const PACKET_HEADER_BYTES = 20

const OPTION_END = 0
const OPTION_COMMENT = 1
const INTERFACE_OPTION = {
  name: 2,
  description: 3,
  timestampResolution: 9,
  timestampOffset: 14,
} as const
const PACKET_OPTION = { flags: 2, packetId: 5 } as const

/** Microseconds, unless the interface says otherwise (section 4.2, if_tsresol). */
const DEFAULT_UNITS_PER_SECOND = 1_000_000n
const US_PER_SECOND = 1_000_000n
/** Bits 0 and 1 of the flags of a packet (section 4.3.1). */
const DIRECTIONS: readonly (Direction | undefined)[] = [undefined, 'inbound', 'outbound', undefined]

// --- Parsed form -------------------------------------------------------------------------------

export interface CapturedInterface {
  readonly name: string
  readonly description: string
  /** 1 is Ethernet. */
  readonly linkType: number
}

export interface CapturedPacket {
  /** Index into the interfaces of the capture. */
  readonly interfaceIndex: number
  /** Whole microseconds since 1970; fractions are cut. */
  readonly timeUnixUs: number
  /** A view of the chunk, as long as what was captured. */
  readonly bytes: Uint8Array
  /** Undefined where the file does not say. */
  readonly direction: Direction | undefined
  /** The same number wherever the same packet is seen; undefined where the file does not say. */
  readonly packetId: number | undefined
  readonly comments: readonly string[]
}

export interface PcapngContents {
  readonly interfaces: readonly CapturedInterface[]
  /** In file order. */
  readonly packets: readonly CapturedPacket[]
}

export type PcapngResult =
  | { readonly ok: true; readonly contents: PcapngContents }
  /** `reason` says what is wrong and at which byte: `byte 1234: a block of 3 bytes`. */
  | { readonly ok: false; readonly reason: string }

// --- Reading -----------------------------------------------------------------------------------

/** Reads a whole file. */
export function readPcapng(bytes: Uint8Array): PcapngResult {
  const packets: CapturedPacket[] = []
  const reader = new PcapngReader((packet) => packets.push(packet))
  const reason = reader.push(bytes) ?? reader.finish()
  return reason === undefined
    ? { ok: true, contents: { interfaces: reader.interfaces, packets } }
    : { ok: false, reason }
}

interface Option {
  readonly code: number
  readonly start: number
  readonly length: number
}

/** What the timestamps of an interface count, and from when. */
interface Timestamps {
  readonly unitsPerSecond: bigint
  /** Added to each; in seconds since 1970. */
  readonly offsetSeconds: bigint
}

export class PcapngReader {
  readonly interfaces: CapturedInterface[] = []
  #onPacket: (packet: CapturedPacket) => void
  #queue = new ByteQueue()
  #littleEndian = true
  /** Interfaces count from 0 in each section. */
  #sectionStart = 0
  #timestamps: Timestamps[] = []

  /** @param onPacket the bytes that it gets are good until it returns, unless all came at once */
  constructor(onPacket: (packet: CapturedPacket) => void) {
    this.#onPacket = onPacket
  }

  /** @returns what is wrong, after which no more may follow; undefined if nothing is */
  push(chunk: Uint8Array): string | undefined {
    const queue = this.#queue
    queue.append(chunk)
    while (queue.length >= BLOCK_OVERHEAD_BYTES) {
      const { start: at, offset } = queue
      const isSection = queue.view.getUint32(at, true) === BLOCK.sectionHeader
      if (offset === 0 && !isSection) return 'byte 0: no section header, so it is no pcapng file'
      if (isSection) {
        const fault = this.#turnToByteOrderAt(at + 8)
        if (fault !== undefined) return `byte ${offset + 8}: ${fault}`
      }
      const length = this.#uint32(at + 4)
      if (length < BLOCK_OVERHEAD_BYTES || length % 4 !== 0 || length > BLOCK_MAX_BYTES) {
        return `byte ${offset}: a block of ${length} bytes`
      }
      if (length > queue.length) return undefined
      if (this.#uint32(at + length - 4) !== length) {
        return `byte ${offset}: a block whose two lengths differ`
      }
      const fault = this.#readBlock(this.#uint32(at), at + 8, at + length - 4)
      if (fault !== undefined) return `byte ${offset}: ${fault}`
      queue.start += length
    }
    return undefined
  }

  /** No more follows. @returns what is missing */
  finish(): string | undefined {
    const { length, offset, start } = this.#queue
    if (length === 0) return offset === 0 ? 'it is empty' : undefined
    if (length < BLOCK_OVERHEAD_BYTES) return `byte ${offset}: it ends within a block`
    return `byte ${offset}: it ends within a block of ${this.#uint32(start + 4)} bytes`
  }

  #turnToByteOrderAt(at: number): string | undefined {
    this.#littleEndian = this.#queue.view.getUint32(at, true) === BYTE_ORDER_MAGIC
    if (this.#uint32(at) === BYTE_ORDER_MAGIC) return undefined
    return 'a section header without byte order'
  }

  #readBlock(type: number, start: number, end: number): string | undefined {
    switch (type) {
      case BLOCK.sectionHeader:
        return this.#readSectionHeader(start, end)
      case BLOCK.interfaceDescription:
        return this.#readInterface(start, end)
      case BLOCK.enhancedPacket:
        return this.#readPacket(start, end)
      default:
        return undefined
    }
  }

  #readSectionHeader(start: number, end: number): string | undefined {
    if (end - start < SECTION_HEADER_BYTES) return 'a section header cut short'
    const major = this.#uint16(start + 4)
    if (major !== VERSION_MAJOR) return `version ${major} of the format; only 1 is known`
    this.#sectionStart = this.interfaces.length
    return undefined
  }

  #readInterface(start: number, end: number): string | undefined {
    if (end - start < INTERFACE_HEADER_BYTES) return 'an interface description cut short'
    const options = this.#options(start + INTERFACE_HEADER_BYTES, end)
    if (options === undefined) return 'options that reach beyond their block'
    const text = (code: number): string => {
      const option = options.find((each) => each.code === code)
      return option === undefined ? '' : this.#text(option)
    }
    const resolution = options.find(({ code }) => code === INTERFACE_OPTION.timestampResolution)
    const offset = options.find(
      ({ code, length }) => code === INTERFACE_OPTION.timestampOffset && length === 8,
    )
    this.interfaces.push({
      name: text(INTERFACE_OPTION.name),
      description: text(INTERFACE_OPTION.description),
      linkType: this.#uint16(start),
    })
    this.#timestamps.push({
      unitsPerSecond:
        resolution === undefined || resolution.length < 1
          ? DEFAULT_UNITS_PER_SECOND
          : unitsPerSecond(this.#queue.bytes[resolution.start] as number),
      offsetSeconds:
        offset === undefined ? 0n : this.#queue.view.getBigInt64(offset.start, this.#littleEndian),
    })
    return undefined
  }

  #readPacket(start: number, end: number): string | undefined {
    if (end - start < PACKET_HEADER_BYTES) return 'a packet cut short'
    const interfaceIndex = this.#sectionStart + this.#uint32(start)
    const timestamps = this.#timestamps[interfaceIndex]
    if (timestamps === undefined)
      return `a packet of interface ${this.#uint32(start)}, which is unknown`
    const bytesStart = start + PACKET_HEADER_BYTES
    const bytesEnd = bytesStart + this.#uint32(start + 12)
    const optionsStart = bytesStart + padded(bytesEnd - bytesStart)
    if (optionsStart > end) return 'a packet that reaches beyond its block'
    const options = this.#options(optionsStart, end)
    if (options === undefined) return 'options that reach beyond their block'
    const flags = options.find(({ code, length }) => code === PACKET_OPTION.flags && length === 4)
    const id = options.find(({ code, length }) => code === PACKET_OPTION.packetId && length === 8)
    this.#onPacket({
      interfaceIndex,
      timeUnixUs: unixUs(this.#uint32(start + 4), this.#uint32(start + 8), timestamps),
      bytes: this.#queue.bytes.subarray(bytesStart, bytesEnd),
      direction: flags === undefined ? undefined : DIRECTIONS[this.#uint32(flags.start) & 3],
      packetId: id === undefined ? undefined : this.#uint64(id.start),
      comments: options
        .filter(({ code }) => code === OPTION_COMMENT)
        .map((option) => this.#text(option)),
    })
    return undefined
  }

  /** @returns undefined if they reach beyond `end`; the end of options may be left out */
  #options(start: number, end: number): Option[] | undefined {
    const options: Option[] = []
    for (let at = start; at < end; ) {
      if (end - at < 4) return undefined
      const code = this.#uint16(at)
      const length = this.#uint16(at + 2)
      if (code === OPTION_END) break
      if (length > end - at - 4) return undefined
      options.push({ code, start: at + 4, length })
      at += 4 + padded(length)
    }
    return options
  }

  #text({ start, length }: Option): string {
    return decodeUtf8(this.#queue.bytes.subarray(start, start + length))
  }

  #uint16(at: number): number {
    return this.#queue.view.getUint16(at, this.#littleEndian)
  }

  #uint32(at: number): number {
    return this.#queue.view.getUint32(at, this.#littleEndian)
  }

  /** Exact below 2^53, which no packet id of ours reaches. */
  #uint64(at: number): number {
    return Number(this.#queue.view.getBigUint64(at, this.#littleEndian))
  }
}

/** if_tsresol: a negative power of 2 with the top bit set, of 10 without. */
function unitsPerSecond(resolution: number): bigint {
  const exponent = BigInt(resolution & 0x7f)
  return resolution & 0x80 ? 2n ** exponent : 10n ** exponent
}

/** Whole microseconds since 1970 of a timestamp in two halves. */
function unixUs(high: number, low: number, { unitsPerSecond, offsetSeconds }: Timestamps): number {
  // Exact, and ten times as quick, up to the year 2255.
  if (unitsPerSecond === US_PER_SECOND && offsetSeconds === 0n && high < 2 ** 21) {
    return high * 2 ** 32 + low
  }
  const time = (BigInt(high) << 32n) | BigInt(low)
  return Number((time * US_PER_SECOND) / unitsPerSecond + offsetSeconds * US_PER_SECOND)
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4
}

/** Neither Node's nor the DOM's TextDecoder is at hand here. What is no UTF-8 shows its codes. */
function decodeUtf8(bytes: Uint8Array): string {
  const codes = Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  try {
    return decodeURIComponent(codes)
  } catch {
    return codes
  }
}
