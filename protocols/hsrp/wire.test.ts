import { describe, expect, it } from 'vitest'
import { fromHex } from '../bytes.ts'
import { parseHsrp } from './wire.ts'

/** tshark reads both as a hello of the active member of group 10, every 3 s. */
const V1 = fromHex('00 00 10 03 0a 64 0a 00 636973636f000000 c0a800fe')
const V2 = fromHex(
  `01 28 02 00 06 04 000a 00000c9ff00a 00000064 00000bb8 00002710 c0a800fe${'00'.repeat(12)}`,
)
const parsed = (bytes: Uint8Array) => parseHsrp(bytes, 0, bytes.length)

describe('parseHsrp', () => {
  it('reads both versions', () => {
    const common = { group: 10, isActive: true, resigns: false, helloMs: 3000 }
    expect(parsed(V1)).toEqual({ version: 1, ...common })
    expect(parsed(V2)).toEqual({ version: 2, ...common })
  })

  it('tells a standby member and one that resigns', () => {
    expect(parsed(V1.with(2, 8))).toMatchObject({ isActive: false })
    expect(parsed(V2.with(3, 2))).toMatchObject({ resigns: true })
  })

  it('refuses what is short or other', () => {
    expect(parsed(V1.subarray(0, 19))).toBe('truncated')
    expect(parsed(V2.subarray(0, 41))).toBe('truncated')
    expect(parsed(V1.with(0, 9))).toBe('badVersion')
  })
})
