import { assert } from '../../engine/assert.ts'
import type { Ipv4Address } from '../addresses.ts'
import { fromAscii, readUint8, readUint32, writeUint32 } from '../bytes.ts'

/** The field types of pfsync messages (FreeBSD pfvar.h, pf.h). */

// --- Constants of the wire ---------------------------------------------------------------------

/** The values of the field `af`: AF_INET and AF_INET6 of FreeBSD. */
export const PF_ADDRESS_FAMILY = { ipv4: 2, ipv6: 28 } as const

/** The size of an interface name with its final zero (IFNAMSIZ). */
export const INTERFACE_NAME_BYTES = 16
/** The size of an IPv4 or IPv6 address (struct pf_addr). */
const PF_ADDRESS_BYTES = 16

const TWO_TO_32 = 0x1_0000_0000

// --- Parsed form -------------------------------------------------------------------------------

/** The 64-bit id that the creator gave a state, as two unsigned 32-bit numbers. */
export interface PfStateId {
  readonly high: number
  readonly low: number
}

/** An IPv6 address as four unsigned 32-bit numbers, the highest first. */
type Ipv6Words = readonly [number, number, number, number]

/** An IPv4 address as a number, or an IPv6 address. */
export type PfAddress = Ipv4Address | Ipv6Words

export function readStateId(bytes: Uint8Array, at: number): PfStateId {
  return { high: readUint32(bytes, at), low: readUint32(bytes, at + 4) }
}

export function writeStateId(bytes: Uint8Array, at: number, id: PfStateId): void {
  writeUint32(bytes, at, id.high)
  writeUint32(bytes, at + 4, id.low)
}

export function sameStateId(one: PfStateId, other: PfStateId): boolean {
  return one.low === other.low && one.high === other.high
}

/** A 64-bit counter as a number, exact below 2^53. */
export function readCounter(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) * TWO_TO_32 + readUint32(bytes, at + 4)
}

export function writeCounter(bytes: Uint8Array, at: number, count: number): void {
  writeUint32(bytes, at, Math.floor(count / TWO_TO_32))
  writeUint32(bytes, at + 4, count % TWO_TO_32)
}

/** A signed 32-bit number; pf sends -1 for "none". */
export function readInt32(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) | 0
}

/** The 0 to 16 characters before the first zero; pfsync_state_import refuses 16. */
export function readInterfaceName(bytes: Uint8Array, at: number): string {
  let name = ''
  for (let index = 0; index < INTERFACE_NAME_BYTES; index++) {
    const character = readUint8(bytes, at + index)
    if (character === 0) break
    name += String.fromCharCode(character)
  }
  return name
}

/** @param name at most 15 ASCII characters */
export function writeInterfaceName(bytes: Uint8Array, at: number, name: string): void {
  assert(name.length < INTERFACE_NAME_BYTES, 'the name of an interface has at most 15 characters')
  bytes.fill(0, at, at + INTERFACE_NAME_BYTES)
  bytes.set(fromAscii(name), at)
}

/** Reads four bytes if the family is IPv4, else 16. */
export function readPfAddress(bytes: Uint8Array, at: number, family: number): PfAddress {
  const first = readUint32(bytes, at)
  if (family === PF_ADDRESS_FAMILY.ipv4) return first
  return [
    first,
    readUint32(bytes, at + 4),
    readUint32(bytes, at + 8),
    readUint32(bytes, at + 12),
  ] as const
}

export function writePfAddress(bytes: Uint8Array, at: number, address: PfAddress): void {
  if (typeof address === 'number') {
    writeUint32(bytes, at, address)
    bytes.fill(0, at + 4, at + PF_ADDRESS_BYTES)
    return
  }
  for (const [index, word] of address.entries()) writeUint32(bytes, at + 4 * index, word)
}

// --- As a person reads it ----------------------------------------------------------------------

/** A state id as pfctl -vv and tcpdump print it: 16 hexadecimal digits. */
export function formatStateId(id: PfStateId): string {
  return `${formatCreatorId(id.high)}${formatCreatorId(id.low)}`
}

/** A creator id as pfctl -vv and tcpdump print it: 8 hexadecimal digits. */
export function formatCreatorId(creatorId: number): string {
  return creatorId.toString(16).padStart(8, '0')
}
