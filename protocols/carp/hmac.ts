import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { IPV4_ANY, IPV4_BROADCAST, type Ipv4Address } from '../addresses.ts'
import { fromAscii, writeUint8, writeUint32 } from '../bytes.ts'
import { CARP_DIGEST_BYTES } from './wire.ts'

/**
 * How CARP signs its advertisements (FreeBSD ip_carp.c: carp_hmac_prepare, carp_hmac_generate,
 * carp_hmac_verify): HMAC-SHA1 (RFC 2104) over version, type, VHID, every address of the virtual
 * host, and the counter. Not over skew, interval and checksum: a demotion does not change it.
 */

/** What counts of a password: ifconfig copies it into 20 bytes, the last of which is a NUL. */
const PASSWORD_MAX_CHARACTERS = 19
const PREFIX_BYTES = 3
const IPV4_BYTES = 4
const IPV6_BYTES = 16
const COUNTER_BYTES = 8

const VERSION = 2
const TYPE_ADVERTISEMENT = 1

interface CarpAddresses {
  readonly ipv4: readonly Ipv4Address[]
  /** 16 bytes each, in network order. */
  readonly ipv6: readonly Uint8Array[]
}

/** Signs and verifies for one virtual host: to be made anew when its addresses change. */
export class CarpAuthenticator {
  /** All that advertisements have in common, hashed once: the midstate of carp_hmac_prepare. */
  readonly #common: ReturnType<typeof hmac.create>
  /** The same, to continue: overwritten for each advertisement, so that none allocates its own. */
  readonly #continued: ReturnType<typeof hmac.create>
  readonly #counter = new Uint8Array(COUNTER_BYTES)
  readonly #digest = new Uint8Array(CARP_DIGEST_BYTES)

  /**
   * @param password ASCII; only its first 19 characters count, and pfSense has already taken out
   *   the spaces. Empty is allowed, and signs with a key of zeros as FreeBSD does
   * @param vhid 1 to 255
   * @param addresses every address of the virtual host, of both families, in any order: both
   *   nodes must have the same ones, or refuse each other
   */
  constructor(password: string, vhid: number, addresses: CarpAddresses) {
    // The key is padded with NULs up to 20 bytes, and HMAC pads it to 64 with the same.
    const key = fromAscii(password.slice(0, PASSWORD_MAX_CHARACTERS))
    this.#common = hmac.create(sha1, key)
    this.#common.update(commonMessage(vhid, addresses))
    this.#continued = hmac.create(sha1, key)
  }

  /** Writes the 20 bytes of the digest into `into[at, at + 20)`. */
  sign(counterHigh: number, counterLow: number, into: Uint8Array, at: number): void {
    this.#compute(counterHigh, counterLow)
    into.set(this.#digest, at)
  }

  /** Whether `bytes[at, at + 20)` is the digest that goes with the counter. */
  verify(counterHigh: number, counterLow: number, bytes: Uint8Array, at: number): boolean {
    this.#compute(counterHigh, counterLow)
    for (let index = 0; index < CARP_DIGEST_BYTES; index++) {
      if (this.#digest[index] !== bytes[at + index]) return false
    }
    return true
  }

  #compute(counterHigh: number, counterLow: number): void {
    writeUint32(this.#counter, 0, counterHigh)
    writeUint32(this.#counter, 4, counterLow)
    this.#common._cloneInto(this.#continued)
    this.#continued.update(this.#counter).digestInto(this.#digest)
  }
}

/** What is signed, up to the counter. */
function commonMessage(vhid: number, addresses: CarpAddresses): Uint8Array {
  const ipv4 = sortedIpv4(addresses.ipv4)
  const ipv6 = sortedIpv6(addresses.ipv6)
  const message = new Uint8Array(PREFIX_BYTES + ipv4.length * IPV4_BYTES + ipv6.length * IPV6_BYTES)
  writeUint8(message, 0, VERSION)
  writeUint8(message, 1, TYPE_ADVERTISEMENT)
  writeUint8(message, 2, vhid)
  let at = PREFIX_BYTES
  for (const address of ipv4) {
    writeUint32(message, at, address)
    at += IPV4_BYTES
  }
  for (const address of ipv6) {
    message.set(address, at)
    at += IPV6_BYTES
  }
  return message
}

/**
 * Ascending, each once. FreeBSD selects in passes, always the smallest above the last and below
 * all ones, from zero on: so neither 0.0.0.0 nor 255.255.255.255 is ever chosen.
 */
function sortedIpv4(addresses: readonly Ipv4Address[]): Ipv4Address[] {
  return [...new Set(addresses)]
    .filter((address) => address !== IPV4_ANY && address !== IPV4_BROADCAST)
    .sort((left, right) => left - right)
}

/** As `sortedIpv4`, in the order of memcmp and without the scope of link-local addresses. */
function sortedIpv6(addresses: readonly Uint8Array[]): Uint8Array[] {
  return addresses
    .map(withoutScope)
    .filter((address) => address.some((byte) => byte !== 0) && address.some((byte) => byte !== 255))
    .sort(compareBytes)
    .filter((address, index, all) => {
      const previous = all[index - 1]
      return previous === undefined || compareBytes(previous, address) !== 0
    })
}

/** FreeBSD keeps the interface in bytes 2 and 3 of a link-local address, and clears it here. */
function withoutScope(address: Uint8Array): Uint8Array {
  const isLinkLocal = address[0] === 0xfe && ((address[1] ?? 0) & 0xc0) === 0x80
  return isLinkLocal ? address.slice().fill(0, 2, 4) : address
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  for (const [index, byte] of left.entries()) {
    const difference = byte - (right[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
