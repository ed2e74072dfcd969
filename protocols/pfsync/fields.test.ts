import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromAscii, fromHex, toHex } from '../bytes.ts'
import {
  formatCreatorId,
  formatStateId,
  PF_ADDRESS_FAMILY,
  readCounter,
  readInterfaceName,
  readPfAddress,
  sameStateId,
  writeCounter,
  writeInterfaceName,
  writePfAddress,
} from './fields.ts'
import { states } from './packets.fixture.ts'
import { readPeer } from './peer.ts'
import { readState1400, writeState1400 } from './state-1400.ts'

describe('pfsync interface name', () => {
  it.each(['', 'all', 'vmx1.120', 'nameof15letters'])('%j survives write and read', (name) => {
    const bytes = new Uint8Array(18).fill(0xa5)
    writeInterfaceName(bytes, 1, name)
    expect(readInterfaceName(bytes, 1)).toBe(name)
    expect([bytes[0], bytes[17]]).toEqual([0xa5, 0xa5])
  })

  it('ends with its first zero, or after 16 characters', () => {
    expect(readInterfaceName(fromAscii('vmx0\0vmx1\0\0\0\0\0\0\0'), 0)).toBe('vmx0')
    expect(readInterfaceName(fromAscii('sixteen letters!and more'), 0)).toBe('sixteen letters!')
  })

  it('cannot be written with 16 characters', () => {
    expect(() => writeInterfaceName(new Uint8Array(16), 0, 'sixteen letters!')).toThrow('15')
  })
})

describe('pfsync address', () => {
  it('of IPv4 is in the first four bytes; the others are ignored', () => {
    const bytes = fromHex('0a0ad214ffffffffffffffffffffffff')
    expect(readPfAddress(bytes, 0, PF_ADDRESS_FAMILY.ipv4)).toBe(0x0a0a_d214)
    writePfAddress(bytes, 0, 0x0a0a_d215)
    expect(toHex(bytes)).toBe('0a0ad215000000000000000000000000')
  })

  it.each([PF_ADDRESS_FAMILY.ipv6, 0, 255])('of family %i has 16 bytes', (family) => {
    const bytes = fromHex('20010db8000000010000000280000003')
    const address = readPfAddress(bytes, 0, family)
    expect(address).toEqual([0x2001_0db8, 1, 2, 0x8000_0003])
    const again = new Uint8Array(16).fill(0xa5)
    writePfAddress(again, 0, address)
    expect(again).toEqual(bytes)
  })
})

describe('pfsync counter', () => {
  it('is exact below 2^53', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (count) => {
        const bytes = new Uint8Array(8)
        writeCounter(bytes, 0, count)
        expect(readCounter(bytes, 0)).toBe(count)
        expect(BigInt(`0x${toHex(bytes)}`)).toBe(BigInt(count))
      }),
    )
  })
})

describe('pfsync scrub fields of a peer', () => {
  it.each([0, 2, 255])('are ignored when their flag is %i', (flag) => {
    const bytes = new Uint8Array(32).fill(0xff)
    bytes[3] = flag
    expect(readPeer(bytes, 0)).not.toHaveProperty('scrub')
    bytes[3] = 1
    expect(readPeer(bytes, 0).scrub).toEqual({
      flags: 0xffff,
      ttl: 255,
      timestampOffset: 0xffff_ffff,
    })
  })
})

describe('pfsync state', () => {
  it('survives write and read', () => {
    fc.assert(
      fc.property(states, (state) => {
        const bytes = new Uint8Array(277).fill(0xa5)
        writeState1400(bytes, 0, state)
        expect(readState1400(bytes, 0)).toEqual(state)
      }),
    )
  })

  it('is read from random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 277, maxLength: 277 }), (bytes) => {
        const state = readState1400(bytes, 0)
        for (const value of Object.values(state)) {
          if (typeof value === 'number') expect(Number.isInteger(value)).toBe(true)
        }
      }),
    )
  })
})

describe('pf state id', () => {
  it('is formatted as by pfctl', () => {
    expect(formatStateId({ high: 0, low: 0x67a0_b1c2 })).toBe('0000000067a0b1c2')
    expect(formatStateId({ high: 0xffff_ffff, low: 0 })).toBe('ffffffff00000000')
    expect(formatCreatorId(0x0a2b_3c4d)).toBe('0a2b3c4d')
  })

  it('is equal only when both halves are equal', () => {
    expect(sameStateId({ high: 1, low: 2 }, { high: 1, low: 2 })).toBe(true)
    expect(sameStateId({ high: 1, low: 2 }, { high: 1, low: 3 })).toBe(false)
    expect(sameStateId({ high: 1, low: 2 }, { high: 0, low: 2 })).toBe(false)
  })
})
