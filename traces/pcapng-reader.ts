import type { Direction } from '../protocols/frame/tap.ts'

/**
 * Reads capture files in the pcapng format (draft-ietf-opsawg-pcapng): those of `PcapngWriter`, and
 * those that Wireshark made of them, in either byte order and with any timestamp resolution. Blocks
 * and options that say nothing of packets are stepped over, as the draft asks of readers.
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
const SECTION_HEADER_BYTES = 16
const INTERFACE_HEADER_BYTES = 8
const PACKET_HEADER_BYTES = 20

const OPTION_END = 0
const OPTION_COMMENT = 1
const INTERFACE_OPTION = { name: 2, description: 3, timestampResolution: 9 } as const
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
  /** A view of the file, as long as what was captured. */
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

export function readPcapng(bytes: Uint8Array): PcapngResult {
  const reader = new Reader(bytes)
  const reason = reader.read()
  return reason === undefined
    ? { ok: true, contents: { interfaces: reader.interfaces, packets: reader.packets } }
    : { ok: false, reason }
}

interface Option {
  readonly code: number
  readonly start: number
  readonly length: number
}

class Reader {
  readonly interfaces: CapturedInterface[] = []
  readonly packets: CapturedPacket[] = []
  #bytes: Uint8Array
  #view: DataView
  #littleEndian = true
  /** Interfaces count from 0 in each section. */
  #sectionStart = 0
  #unitsPerSecond: bigint[] = []

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** @returns what is wrong; undefined if nothing is */
  read(): string | undefined {
    const size = this.#bytes.length
    if (size === 0) return 'it is empty'
    for (let at = 0; at < size; ) {
      if (size - at < BLOCK_OVERHEAD_BYTES) return `byte ${at}: it ends within a block`
      const isSection = this.#view.getUint32(at, true) === BLOCK.sectionHeader
      if (at === 0 && !isSection) return 'byte 0: no section header, so it is no pcapng file'
      if (isSection) {
        const fault = this.#turnToByteOrderAt(at + 8)
        if (fault !== undefined) return fault
      }
      const length = this.#uint32(at + 4)
      if (length < BLOCK_OVERHEAD_BYTES || length % 4 !== 0) {
        return `byte ${at}: a block of ${length} bytes`
      }
      if (length > size - at) return `byte ${at}: it ends within a block of ${length} bytes`
      if (this.#uint32(at + length - 4) !== length) {
        return `byte ${at}: a block whose two lengths differ`
      }
      const fault = this.#readBlock(this.#uint32(at), at + 8, at + length - 4)
      if (fault !== undefined) return `byte ${at}: ${fault}`
      at += length
    }
    return undefined
  }

  #turnToByteOrderAt(at: number): string | undefined {
    this.#littleEndian = this.#view.getUint32(at, true) === BYTE_ORDER_MAGIC
    if (this.#uint32(at) === BYTE_ORDER_MAGIC) return undefined
    return `byte ${at}: a section header without byte order`
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
    this.interfaces.push({
      name: text(INTERFACE_OPTION.name),
      description: text(INTERFACE_OPTION.description),
      linkType: this.#uint16(start),
    })
    this.#unitsPerSecond.push(
      resolution === undefined || resolution.length < 1
        ? DEFAULT_UNITS_PER_SECOND
        : unitsPerSecond(this.#bytes[resolution.start] as number),
    )
    return undefined
  }

  #readPacket(start: number, end: number): string | undefined {
    if (end - start < PACKET_HEADER_BYTES) return 'a packet cut short'
    const interfaceIndex = this.#sectionStart + this.#uint32(start)
    const units = this.#unitsPerSecond[interfaceIndex]
    if (units === undefined) return `a packet of interface ${this.#uint32(start)}, which is unknown`
    const bytesStart = start + PACKET_HEADER_BYTES
    const bytesEnd = bytesStart + this.#uint32(start + 12)
    const optionsStart = bytesStart + padded(bytesEnd - bytesStart)
    if (optionsStart > end) return 'a packet that reaches beyond its block'
    const options = this.#options(optionsStart, end)
    if (options === undefined) return 'options that reach beyond their block'
    const time = (BigInt(this.#uint32(start + 4)) << 32n) | BigInt(this.#uint32(start + 8))
    const flags = options.find(({ code, length }) => code === PACKET_OPTION.flags && length === 4)
    const id = options.find(({ code, length }) => code === PACKET_OPTION.packetId && length === 8)
    this.packets.push({
      interfaceIndex,
      timeUnixUs: Number((time * US_PER_SECOND) / units),
      bytes: this.#bytes.subarray(bytesStart, bytesEnd),
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
    return decodeUtf8(this.#bytes.subarray(start, start + length))
  }

  #uint16(at: number): number {
    return this.#view.getUint16(at, this.#littleEndian)
  }

  #uint32(at: number): number {
    return this.#view.getUint32(at, this.#littleEndian)
  }

  /** Exact below 2^53, which no packet id of ours reaches. */
  #uint64(at: number): number {
    return Number(this.#view.getBigUint64(at, this.#littleEndian))
  }
}

/** if_tsresol: a negative power of 2 with the top bit set, of 10 without. */
function unitsPerSecond(resolution: number): bigint {
  const exponent = BigInt(resolution & 0x7f)
  return resolution & 0x80 ? 2n ** exponent : 10n ** exponent
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
