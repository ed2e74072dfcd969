import { Address4 } from 'ip-address'

/** A 48-bit Ethernet address as a number, which is fast to compare. */
export type MacAddress = number
/** An IPv4 address as an unsigned 32-bit number. */
export type Ipv4Address = number

export const MAC_BROADCAST: MacAddress = 0xffff_ffff_ffff
export const MAC_NONE: MacAddress = 0
export const IPV4_ANY: Ipv4Address = 0
export const IPV4_BROADCAST: Ipv4Address = 0xffff_ffff

/** Whether the group bit is set: true for multicast and broadcast. */
export function isGroupMac(mac: MacAddress): boolean {
  return (Math.floor(mac / 0x100_0000_0000) & 1) === 1
}

export function formatMac(mac: MacAddress): string {
  return (mac.toString(16).padStart(12, '0').match(/../g) ?? []).join(':')
}

/** Parses six pairs of hexadecimal digits joined by colons; undefined for any other text. */
export function parseMac(text: string): MacAddress | undefined {
  if (!/^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/.test(text)) return undefined
  return Number.parseInt(text.replaceAll(':', ''), 16)
}

export function formatIpv4(ip: Ipv4Address): string {
  return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`
}

/** Parses a dotted quad; undefined for any other text. */
export function parseIpv4(text: string): Ipv4Address | undefined {
  if (!Address4.isValid(text) || text.includes('/')) return undefined
  return Number(new Address4(text).bigInt())
}

/** An address with a prefix length: `10.10.110.251/24`. */
export interface Ipv4Prefix {
  readonly address: Ipv4Address
  /** 0 to 32. */
  readonly length: number
}

/** Parses a dotted quad, a slash and a length from 0 to 32; undefined for any other text. */
export function parseIpv4Prefix(text: string): Ipv4Prefix | undefined {
  const match = /^([^/]+)\/(\d{1,2})$/.exec(text)
  const address = match?.[1] === undefined ? undefined : parseIpv4(match[1])
  const length = Number(match?.[2])
  return address === undefined || !(length <= 32) ? undefined : { address, length }
}

export function formatIpv4Prefix(prefix: Ipv4Prefix): string {
  return `${formatIpv4(prefix.address)}/${prefix.length}`
}

/** The netmask of a prefix length: 24 is 255.255.255.0. */
export function maskOf(length: number): Ipv4Address {
  return length === 0 ? 0 : (0xffff_ffff << (32 - length)) >>> 0
}

export function inPrefix(ip: Ipv4Address, prefix: Ipv4Prefix): boolean {
  const mask = maskOf(prefix.length)
  return (ip & mask) >>> 0 === (prefix.address & mask) >>> 0
}

/** The directed broadcast address of a prefix; /31 and /32 have none. */
export function broadcastOf(prefix: Ipv4Prefix): Ipv4Address {
  return (prefix.address | ~maskOf(prefix.length)) >>> 0
}

export function isMulticastIpv4(ip: Ipv4Address): boolean {
  return ip >>> 28 === 0xe
}

/** The MAC address of an IPv4 group: 01:00:5e and its low 23 bits (RFC 1112, section 6.4). */
export function multicastMacOf(group: Ipv4Address): MacAddress {
  return 0x0100_5e00_0000 + (group & 0x7f_ffff)
}
