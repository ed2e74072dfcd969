import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, readUint16, readUint32, writeUint16, writeUint32 } from './bytes.ts'
import { adjustChecksum, adjustChecksum32, internetChecksum } from './checksum.ts'

// The numerical example of RFC 1071, section 3: the sum is ddf2, and this its complement.
const RFC_1071 = fromHex('0001 f203 f4f5 f6f7')
// The IP header of vector V1 of the CARP facts, whose checksum is bd5d.
const IP_HEADER = fromHex('45e00038 00004000 ff70bd5d 0a0ad2fb e0000012')

/** One's complement addition by division: 2^16 is 1 modulo 2^16 - 1. 0 and ffff are both zero. */
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

describe('the Internet checksum', () => {
  it('is that of the example of RFC 1071', () => {
    expect(checksumOf(RFC_1071)).toBe(0x220d)
  })

  it('is that of a header whose own field is zero', () => {
    const header = IP_HEADER.slice()
    header.fill(0, 10, 12)
    expect(checksumOf(header)).toBe(0xbd5d)
  })

  it('of data that carries it is 0', () => {
    expect(checksumOf(IP_HEADER)).toBe(0)
    fc.assert(
      fc.property(evenBytes, (bytes) => {
        writeUint16(bytes, 0, 0)
        writeUint16(bytes, 0, checksumOf(bytes))
        expect(checksumOf(bytes)).toBe(0)
      }),
    )
  })

  it('agrees with arithmetic on one long number, of odd and even length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 101 }), (bytes) => {
        const checksum = checksumOf(bytes)
        expect(checksum).toBeGreaterThanOrEqual(0)
        expect(checksum).toBeLessThanOrEqual(0xffff)
        expect((remainder(bytes) + checksum) % 0xffff).toBe(0)
      }),
    )
  })

  it('tells nothing from zeros, whose checksum is all ones', () => {
    expect([checksumOf(new Uint8Array(0)), checksumOf(new Uint8Array(9))]).toEqual([0xffff, 0xffff])
  })

  it('sees the bytes between start and end, and no others', () => {
    const bytes = new Uint8Array([0xaa, ...RFC_1071, 0xbb])
    expect(internetChecksum(bytes, 1, 9)).toBe(0x220d)
    expect(internetChecksum(bytes, 1, 8)).toBe(checksumOf(RFC_1071.subarray(0, 7)))
  })

  it('does not overflow over the largest datagram', () => {
    expect(checksumOf(new Uint8Array(65_535).fill(0xff))).toBe(0x00ff)
    expect(checksumOf(new Uint8Array(65_534).fill(0xff))).toBe(0)
  })
})

describe('an adjusted checksum', () => {
  it('is that of RFC 1624, where the older formula went wrong', () => {
    // Its section 4: the checksum dd2f, and a word that changes from 5555 to 3285.
    expect(adjustChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0)
  })

  it('is that of a TTL which was decremented', () => {
    const header = IP_HEADER.slice()
    const before = readUint16(header, 8)
    header[8] = 254
    writeUint16(header, 10, adjustChecksum(0xbd5d, before, readUint16(header, 8)))
    expect(readUint16(header, 10)).toBe(0xbe5d)
    expect(checksumOf(header)).toBe(0)
  })

  it('is the checksum of the changed data', () => {
    const words = fc.integer({ min: 0, max: 0xffff })
    fc.assert(
      fc.property(evenBytes, fc.nat(), words, (bytes, place, after) => {
        const at = (place % (bytes.length / 2)) * 2
        const before = readUint16(bytes, at)
        const adjusted = adjustChecksum(checksumOf(bytes), before, after)
        writeUint16(bytes, at, after)
        // Data of zeros only has two right checksums; no header is that empty.
        fc.pre(bytes.some((byte) => byte !== 0))
        expect(adjusted).toBe(checksumOf(bytes))
      }),
    )
  })

  it('is the checksum of the data with another 32-bit number', () => {
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

  it('from 0 is the checksum of the data and a number more', () => {
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
