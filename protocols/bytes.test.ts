import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fromAscii,
  fromHex,
  readUint8,
  readUint16,
  readUint32,
  readUint48,
  toHex,
  writeUint8,
  writeUint16,
  writeUint32,
  writeUint48,
} from './bytes.ts'

const FIELDS = [
  ['8', 1, readUint8, writeUint8],
  ['16', 2, readUint16, writeUint16],
  ['32', 4, readUint32, writeUint32],
  ['48', 6, readUint48, writeUint48],
] as const

describe.each(FIELDS)('a %s-bit number', (_, width, read, write) => {
  const values = fc.integer({ min: 0, max: 2 ** (8 * width) - 1 })
  const places = fc.integer({ min: 0, max: 9 })

  it('is read in network byte order', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), places, (bytes, at) => {
        const digits = toHex(bytes.subarray(at, at + width))
        expect(read(bytes, at)).toBe(Number.parseInt(digits, 16))
      }),
    )
  })

  it('survives write and read, and other bytes do not change', () => {
    fc.assert(
      fc.property(values, places, (value, at) => {
        const bytes = new Uint8Array(16).fill(0xa5)
        write(bytes, at, value)
        expect(read(bytes, at)).toBe(value)
        bytes.fill(0xa5, at, at + width)
        expect(bytes).toEqual(new Uint8Array(16).fill(0xa5))
      }),
    )
  })

  it('can have all bits set', () => {
    const bytes = new Uint8Array(width)
    write(bytes, 0, 2 ** (8 * width) - 1)
    expect(toHex(bytes)).toBe('ff'.repeat(width))
    expect(read(bytes, 0)).toBe(2 ** (8 * width) - 1)
  })
})

describe('hexadecimal text', () => {
  it('has two digits per byte', () => {
    expect(toHex(Uint8Array.of(0, 1, 0x7f, 0x80, 0xff))).toBe('00017f80ff')
    expect(fromHex('00017f80ff')).toEqual(Uint8Array.of(0, 1, 0x7f, 0x80, 0xff))
    expect([toHex(new Uint8Array(0)), fromHex('')]).toEqual(['', new Uint8Array(0)])
  })

  it('can contain white space and capitals', () => {
    expect(fromHex(' 0A 0b\n\t0C0d ')).toEqual(Uint8Array.of(10, 11, 12, 13))
  })

  it('survives format and parse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes)
      }),
    )
  })

  it.each(['0', '000', '0g', '0x00', '-1', '00:01'])('is not "%s"', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError)
  })
})

describe('ASCII text', () => {
  it('is one byte per character', () => {
    expect(toHex(fromAscii('abcw hi~'))).toBe('61626377206869' + '7e')
    expect(fromAscii('')).toEqual(new Uint8Array(0))
  })

  it('keeps only the low eight bits of other characters', () => {
    expect(toHex(fromAscii('é€'))).toBe('e9ac')
  })
})
