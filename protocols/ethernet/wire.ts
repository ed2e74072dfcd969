import type { MacAddress } from '../addresses.ts'
import { readUint16, readUint48, writeUint16, writeUint48 } from '../bytes.ts'
import type { Frame } from '../frame/frame.ts'
import type { WireError } from '../wire-error.ts'

/** Ethernet II (IEEE 802.3 clause 3) and the 802.1Q tag (IEEE 802.1Q clause 9). */

// --- Constants of the wire ---------------------------------------------------------------------

export const ETHERNET_HEADER_BYTES = 14
export const VLAN_TAG_BYTES = 4
const TAGGED_HEADER_BYTES = ETHERNET_HEADER_BYTES + VLAN_TAG_BYTES
/** Preamble with start delimiter, frame check sequence and inter-frame gap: 8 + 4 + 12. */
export const ETHERNET_OVERHEAD_BYTES = 24
/** The minimum frame length, without the frame check sequence. */
export const ETHERNET_MIN_BYTES = 60

export const ETHER_TYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, rarp: 0x8035 } as const

/** A smaller number in its place is the length of what follows (IEEE 802.3 clause 3.2.6). */
export const ETHER_TYPE_MIN = 0x0600

const DESTINATION = 0
const SOURCE = 6
const TYPE = 12

// --- Fields in place, for forwarding -----------------------------------------------------------

export function destinationOf(frame: Frame): MacAddress {
  return readUint48(frame.bytes, frame.start + DESTINATION)
}

export function sourceOf(frame: Frame): MacAddress {
  return readUint48(frame.bytes, frame.start + SOURCE)
}

export function etherTypeOf(frame: Frame): number {
  return readUint16(frame.bytes, frame.start + TYPE)
}

/** Whether it has a whole tag. One that ends within its tag is an untagged frame of type 0x8100. */
export function isTagged(frame: Frame): boolean {
  return etherTypeOf(frame) === ETHER_TYPE.vlan && frame.length >= TAGGED_HEADER_BYTES
}

/** The 16 bits of the tag of a tagged frame: `priority << 13 | vlan`. */
export function tagOf(frame: Frame): number {
  return readUint16(frame.bytes, frame.start + ETHERNET_HEADER_BYTES)
}

export function vlanOfTag(tag: number): number {
  return tag & 0xfff
}

export function rewriteAddresses(frame: Frame, destination: MacAddress, source: MacAddress): void {
  writeUint48(frame.bytes, frame.start + DESTINATION, destination)
  writeUint48(frame.bytes, frame.start + SOURCE, source)
}

/** Inserts a tag after the addresses, which move four bytes into the headroom. */
export function pushTag(frame: Frame, tag: number): void {
  const { bytes, start } = frame
  bytes.copyWithin(start - VLAN_TAG_BYTES, start, start + TYPE)
  frame.start = start - VLAN_TAG_BYTES
  writeUint16(bytes, frame.start + TYPE, ETHER_TYPE.vlan)
  writeUint16(bytes, frame.start + ETHERNET_HEADER_BYTES, tag)
}

/** Removes the tag of a tagged frame and returns it. */
export function popTag(frame: Frame): number {
  const { bytes, start } = frame
  const tag = tagOf(frame)
  bytes.copyWithin(start + VLAN_TAG_BYTES, start, start + TYPE)
  frame.start = start + VLAN_TAG_BYTES
  return tag
}

// --- Parsed form -------------------------------------------------------------------------------

export interface EthernetHeader {
  readonly destination: MacAddress
  readonly source: MacAddress
  readonly tag?: { readonly priority: number; readonly vlanId: number }
  /** The type of the payload, after the tag. */
  readonly etherType: number
}

/** Parses the header and its tag; `truncated` when the bytes are too short for them. */
export function parseEthernet(
  bytes: Uint8Array,
  start: number,
  end: number,
): EthernetHeader | WireError {
  if (end - start < ETHERNET_HEADER_BYTES) return 'truncated'
  const destination = readUint48(bytes, start + DESTINATION)
  const source = readUint48(bytes, start + SOURCE)
  const etherType = readUint16(bytes, start + TYPE)
  if (etherType !== ETHER_TYPE.vlan) return { destination, source, etherType }
  if (end - start < TAGGED_HEADER_BYTES) return 'truncated'
  const tag = readUint16(bytes, start + ETHERNET_HEADER_BYTES)
  return {
    destination,
    source,
    tag: { priority: tag >>> 13, vlanId: vlanOfTag(tag) },
    etherType: readUint16(bytes, start + ETHERNET_HEADER_BYTES + 2),
  }
}

export function ethernetLength(header: EthernetHeader): number {
  return ETHERNET_HEADER_BYTES + (header.tag === undefined ? 0 : VLAN_TAG_BYTES)
}

/** Writes the header at `start` and returns the start of the payload. */
export function writeEthernet(bytes: Uint8Array, start: number, header: EthernetHeader): number {
  writeUint48(bytes, start + DESTINATION, header.destination)
  writeUint48(bytes, start + SOURCE, header.source)
  let at = start + TYPE
  if (header.tag !== undefined) {
    writeUint16(bytes, at, ETHER_TYPE.vlan)
    writeUint16(bytes, at + 2, (header.tag.priority << 13) | header.tag.vlanId)
    at += VLAN_TAG_BYTES
  }
  writeUint16(bytes, at, header.etherType)
  return at + 2
}
