import { utf8ToBytes } from '@noble/hashes/utils.js'
import { assert } from '../engine/assert.ts'
import {
  type Ipv4Address,
  type Ipv4Prefix,
  type MacAddress,
  maskOf,
} from '../protocols/addresses.ts'
import { writeUint32, writeUint48 } from '../protocols/bytes.ts'
import type { Direction } from '../protocols/frame/tap.ts'
import { ByteSink, highWord, lowWord } from './byte-sink.ts'

/**
 * The pcapng capture file format (draft-ietf-opsawg-pcapng), as far as a simulated Ethernet needs
 * it: one section, little-endian, every timestamp in whole microseconds.
 */

// --- Constants of the format -------------------------------------------------------------------

/** Section 11.1 of the draft. */
const BLOCK = {
  sectionHeader: 0x0a0d0d0a,
  interfaceDescription: 1,
  nameResolution: 4,
  interfaceStatistics: 5,
  enhancedPacket: 6,
} as const

const BYTE_ORDER_MAGIC = 0x1a2b3c4d
/** Version 1.0; readers refuse others. */
const VERSION_MAJOR = 1
const VERSION_MINOR = 0
/** LINKTYPE_ETHERNET: frames from the destination address on, without frame check sequence. */
export const LINKTYPE_ETHERNET = 1
/** Longer than any frame, so that none is cut; the value Wireshark writes. */
export const SNAPLEN_BYTES = 262_144
/** Timestamps count units of 10^-6 s. */
const TSRESOL_MICROSECONDS = 6

const OPTION_END = 0
const OPTION_COMMENT = 1
const SECTION_OPTION = { os: 3, userApplication: 4 } as const
const INTERFACE_OPTION = {
  name: 2,
  description: 3,
  ipv4Address: 4,
  macAddress: 6,
  speed: 8,
  timestampResolution: 9,
} as const
const PACKET_OPTION = { flags: 2, packetId: 5 } as const
const STATISTICS_OPTION = { startTime: 2, endTime: 3, framesReceived: 4 } as const
const NAME_RECORD = { end: 0, ipv4: 1 } as const

/** Bits 0 and 1 of the flags of a packet; bit 0 is the least significant. */
const DIRECTION_FLAGS: Record<Direction, number> = { inbound: 1, outbound: 2 }
/** Bits 2 to 4. */
const RECEPTION_FLAGS = { unicast: 1 << 2, multicast: 2 << 2, broadcast: 3 << 2 } as const

// --- Contents of the blocks --------------------------------------------------------------------

export interface SectionHeader {
  readonly comment: string
  readonly os: string
  readonly userApplication: string
}

export interface InterfaceDescription {
  readonly name: string
  readonly description: string
  readonly macAddress: MacAddress
  /** Bits per second, when known. */
  readonly speedBps?: number
  readonly ipv4?: Ipv4Prefix
}

/** One line of a hosts file. */
export interface HostName {
  readonly address: Ipv4Address
  readonly name: string
}

/** To whom a frame is addressed. */
export type Reception = keyof typeof RECEPTION_FLAGS

export interface EnhancedPacket {
  readonly interfaceId: number
  /** Microseconds since 1970. */
  readonly timeUnixUs: number
  readonly bytes: Uint8Array
  readonly direction: Direction
  readonly reception: Reception
  /** The same number wherever the same packet is seen. */
  readonly packetId: number
  readonly comments: readonly string[]
}

export interface InterfaceStatistics {
  readonly interfaceId: number
  /** Microseconds since 1970. */
  readonly startUnixUs: number
  /** Microseconds since 1970. */
  readonly endUnixUs: number
  readonly framesReceived: number
  readonly comments: readonly string[]
}

// --- Writing -----------------------------------------------------------------------------------

/**
 * Writes one pcapng file in memory. The section header comes first, the interfaces before their
 * packets; the caller keeps to that order.
 */
export class PcapngWriter {
  #sink: ByteSink
  #interfaceCount = 0

  /** @param expectedBytes about how long the file will be */
  constructor(expectedBytes = 0) {
    this.#sink = new ByteSink(expectedBytes)
  }

  sectionHeader(header: SectionHeader): void {
    const block = this.#begin(BLOCK.sectionHeader)
    this.#sink.uint32(BYTE_ORDER_MAGIC)
    this.#sink.uint16(VERSION_MAJOR)
    this.#sink.uint16(VERSION_MINOR)
    // Section length -1: not stated, as the section is the whole file.
    this.#sink.uint32(0xffff_ffff)
    this.#sink.uint32(0xffff_ffff)
    this.#text(OPTION_COMMENT, header.comment)
    this.#text(SECTION_OPTION.os, header.os)
    this.#text(SECTION_OPTION.userApplication, header.userApplication)
    this.#endOfOptions()
    this.#end(block)
  }

