import { readUint16, writeUint16 } from '../../protocols/bytes.ts'
import { internetChecksum, transportChecksum } from '../../protocols/checksum.ts'
import { ETHER_TYPE } from '../../protocols/ethernet/wire.ts'
import { destinationIpOf, IP_PROTOCOL, sourceIpOf } from '../../protocols/ipv4/wire.ts'

/** Changes of bytes. The checksums can be mended, so that a change is not found by them. */

/** Numbers from 0 to 2^32 - 1, each from the one before (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

/** Changes one bit, one byte or a whole field, somewhere behind the Ethernet addresses. */
export function corrupt(bytes: Uint8Array, start: number, end: number, next: () => number): void {
  const at = start + 12 + (next() % Math.max(1, end - start - 12))
  if (at >= end) return
  const kind = next() % 3
  if (kind === 0) bytes[at] = (bytes[at] as number) ^ (1 << (next() % 8))
  else if (kind === 1) bytes[at] = next() & 0xff
  else for (let index = at; index < Math.min(end, at + 4); index++) bytes[index] = next() & 0xff
}

/** Makes the checksums of an IPv4 frame right again, as far as its lengths allow. */
export function mendChecksums(bytes: Uint8Array, start: number, end: number): void {
  const typeAt = start + 12
  if (end < typeAt + 2) return
  const isTagged = readUint16(bytes, typeAt) === ETHER_TYPE.vlan
  const at = typeAt + (isTagged ? 6 : 2)
  if (end < at + 20 || readUint16(bytes, at - 2) !== ETHER_TYPE.ipv4) return
  const payloadAt = at + 4 * ((bytes[at] as number) & 0x0f)
  const payloadEnd = at + readUint16(bytes, at + 2)
  if (payloadAt < at + 20 || payloadEnd > end || payloadAt > payloadEnd) return
  set(bytes, at + 10, at, payloadAt)
  const length = payloadEnd - payloadAt
  const protocol = bytes[at + 9] as number
  const [source, target] = [sourceIpOf(bytes, at), destinationIpOf(bytes, at)]
  const ofTransport = (field: number, least: number): void => {
    if (length < least) return
    writeUint16(bytes, payloadAt + field, 0)
    const sum = transportChecksum(protocol, bytes, payloadAt, payloadEnd, source, target)
    writeUint16(bytes, payloadAt + field, sum)
  }
  if (protocol === IP_PROTOCOL.tcp) ofTransport(16, 20)
  else if (protocol === IP_PROTOCOL.udp) ofTransport(6, 8)
  else if (protocol === IP_PROTOCOL.carp && length >= 8) {
    set(bytes, payloadAt + 6, payloadAt, payloadEnd)
  } else if (length >= 4) set(bytes, payloadAt + 2, payloadAt, payloadEnd)
}

function set(bytes: Uint8Array, field: number, start: number, end: number): void {
  writeUint16(bytes, field, 0)
  writeUint16(bytes, field, internetChecksum(bytes, start, end))
}
