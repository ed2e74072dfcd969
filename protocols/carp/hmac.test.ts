import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4 as address } from '../addresses.ts'
import { fromHex, toHex } from '../bytes.ts'
import { CarpAuthenticator } from './hmac.ts'

const COUNTER_HIGH = 0x0123_4567
const COUNTER_LOW = 0x89ab_cdef
const VIP = address('10.10.210.253') as number
const NONE = { ipv4: [], ipv6: [] }

// Vector V1: one address. Vector V2: several addresses, not in order.
const V1 = new CarpAuthenticator('secret', 1, { ipv4: [VIP], ipv6: [] })
const V1_DIGEST = '71aebc18bb5b1553c1e356114e697380c79c95bd'
const V2_IPV4 = ['10.10.210.253', '10.10.210.9', '192.168.1.254'].map((ip) => address(ip) as number)
const V2_LINK_LOCAL = fromHex('fe800000000000000000000000000001')
const V2_GLOBAL = fromHex('20010db8000000000000000000000253')
const V2_DIGEST = '23635d943646869176bdd71060e4cbcde525b468'

function digestOf(
  authenticator: CarpAuthenticator,
  counterHigh = COUNTER_HIGH,
  counterLow = COUNTER_LOW,
): string {
  const digest = new Uint8Array(20).fill(0xa5)
  authenticator.sign(counterHigh, counterLow, digest, 0)
  return toHex(digest)
}

/** The same digest, calculated by Node's HMAC. */
function digestByNode(
  password: string,
  vhid: number,
  ipv4: readonly number[],
  ipv6: readonly Uint8Array[],
  counterHigh: number,
  counterLow: number,
): string {
  const hex32 = (word: number) => word.toString(16).padStart(8, '0')
  const message = [
    `0201${vhid.toString(16).padStart(2, '0')}`,
    ...[...new Set(ipv4.map(hex32))].sort().filter((ip) => !/^(0{8}|f{8})$/.test(ip)),
    ...[...new Set(ipv6.map(toHex))].sort().filter((ip) => !/^(0{32}|f{32})$/.test(ip)),
    hex32(counterHigh),
    hex32(counterLow),
  ]
  const key = Buffer.alloc(20)
  key.write(password.slice(0, 19), 'latin1')
  return createHmac('sha1', key).update(message.join(''), 'hex').digest('hex')
}

const halves = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const ipv4s = fc.oneof(halves, fc.constantFrom(0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff))
const ipv6s = fc.oneof(
  fc
    .uint8Array({ minLength: 16, maxLength: 16 })
    // Link-local scopes have a test of their own.
    .filter((ip) => ip[0] !== 0xfe),
  fc.constantFrom(new Uint8Array(16), new Uint8Array(16).fill(0xff), V2_GLOBAL),
)
const passwords = fc.string({ unit: 'binary-ascii', maxLength: 30 })

describe('CARP digest', () => {
  it('of vector V1 is correct', () => {
    expect(digestOf(V1)).toBe(V1_DIGEST)
  })

  // Two advertisements captured from Debian's ucarp 1.5.2, with the parameters of V1.
  it.each([
    [0xce8f_a1ee, 0x5ec4_9f11, '79757dd54ec62997c4dd3d473f6f90fbef5a2f14'],
    [0x3472_bcf3, 0x9bad_5ef7, '19c02d0b1671a6f07aed543f458ed8262adfb2fc'],
  ])('equals the digest of ucarp for the counter %i, %i', (counterHigh, counterLow, digest) => {
    expect(digestOf(V1, counterHigh, counterLow)).toBe(digest)
    expect(V1.verify(counterHigh, counterLow, fromHex(digest), 0)).toBe(true)
  })

  it('of vector V2 is correct for any order of the addresses', () => {
    const orders = fc.tuple(
      fc.shuffledSubarray(V2_IPV4, { minLength: 3 }),
      fc.shuffledSubarray([V2_LINK_LOCAL, V2_GLOBAL], { minLength: 2 }),
    )
    fc.assert(
      fc.property(orders, ([ipv4, ipv6]) => {
        expect(digestOf(new CarpAuthenticator('secret', 7, { ipv4, ipv6 }))).toBe(V2_DIGEST)
      }),
    )
  })

  it("equals the digest of Node's HMAC", () => {
    fc.assert(
      fc.property(
        passwords,
        fc.integer({ min: 1, max: 255 }),
        fc.array(ipv4s, { maxLength: 6 }),
        fc.array(ipv6s, { maxLength: 4 }),
        halves,
        halves,
        (password, vhid, ipv4, ipv6, counterHigh, counterLow) => {
          const authenticator = new CarpAuthenticator(password, vhid, { ipv4, ipv6 })
          expect(digestOf(authenticator, counterHigh, counterLow)).toBe(
            digestByNode(password, vhid, ipv4, ipv6, counterHigh, counterLow),
          )
        },
      ),
    )
  })

  it('of one authenticator is correct for many counters', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(halves, halves), { maxLength: 20 }), (counters) => {
        for (const [high, low] of counters) {
          expect(digestOf(V1, high, low)).toBe(digestByNode('secret', 1, [VIP], [], high, low))
        }
      }),
    )
  })

  it('is written only at its offset', () => {
    const bytes = new Uint8Array(30).fill(0xa5)
    V1.sign(COUNTER_HIGH, COUNTER_LOW, bytes, 7)
    expect(toHex(bytes)).toBe(`${'a5'.repeat(7)}${V1_DIGEST}a5a5a5`)
    expect(V1.verify(COUNTER_HIGH, COUNTER_LOW, bytes, 7)).toBe(true)
  })
})

