import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4 as address, formatMac, parseMac } from '../addresses.ts'
import { fromHex, toHex } from '../bytes.ts'
import { internetChecksum } from '../checksum.ts'
import { ETHER_TYPE, ETHERNET_HEADER_BYTES, writeEthernet } from '../ethernet/wire.ts'
import { IP_PROTOCOL, IPV4_HEADER_BYTES, writeIpv4 } from '../ipv4/wire.ts'
import {
  CARP_AUTH_LENGTH,
  CARP_BYTES,
  CARP_GROUP,
  CARP_GROUP_MAC,
  CARP_MAX_SKEW,
  CARP_TOS,
  CARP_TTL,
  type CarpAdvertisement,
  describeCarp,
  parseCarp,
  virtualMacOf,
  writeCarp,
} from './wire.ts'

// VHID 1, password "secret", 10.10.210.253 advertised by 10.10.210.251. Correct for tcpdump and
// tshark.
const FRAME = fromHex(`
  01005e000012 00005e000101 0800
  45e00038 00004000 ff70bd5d 0a0ad2fb e0000012
  21010007 00010b22 01234567 89abcdef 71aebc18 bb5b1553 c1e35611 4e697380 c79c95bd`)
const PACKET = FRAME.subarray(ETHERNET_HEADER_BYTES + IPV4_HEADER_BYTES)
const ADVERTISEMENT: CarpAdvertisement = {
  vhid: 1,
  advskew: 0,
  advbaseSeconds: 1,
  authLength: CARP_AUTH_LENGTH,
  demotion: 0,
  counterHigh: 0x0123_4567,
  counterLow: 0x89ab_cdef,
  digest: fromHex('71aebc18bb5b1553c1e356114e697380c79c95bd'),
}

const octets = fc.integer({ min: 0, max: 255 })
const halves = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const advertisements: fc.Arbitrary<CarpAdvertisement> = fc.record({
  vhid: octets,
  advskew: octets,
  advbaseSeconds: octets,
  authLength: octets,
  demotion: octets,
  counterHigh: halves,
  counterLow: halves,
  digest: fc.uint8Array({ minLength: 20, maxLength: 20 }),
})

describe('CARP advertisement', () => {
  it('is parsed', () => {
    expect(parseCarp(PACKET, 0, PACKET.length)).toEqual(ADVERTISEMENT)
  })

  it('is written like the frame of a FreeBSD master', () => {
    const bytes = new Uint8Array(70).fill(0xa5)
    const ipAt = writeEthernet(bytes, 0, {
      destination: CARP_GROUP_MAC,
      source: virtualMacOf(1),
      etherType: ETHER_TYPE.ipv4,
    })
    const carpAt = writeIpv4(bytes, ipAt, {
      headerBytes: IPV4_HEADER_BYTES,
      tos: CARP_TOS,
      totalBytes: IPV4_HEADER_BYTES + CARP_BYTES,
      identification: 0,
      dontFragment: true,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: CARP_TTL,
      protocol: IP_PROTOCOL.carp,
      source: address('10.10.210.251') as number,
      destination: CARP_GROUP,
    })
    expect(writeCarp(bytes, carpAt, ADVERTISEMENT)).toBe(70)
    expect(toHex(bytes)).toBe(toHex(FRAME))
  })

  it.each([
    [0, '0b22'],
    [100, 'a721'],
    [CARP_MAX_SKEW, '1b21'],
  ])('with skew %i has the checksum %s', (advskew, checksum) => {
    const bytes = new Uint8Array(CARP_BYTES).fill(0xa5)
    writeCarp(bytes, 0, { ...ADVERTISEMENT, advskew })
    expect(toHex(bytes.subarray(6, 8))).toBe(checksum)
  })

  it('survives write and parse', () => {
    fc.assert(
      fc.property(advertisements, fc.integer({ min: 0, max: 9 }), (advertisement, start) => {
        const bytes = new Uint8Array(50).fill(0xa5)
        const end = writeCarp(bytes, start, advertisement)
        expect(end - start).toBe(CARP_BYTES)
        expect(parseCarp(bytes, start, end)).toEqual(advertisement)
        // Bytes after it are ignored.
        expect(parseCarp(bytes, start, bytes.length)).toEqual(advertisement)
      }),
    )
  })

  it('has a copy of the digest', () => {
    const bytes = PACKET.slice()
    const parsed = parseCarp(bytes, 0, bytes.length)
    bytes.fill(0)
    expect(parsed).toEqual(ADVERTISEMENT)
  })

  it('is truncated at any shorter length', () => {
    for (let length = 0; length < PACKET.length; length++) {
      expect(parseCarp(PACKET, 0, length)).toBe('truncated')
    }
  })

  it('is refused with any wrong bit', () => {
    for (let bit = 0; bit < CARP_BYTES * 8; bit++) {
      const bytes = PACKET.slice()
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (0x80 >>> (bit & 7))
      // The first four bits are the version, which is checked before the checksum.
      expect(parseCarp(bytes, 0, bytes.length)).toBe(bit < 4 ? 'badVersion' : 'badChecksum')
    }
  })

  it('is checked for length, then version, then checksum', () => {
    const vrrp = PACKET.slice()
    vrrp[0] = 0x31
    expect(parseCarp(vrrp, 0, 35)).toBe('truncated')
    expect(parseCarp(vrrp, 0, 36)).toBe('badVersion')
  })

  it('is accepted with any type and any authLength', () => {
    const bytes = PACKET.slice()
    bytes.set([0x2f, 1, 0, 99])
    bytes.fill(0, 6, 8)
    const checksum = internetChecksum(bytes, 0, CARP_BYTES)
    bytes.set([checksum >>> 8, checksum & 0xff], 6)
    expect(parseCarp(bytes, 0, CARP_BYTES)).toEqual({ ...ADVERTISEMENT, authLength: 99 })
  })

  it('parses random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        parseCarp(bytes, 0, bytes.length)
      }),
    )
  })

  it('is described as by tcpdump', () => {
    expect(describeCarp(ADVERTISEMENT)).toBe(
      'CARPv2-advertise 36: vhid=1 advbase=1 advskew=0 authlen=7 counter=81985529216486895',
    )
    const last = { ...ADVERTISEMENT, counterHigh: 0xffff_ffff, counterLow: 0xffff_ffff }
    expect(describeCarp(last)).toContain('counter=18446744073709551615')
  })
})

describe('CARP addresses', () => {
  it('are the group 224.0.0.18 and its MAC', () => {
    expect(CARP_GROUP).toBe(address('224.0.0.18'))
    expect(CARP_GROUP_MAC).toBe(parseMac('01:00:5e:00:00:12'))
  })

  it('contain the VHID in the virtual MAC', () => {
    expect(formatMac(virtualMacOf(1))).toBe('00:00:5e:00:01:01')
    expect(formatMac(virtualMacOf(255))).toBe('00:00:5e:00:01:ff')
  })
})
