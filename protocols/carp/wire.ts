import { type Ipv4Address, type MacAddress, multicastMacOf } from '../addresses.ts'
import { readUint8, readUint32, writeUint8, writeUint16, writeUint32 } from '../bytes.ts'
import { internetChecksum } from '../checksum.ts'
import type { WireError } from '../wire-error.ts'

/** The advertisement of CARP version 2 (FreeBSD ip_carp.h, struct carp_header). */

// --- Constants of the wire ---------------------------------------------------------------------

/** The length of an advertisement, after the IP header. */
export const CARP_BYTES = 36
export const CARP_DIGEST_BYTES = 20

/** 224.0.0.18, which CARP shares with VRRP. */
export const CARP_GROUP: Ipv4Address = 0xe000_0012
/** 01:00:5e:00:00:12. */
export const CARP_GROUP_MAC: MacAddress = multicastMacOf(CARP_GROUP)
/** The largest skew on the wire (CARP_MAXSKEW). */
export const CARP_MAX_SKEW = 240
/** The length of counter and digest in 32-bit words (carp_send_ad_locked). */
export const CARP_AUTH_LENGTH = 7
/** The IP TTL, sent and required (CARP_DFLTTL). */
export const CARP_TTL = 255
/** The IP TOS: DSCP CS7, FreeBSD's net.inet.carp.dscp of 56. */
export const CARP_TOS = 0xe0

const VERSION_AND_TYPE = 0
const VHID = 1
const ADVSKEW = 2
const AUTH_LENGTH = 3
const DEMOTION = 4
const ADVBASE = 5
const CHECKSUM = 6
const COUNTER_HIGH = 8
const COUNTER_LOW = 12
const DIGEST = 16

const VERSION = 2
const TYPE_ADVERTISEMENT = 1

/** 00:00:5e:00:01:VHID: the source of advertisements and the MAC of the virtual addresses. */
export function virtualMacOf(vhid: number): MacAddress {
  return 0x0000_5e00_0100 + vhid
}

// --- Parsed form -------------------------------------------------------------------------------

export interface CarpAdvertisement {
  /** Virtual host ID, 1 to 255. */
  readonly vhid: number
  /** 0 to 255, in 1/256 s; includes the demotion of the sender. */
  readonly advskew: number
  /** 0 to 255. */
  readonly advbaseSeconds: number
  /** In 32-bit words; receivers ignore it. */
  readonly authLength: number
  /** The demotion of OpenBSD. FreeBSD sends 0 and ignores it (carp_pad1). */
  readonly demotion: number
  /** The two halves of the 64-bit counter, unsigned. */
  readonly counterHigh: number
  readonly counterLow: number
  /** HMAC-SHA1, 20 bytes (see `CarpAuthenticator`); the parser makes a copy. */
  readonly digest: Uint8Array
}

/**
 * Parses an advertisement, with the checks of carp_input in FreeBSD 15 in their order. It ignores
 * type and `authLength` and does not verify the digest. Errors: `truncated` below 36 bytes,
 * `badVersion`, `badChecksum`.
 */
export function parseCarp(
  bytes: Uint8Array,
  start: number,
  end: number,
): CarpAdvertisement | WireError {
  if (end - start < CARP_BYTES) return 'truncated'
  if (readUint8(bytes, start + VERSION_AND_TYPE) >>> 4 !== VERSION) return 'badVersion'
  // The checksum does not cover bytes after the advertisement.
  if (internetChecksum(bytes, start, start + CARP_BYTES) !== 0) return 'badChecksum'
  return {
    vhid: readUint8(bytes, start + VHID),
    advskew: readUint8(bytes, start + ADVSKEW),
    advbaseSeconds: readUint8(bytes, start + ADVBASE),
    authLength: readUint8(bytes, start + AUTH_LENGTH),
    demotion: readUint8(bytes, start + DEMOTION),
    counterHigh: readUint32(bytes, start + COUNTER_HIGH),
    counterLow: readUint32(bytes, start + COUNTER_LOW),
    digest: bytes.slice(start + DIGEST, start + CARP_BYTES),
  }
}

/** Writes the advertisement with its checksum at `start` and returns its end. */
export function writeCarp(
  bytes: Uint8Array,
  start: number,
  advertisement: CarpAdvertisement,
): number {
  const end = start + CARP_BYTES
  writeUint8(bytes, start + VERSION_AND_TYPE, (VERSION << 4) | TYPE_ADVERTISEMENT)
  writeUint8(bytes, start + VHID, advertisement.vhid)
  writeUint8(bytes, start + ADVSKEW, advertisement.advskew)
  writeUint8(bytes, start + AUTH_LENGTH, advertisement.authLength)
  writeUint8(bytes, start + DEMOTION, advertisement.demotion)
  writeUint8(bytes, start + ADVBASE, advertisement.advbaseSeconds)
  writeUint16(bytes, start + CHECKSUM, 0)
  writeUint32(bytes, start + COUNTER_HIGH, advertisement.counterHigh)
  writeUint32(bytes, start + COUNTER_LOW, advertisement.counterLow)
  bytes.set(advertisement.digest, start + DIGEST)
  writeUint16(bytes, start + CHECKSUM, internetChecksum(bytes, start, end))
  return end
}

// --- Text ---------------------------------------------------------------------------------------

/** The advertisement as `tcpdump -T carp` prints it. */
export function describeCarp(advertisement: CarpAdvertisement): string {
  const { vhid, advbaseSeconds, advskew, authLength, counterHigh, counterLow } = advertisement
  const counter = (BigInt(counterHigh) << 32n) | BigInt(counterLow)
  return `CARPv2-advertise ${CARP_BYTES}: vhid=${vhid} advbase=${advbaseSeconds} advskew=${advskew} authlen=${authLength} counter=${counter}`
}
