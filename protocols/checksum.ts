import type { Ipv4Address } from './addresses.ts'
import { readUint16 } from './bytes.ts'

/**
 * The Internet checksum (RFC 1071) of `bytes[start, end)`. It is 0 when the bytes contain their
 * correct checksum.
 */
export function internetChecksum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0
  let at = start
  // No overflow: the sum of 32768 words, the longest datagram, is below 2^31.
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
 * The checksum after a 32-bit number of the data changed, such as an address that NAT rewrites.
 * With `before` 0 it adds a number, such as a part of the pseudo-header.
 */
export function adjustChecksum32(checksum: number, before: number, after: number): number {
  const halfway = adjustChecksum(checksum, before >>> 16, after >>> 16)
  return adjustChecksum(halfway, before & 0xffff, after & 0xffff)
}

/**
 * The checksum of a TCP segment or UDP datagram in `bytes[start, end)`, with the pseudo-header
 * (RFC 9293 section 3.1, RFC 768).
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