describe('CarpAuthenticator.verify', () => {
  const digest = fromHex(V1_DIGEST)

  it('refuses a digest with any wrong bit', () => {
    for (let bit = 0; bit < 160; bit++) {
      const bytes = digest.slice()
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (0x80 >>> (bit & 7))
      expect(V1.verify(COUNTER_HIGH, COUNTER_LOW, bytes, 0)).toBe(false)
    }
  })

  it('refuses a truncated digest', () => {
    expect(V1.verify(COUNTER_HIGH, COUNTER_LOW, digest.subarray(0, 19), 0)).toBe(false)
  })

  it.each([
    ['another counter', 'secret', 1, [VIP], COUNTER_LOW + 1],
    ['another password', 'Secret', 1, [VIP], COUNTER_LOW],
    ['another VHID', 'secret', 2, [VIP], COUNTER_LOW],
    ['another address', 'secret', 1, [VIP - 1], COUNTER_LOW],
    ['one address more', 'secret', 1, [VIP, VIP - 1], COUNTER_LOW],
    ['no address', 'secret', 1, [], COUNTER_LOW],
  ])('refuses a digest made with %s', (_, password, vhid, ipv4, counterLow) => {
    const authenticator = new CarpAuthenticator(password, vhid, { ipv4, ipv6: [] })
    expect(authenticator.verify(COUNTER_HIGH, counterLow, digest, 0)).toBe(false)
  })
})

describe('CARP digest input', () => {
  it('contains each address once', () => {
    const addresses = { ipv4: [VIP, VIP], ipv6: [] }
    expect(digestOf(new CarpAuthenticator('secret', 1, addresses))).toBe(V1_DIGEST)
    const both = { ipv4: V2_IPV4, ipv6: [V2_GLOBAL, V2_LINK_LOCAL, V2_GLOBAL.slice()] }
    expect(digestOf(new CarpAuthenticator('secret', 7, both))).toBe(V2_DIGEST)
  })

  it('does not contain the addresses of all zeros and all ones', () => {
    const ipv6 = [new Uint8Array(16), new Uint8Array(16).fill(0xff)]
    const addresses = { ipv4: [0, VIP, 0xffff_ffff], ipv6 }
    expect(digestOf(new CarpAuthenticator('secret', 1, addresses))).toBe(V1_DIGEST)
  })

  it('contains link-local addresses without the scope that FreeBSD stores in them', () => {
    const scoped = V2_LINK_LOCAL.slice()
    scoped.set([0x12, 0x34], 2)
    const before = toHex(scoped)
    const once = { ipv4: V2_IPV4, ipv6: [scoped, V2_GLOBAL] }
    expect(digestOf(new CarpAuthenticator('secret', 7, once))).toBe(V2_DIGEST)
    const twice = { ipv4: V2_IPV4, ipv6: [scoped, V2_GLOBAL, V2_LINK_LOCAL] }
    expect(digestOf(new CarpAuthenticator('secret', 7, twice))).toBe(V2_DIGEST)
    expect(toHex(scoped)).toBe(before)
  })
})

describe('CARP password', () => {
  it('is cut to 19 characters', () => {
    const long = new CarpAuthenticator('abcdefghijklmnopqrstuvwxyz', 1, NONE)
    expect(digestOf(long)).toBe(digestOf(new CarpAuthenticator('abcdefghijklmnopqrs', 1, NONE)))
    expect(digestOf(long)).not.toBe(digestOf(new CarpAuthenticator('abcdefghijklmnopqr', 1, NONE)))
  })

  it('can be empty, which gives a key of zeros', () => {
    const expected = digestByNode('', 1, [], [], COUNTER_HIGH, COUNTER_LOW)
    expect(digestOf(new CarpAuthenticator('', 1, NONE))).toBe(expected)
  })
})
