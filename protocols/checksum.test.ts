import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import { adjustChecksum, adjustChecksum32, internetChecksum } from './checksum.ts'

// The example of RFC 1071, section 3: the sum is ddf2, so the checksum is 220d.
const RFC_1071 = fromHex('0001 f203 f4f5 f6f7')
// An IP header of a CARP advertisement; its checksum is bd5d.
const IP_HEADER = fromHex('45e00038 00004000 ff70bd5d 0a0ad2fb e0000012')

/** The one's complement sum, calculated as one long number modulo 2^16 - 1. */
function remainder(bytes: Uint8Array): number {
  let number = 0n
  for (const byte of bytes.length % 2 === 0 ? bytes : [...bytes, 0]) {
    number = (number << 8n) | BigInt(byte)
  }
  return Number(number % 0xffffn)
}

function checksumOf(bytes: Uint8Array): number {
  return internetChecksum(bytes, 0, bytes.length)
}

const evenBytes = fc
  .uint8Array({ minLength: 2, maxLength: 60 })
  .map((bytes) => bytes.subarray(0, bytes.length & ~1))

describe('internetChecksum', () => {
  it('gives the result of the example in RFC 1071', () => {
    expect(checksumOf(RFC_1071)).toBe(0x220d)
  })

  it('gives the checksum of an IP header whose checksum field is zero', () => {
    const header = IP_HEADER.slice()
    header.fill(0, 10, 12)
    expect(checksumOf(header)).toBe(0xbd5d)
  })

  it('is 0 over data that contains its checksum', () => {
    expect(checksumOf(IP_HEADER)).toBe(0)
    fc.assert(
      fc.property(evenBytes, (bytes) => {
        writeUint16(bytes, 0, 0)
        writeUint16(bytes, 0, checksumOf(bytes))
        expect(checksumOf(bytes)).toBe(0)
      }),
    )
  })

  it('equals a calculation with one long number, for odd and even lengths', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 101 }), (bytes) => {
        const checksum = checksumOf(bytes)
        expect(checksum).toBeGreaterThanOrEqual(0)
        expect(checksum).toBeLessThanOrEqual(0xffff)
        expect((remainder(bytes) + checksum) % 0xffff).toBe(0)
      }),
    )
  })

  it('is ffff for no bytes and for zeros', () => {
    expect([checksumOf(new Uint8Array(0)), checksumOf(new Uint8Array(9))]).toEqual([0xffff, 0xffff])
  })

  it('uses only the bytes from start to end', () => {
    const bytes = new Uint8Array([0xaa, ...RFC_1071, 0xbb])
    expect(internetChecksum(bytes, 1, 9)).toBe(0x220d)
    expect(internetChecksum(bytes, 1, 8)).toBe(checksumOf(RFC_1071.subarray(0, 7)))
  })

  it('does not overflow for the largest datagram', () => {
    expect(checksumOf(new Uint8Array(65_535).fill(0xff))).toBe(0x00ff)
    expect(checksumOf(new Uint8Array(65_534).fill(0xff))).toBe(0)
  })
})

describe('adjustChecksum', () => {
  it('gives the result of the example in RFC 1624, which the formula of RFC 1141 gets wrong', () => {
    // Section 4: the checksum is dd2f, and a word changes from 5555 to 3285.
    expect(adjustChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0)
  })

  it('updates an IP header checksum for a decremented TTL', () => {
    const header = IP_HEADER.slice()
    const before = readUint16(header, 8)
    header[8] = 254
    writeUint16(header, 10, adjustChecksum(0xbd5d, before, readUint16(header, 8)))
    expect(readUint16(header, 10)).toBe(0xbe5d)
    expect(checksumOf(header)).toBe(0)
  })

  it('equals the checksum of the changed data', () => {
    const words = fc.integer({ min: 0, max: 0xffff })
    fc.assert(
      fc.property(evenBytes, fc.nat(), words, (bytes, place, after) => {
        const at = (place % (bytes.length / 2)) * 2
        const before = readUint16(bytes, at)
        const adjusted = adjustChecksum(checksumOf(bytes), before, after)
        writeUint16(bytes, at, after)
        // Data of only zeros has two correct checksums.
        fc.pre(bytes.some((byte) => byte !== 0))
        expect(adjusted).toBe(checksumOf(bytes))
      }),
    )
  })

  it('equals the checksum after a 32-bit number changed', () => {
    const numbers = fc.integer({ min: 0, max: 0xffff_ffff })
    fc.assert(
      fc.property(evenBytes, fc.nat(), numbers, (bytes, place, after) => {
        fc.pre(bytes.length >= 4)
        const at = (place % (bytes.length / 2 - 1)) * 2
        const adjusted = adjustChecksum32(checksumOf(bytes), readUint32(bytes, at), after)
        writeUint32(bytes, at, after)
        fc.pre(bytes.some((byte) => byte !== 0))
        expect(adjusted).toBe(checksumOf(bytes))
      }),
    )
  })

  it('equals the checksum after a 32-bit number was appended', () => {
    const numbers = fc.integer({ min: 1, max: 0xffff_ffff })
    fc.assert(
      fc.property(evenBytes, numbers, (bytes, added) => {
        const longer = new Uint8Array(bytes.length + 4)
        longer.set(bytes)
        writeUint32(longer, bytes.length, added)
        expect(adjustChecksum32(checksumOf(bytes), 0, added)).toBe(checksumOf(longer))
      }),
    )
  })
})
