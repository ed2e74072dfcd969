import type { Ipv4Address } from './addresses.ts'
import { readUint16 } from './bytes.ts'

/**
 * The Internet checksum (RFC 1071) over `bytes[start, end)`: what a header whose checksum field is
 * zero must carry. Over data that already carries its checksum the result is 0.
 */
export function internetChecksum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0
  let at = start
  // 16 bits of carries fit above the sum for far longer than any frame.
  for (; at + 1 < end; at += 2) sum += readUint16(bytes, at)
  if (at < end) sum += (bytes[at] as number) << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** The checksum after one 16-bit word of the data changed (RFC 1624, equation 3). */
export function adjustChecksum(checksum: number, before: number, after: number): number {
  let sum = (~checksum & 0xffff) + (~before & 0xffff) + after
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/**
 * The checksum after a 32-bit number of the data changed, such as an address behind a NAT. From 0,
 * it is the checksum with that number added: so a pseudo-header comes in.
 */
export function adjustChecksum32(checksum: number, before: number, after: number): number {
  const halfway = adjustChecksum(checksum, before >>> 16, after >>> 16)
  return adjustChecksum(halfway, before & 0xffff, after & 0xffff)
}

/**
 * The checksum of TCP and UDP over `bytes[start, end)` and the pseudo-header, which is three 32-bit
 * numbers (RFC 9293 3.1, RFC 768).
 */
export function transportChecksum(
  protocol: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  source: Ipv4Address,
  destination: Ipv4Address,
): number {
  const own = internetChecksum(bytes, start, end)
  const withAddresses = adjustChecksum32(adjustChecksum32(own, 0, source), 0, destination)
  return adjustChecksum32(withAddresses, 0, (protocol << 16) | (end - start))
}
