import { describe, expect, it } from 'vitest'
import { fromHex } from '../bytes.ts'
import { parseVrrp } from './wire.ts'

/** 192.168.0.1 speaks to 224.0.0.18 of 192.168.0.254. tshark finds each checksum good. */
const SOURCE = 0xc0a8_0001
const GROUP = 0xe000_0012
const V2 = fromHex('21 33 64 01 00 01 b923 c0a800fe 0000000000000000')
const V3 = fromHex('31 33 64 01 00 64 0788 c0a800fe')

const parsed = (bytes: Uint8Array) => parseVrrp(bytes, 0, bytes.length, SOURCE, GROUP)

describe('parseVrrp', () => {
  it('reads version 2, in seconds, and 3, in hundredths', () => {
    const common = { virtualRouterId: 0x33, priority: 100, addresses: [0xc0a8_00fe] }
    expect(parsed(V2)).toEqual({ version: 2, advertIntervalMs: 1000, ...common })
    expect(parsed(V3)).toEqual({ version: 3, advertIntervalMs: 1000, ...common })
  })

  it.each([
    ['too short', V2.subarray(0, 7), 'truncated'],
    ['without its authentication', V2.subarray(0, 12), 'badLength'],
    ['of another version', fromHex('41 33 64 00 00 64 0000'), 'badVersion'],
    ['of another type', fromHex('22 33 64 00 00 01 0000'), 'badType'],
    ['damaged', V3.with(2, 101), 'badChecksum'],
  ])('refuses one %s', (_, bytes, error) => {
    expect(parsed(bytes)).toBe(error)
  })
})