  /** @returns the interface's number, by which its packets refer to it */
  interfaceDescription(description: InterfaceDescription): number {
    const { macAddress, speedBps, ipv4 } = description
    const block = this.#begin(BLOCK.interfaceDescription)
    this.#sink.uint16(LINKTYPE_ETHERNET)
    this.#sink.uint16(0)
    this.#sink.uint32(SNAPLEN_BYTES)
    this.#text(INTERFACE_OPTION.name, description.name)
    this.#text(INTERFACE_OPTION.description, description.description)
    if (ipv4 !== undefined) this.#option(INTERFACE_OPTION.ipv4Address, addressAndMask(ipv4))
    this.#option(INTERFACE_OPTION.macAddress, macBytes(macAddress))
    if (speedBps !== undefined) this.#uint64Option(INTERFACE_OPTION.speed, speedBps)
    this.#option(INTERFACE_OPTION.timestampResolution, Uint8Array.of(TSRESOL_MICROSECONDS))
    this.#endOfOptions()
    this.#end(block)
    return this.#interfaceCount++
  }

  /** Names that Wireshark shows for addresses once network name resolution is on. */
  nameResolution(names: readonly HostName[]): void {
    const block = this.#begin(BLOCK.nameResolution)
    for (const { address, name } of names) {
      const text = utf8ToBytes(name)
      const record = new Uint8Array(4 + text.length + 1)
      writeUint32(record, 0, address)
      record.set(text, 4)
      // Records are laid out as options are.
      this.#option(NAME_RECORD.ipv4, record)
    }
    this.#option(NAME_RECORD.end, new Uint8Array(0))
    this.#end(block)
  }

  enhancedPacket(packet: EnhancedPacket): void {
    const { bytes } = packet
    const sink = this.#sink
    const block = this.#begin(BLOCK.enhancedPacket)
    sink.uint32(packet.interfaceId)
    sink.uint32(highWord(packet.timeUnixUs))
    sink.uint32(lowWord(packet.timeUnixUs))
    sink.uint32(bytes.length)
    sink.uint32(bytes.length)
    sink.append(bytes)
    sink.pad()
    for (const comment of packet.comments) this.#text(OPTION_COMMENT, comment)
    sink.uint16(PACKET_OPTION.flags)
    sink.uint16(4)
    sink.uint32(DIRECTION_FLAGS[packet.direction] | RECEPTION_FLAGS[packet.reception])
    this.#uint64Option(PACKET_OPTION.packetId, packet.packetId)
    this.#endOfOptions()
    this.#end(block)
  }

  interfaceStatistics(statistics: InterfaceStatistics): void {
    const { startUnixUs, endUnixUs } = statistics
    const block = this.#begin(BLOCK.interfaceStatistics)
    this.#sink.uint32(statistics.interfaceId)
    this.#sink.uint32(highWord(endUnixUs))
    this.#sink.uint32(lowWord(endUnixUs))
    for (const comment of statistics.comments) this.#text(OPTION_COMMENT, comment)
    this.#timeOption(STATISTICS_OPTION.startTime, startUnixUs)
    this.#timeOption(STATISTICS_OPTION.endTime, endUnixUs)
    this.#uint64Option(STATISTICS_OPTION.framesReceived, statistics.framesReceived)
    this.#endOfOptions()
    this.#end(block)
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

  /** @returns where the block starts, for `#end` */
  #begin(type: number): number {
    const start = this.#sink.length
    this.#sink.uint32(type)
    this.#sink.uint32(0)
    return start
  }

  /** The length of a block stands at both its ends, so that a file can be read backwards. */
  #end(start: number): void {
    const lengthBytes = this.#sink.length + 4 - start
    this.#sink.rewriteUint32(start + 4, lengthBytes)
    this.#sink.uint32(lengthBytes)
  }

  #option(code: number, value: Uint8Array): void {
    assert(value.length <= 0xffff, 'an option holds at most 65535 bytes')
    this.#sink.uint16(code)
    this.#sink.uint16(value.length)
    this.#sink.append(value)
    this.#sink.pad()
  }

  #text(code: number, text: string): void {
    this.#option(code, utf8ToBytes(text))
  }

  #uint64Option(code: number, value: number): void {
    this.#sink.uint16(code)
    this.#sink.uint16(8)
    this.#sink.uint64(value)
  }

  /** Unlike other integers of 64 bits, a time has its upper word first in either byte order. */
  #timeOption(code: number, timeUnixUs: number): void {
    this.#sink.uint16(code)
    this.#sink.uint16(8)
    this.#sink.uint32(highWord(timeUnixUs))
    this.#sink.uint32(lowWord(timeUnixUs))
  }

  #endOfOptions(): void {
    this.#sink.uint32(OPTION_END)
  }
}

/** Addresses stay in network byte order, whatever the order of the section. */
function addressAndMask(prefix: Ipv4Prefix): Uint8Array {
  const bytes = new Uint8Array(8)
  writeUint32(bytes, 0, prefix.address)
  writeUint32(bytes, 4, maskOf(prefix.length))
  return bytes
}

function macBytes(macAddress: MacAddress): Uint8Array {
  const bytes = new Uint8Array(6)
  writeUint48(bytes, 0, macAddress)
  return bytes
}
