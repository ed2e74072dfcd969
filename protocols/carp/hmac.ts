import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { IPV4_ANY, IPV4_BROADCAST, type Ipv4Address } from '../addresses.ts'
import { fromAscii, writeUint8, writeUint32 } from '../bytes.ts'
import { CARP_DIGEST_BYTES } from './wire.ts'

/**
 * The digest of CARP advertisements (FreeBSD ip_carp.c: carp_hmac_prepare, carp_hmac_generate,
 * carp_hmac_verify): HMAC-SHA1 (RFC 2104) of version, type, VHID, all addresses of the VHID, and
 * the counter. It does not include advskew, advbase and the checksum.
 */

/** ifconfig copies a password into 20 bytes, of which the last is a NUL. */
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

/**
 * Authenticators by password and message. The two ends of a segment share one, so what the one
 * signs the other need not compute again.
 */
const authenticators = new Map<string, CarpAuthenticator>()
const AUTHENTICATORS_MAX = 1_000

/** @returns the authenticator of these inputs; parameters as those of its constructor */
export function carpAuthenticator(
  password: string,
  vhid: number,
  addresses: CarpAddresses,
): CarpAuthenticator {
  const key = `${password}\n${commonMessage(vhid, addresses)}`
  let authenticator = authenticators.get(key)
  if (authenticator === undefined) {
    if (authenticators.size >= AUTHENTICATORS_MAX) authenticators.clear()
    authenticator = new CarpAuthenticator(password, vhid, addresses)
    authenticators.set(key, authenticator)
  }
  return authenticator
}

/** Signs and verifies the advertisements of one VHID with one set of addresses. */
export class CarpAuthenticator {
  /** The hash state before the counter, as made by carp_hmac_prepare. */
  readonly #common: ReturnType<typeof hmac.create>
  /** A copy of that state which each advertisement overwrites, to allocate nothing. */
  readonly #continued: ReturnType<typeof hmac.create>
  readonly #counter = new Uint8Array(COUNTER_BYTES)
  /** The digest of the latest counter. */
  readonly #digest = new Uint8Array(CARP_DIGEST_BYTES)
  #high = -1
  #low = -1

  /**
   * @param password ASCII, cut to 19 characters; pfSense has already removed spaces. An empty
   *   password gives a key of zeros, as in FreeBSD
   * @param vhid 1 to 255
   * @param addresses all addresses of the VHID, in any order; both nodes must have the same ones
   */
  constructor(password: string, vhid: number, addresses: CarpAddresses) {
    // FreeBSD pads the key with NULs to 20 bytes; HMAC pads it with NULs to 64 bytes anyway.
    const key = fromAscii(password.slice(0, PASSWORD_MAX_CHARACTERS))
    this.#common = hmac.create(sha1, key)
    this.#common.update(commonMessage(vhid, addresses))
    this.#continued = hmac.create(sha1, key)
  }

  /** Writes the 20-byte digest to `into[at, at + 20)`. */
  sign(counterHigh: number, counterLow: number, into: Uint8Array, at: number): void {
    this.#compute(counterHigh, counterLow)
    into.set(this.#digest, at)
  }

  /** Whether `bytes[at, at + 20)` is the digest for the counter. */
  verify(counterHigh: number, counterLow: number, bytes: Uint8Array, at: number): boolean {
    this.#compute(counterHigh, counterLow)
    for (let index = 0; index < CARP_DIGEST_BYTES; index++) {
      if (this.#digest[index] !== bytes[at + index]) return false
    }
    return true
  }

  #compute(counterHigh: number, counterLow: number): void {
    if (counterHigh === this.#high && counterLow === this.#low) return
    this.#high = counterHigh
    this.#low = counterLow
    writeUint32(this.#counter, 0, counterHigh)
    writeUint32(this.#counter, 4, counterLow)
    this.#common._cloneInto(this.#continued)
    this.#continued.update(this.#counter).digestInto(this.#digest)
  }
}

/** The signed message before the counter. */
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
 * The addresses in ascending order, each once, as FreeBSD selects them: it never selects 0.0.0.0
 * and 255.255.255.255.
 */
function sortedIpv4(addresses: readonly Ipv4Address[]): Ipv4Address[] {
  return [...new Set(addresses)]
    .filter((address) => address !== IPV4_ANY && address !== IPV4_BROADCAST)
    .sort((left, right) => left - right)
}

/** Like `sortedIpv4`, in the order of memcmp and without the scope of link-local addresses. */
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

/** FreeBSD stores the interface in bytes 2 and 3 of a link-local address, and clears it here. */
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
