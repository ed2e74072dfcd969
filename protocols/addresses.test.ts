import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  broadcastOf,
  formatIpv4,
  formatIpv4Prefix,
  formatMac,
  IPV4_BROADCAST,
  inPrefix,
  isGroupMac,
  isMulticastIpv4,
  MAC_BROADCAST,
  MAC_NONE,
  maskOf,
  multicastMacOf,
  parseIpv4,
  parseIpv4Prefix,
  parseMac,
} from './addresses.ts'

const macs = fc.integer({ min: 0, max: 2 ** 48 - 1 })
const ips = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const lengths = fc.integer({ min: 0, max: 32 })

/** The 32 bits of an address as text. */
function bitsOf(ip: number): string {
  return ip.toString(2).padStart(32, '0')
}

describe('MAC address', () => {
  it.each([
    ['00:00:00:00:00:00', MAC_NONE],
    ['ff:ff:ff:ff:ff:ff', MAC_BROADCAST],
    ['00:00:5e:00:01:05', 0x5e00_0105],
    ['01:00:5e:00:00:12', 0x0100_5e00_0012],
    ['00:0c:29:aa:00:01', 0x000c_29aa_0001],
  ])('%s is formatted and parsed', (text, mac) => {
    expect(formatMac(mac)).toBe(text)
    expect(parseMac(text)).toBe(mac)
  })

  it('survives format and parse, in lower and upper case', () => {
    fc.assert(
      fc.property(macs, (mac) => {
        expect(parseMac(formatMac(mac))).toBe(mac)
        expect(parseMac(formatMac(mac).toUpperCase())).toBe(mac)
      }),
    )
  })

  it.each([
    '',
    '00:00:5e:00:01',
    '00:00:5e:00:01:05:06',
    '00-00-5e-00-01-05',
    '0000.5e00.0105',
    '00005e000105',
    '0:0:5e:0:1:5',
    '00:00:5e:00:01:0g',
    ' 00:00:5e:00:01:05',
    '00:00:5e:00:01:05\n',
  ])('is not "%s"', (text) => {
    expect(parseMac(text)).toBeUndefined()
  })

  it('is a group address when its first byte is odd', () => {
    fc.assert(
      fc.property(macs, (mac) => {
        const firstByte = Number.parseInt(formatMac(mac).slice(0, 2), 16)
        expect(isGroupMac(mac)).toBe(firstByte % 2 === 1)
      }),
    )
    expect([isGroupMac(MAC_BROADCAST), isGroupMac(MAC_NONE)]).toEqual([true, false])
  })
})

describe('IPv4 address', () => {
  it.each([
    ['0.0.0.0', 0],
    ['10.10.110.254', 0x0a0a_6efe],
    ['127.255.255.255', 0x7fff_ffff],
    ['128.0.0.0', 0x8000_0000],
    ['224.0.0.18', 0xe000_0012],
    ['255.255.255.255', IPV4_BROADCAST],
  ])('%s is formatted and parsed', (text, ip) => {
    expect(formatIpv4(ip)).toBe(text)
    expect(parseIpv4(text)).toBe(ip)
  })

  it('survives format and parse', () => {
    fc.assert(
      fc.property(ips, (ip) => {
        expect(parseIpv4(formatIpv4(ip))).toBe(ip)
      }),
    )
  })

  it.each([
    '',
    '10',
    '10.10.110',
    '10.10.110.254.1',
    '10.10.110.256',
    '10.10.110.-1',
    '10.10.110.0x1',
    '10.10.110.254/24',
    '10.10.110.',
    '.10.110.254',
    ' 10.10.110.254',
    '10.10.110.254 ',
    '10.10.110.254\n',
    '010.10.110.254',
    '1e1.10.110.254',
    '::1',
    'pfsense1',
  ])('is not "%s"', (text) => {
    expect(parseIpv4(text)).toBeUndefined()
  })

  it.each([
    ['223.255.255.255', false],
    ['224.0.0.0', true],
    ['239.255.255.255', true],
    ['240.0.0.0', false],
    ['255.255.255.255', false],
  ])('%s is multicast: %s', (text, multicast) => {
    expect(isMulticastIpv4(parseIpv4(text) ?? 0)).toBe(multicast)
  })
})

describe('IPv4 prefix', () => {
  it.each([
    ['10.10.110.251/24', 0x0a0a_6efb, 24],
    ['10.10.140.254/32', 0x0a0a_8cfe, 32],
    ['0.0.0.0/0', 0, 0],
  ])('%s is formatted and parsed', (text, address, length) => {
    expect(parseIpv4Prefix(text)).toEqual({ address, length })
    expect(formatIpv4Prefix({ address, length })).toBe(text)
  })

  it.each([
    '10.0.0.1',
    '10.0.0.1/',
    '10.0.0.1/33',
    '10.0.0.1/-1',
    '10.0.0.1/24/1',
    '10.0.0/24',
    '/24',
  ])('is not "%s"', (text) => {
    expect(parseIpv4Prefix(text)).toBeUndefined()
  })

  it.each([
    [0, '0.0.0.0'],
    [1, '128.0.0.0'],
    [24, '255.255.255.0'],
    [31, '255.255.255.254'],
    [32, '255.255.255.255'],
  ])('of length %i has the mask %s', (length, mask) => {
    expect(formatIpv4(maskOf(length))).toBe(mask)
  })

  it('contains the addresses that start with its bits', () => {
    fc.assert(
      fc.property(ips, ips, lengths, (ip, address, length) => {
        const begins = bitsOf(ip).startsWith(bitsOf(address).slice(0, length))
        expect(inPrefix(ip, { address, length })).toBe(begins)
        // Two random addresses share few bits, so this one shares the first `length` bits.
        const near = (address ^ (ip >>> length)) >>> 0
        const shares = bitsOf(near).startsWith(bitsOf(address).slice(0, length))
        expect(inPrefix(near, { address, length })).toBe(shares)
      }),
    )
  })

  it('has its last address as the broadcast address', () => {
    fc.assert(
      fc.property(ips, lengths, (address, length) => {
        const broadcast = broadcastOf({ address, length })
        const expected = bitsOf(address).slice(0, length).padEnd(32, '1')
        expect(bitsOf(broadcast)).toBe(expected)
      }),
    )
  })
})

describe('multicast MAC of an IPv4 group', () => {
  it.each([
    ['224.0.0.18', '01:00:5e:00:00:12'],
    ['224.0.0.240', '01:00:5e:00:00:f0'],
    // 32 groups share one MAC: only the low 23 bits are used.
    ['225.1.2.3', '01:00:5e:01:02:03'],
    ['239.129.2.3', '01:00:5e:01:02:03'],
    ['239.255.255.255', '01:00:5e:7f:ff:ff'],
  ])('%s is %s', (group, mac) => {
    expect(formatMac(multicastMacOf(parseIpv4(group) ?? 0))).toBe(mac)
  })
})
