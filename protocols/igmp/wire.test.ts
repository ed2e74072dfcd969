import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4 as address } from '../addresses.ts'
import { fromHex, toHex } from '../bytes.ts'
import { internetChecksum } from '../checksum.ts'
import { isWireError } from '../wire-error.ts'
import {
  describeIgmp,
  IGMP_RECORD,
  IGMP_TYPE,
  type IgmpMessage,
  igmpLength,
  parseIgmp,
  writeIgmp,
} from './wire.ts'

const CARP_GROUP = address('224.0.0.18') as number
const LLMNR_GROUP = address('224.0.0.252') as number
const SSDP_GROUP = address('239.255.255.250') as number
const SOURCE = address('10.10.210.251') as number
const { modeIsInclude, modeIsExclude, changeToInclude, changeToExclude } = IGMP_RECORD

/**
 * Messages as Windows and others send them. The text is from tcpdump 4.99.3 -vv, the checksums are
 * from tshark 4.0.17.
 */
const KNOWN: readonly (readonly [string, string, IgmpMessage, string])[] = [
  [
    'a version 3 report that joins LLMNR',
    '2200f901 00000001 04000000 e00000fc',
    {
      kind: 'report',
      version: 3,
      records: [{ type: changeToExclude, group: LLMNR_GROUP, sources: [] }],
    },
    'igmp v3 report, 1 group record(s) [gaddr 224.0.0.252 to_ex { }]',
  ],
  [
    'a version 3 report that leaves LLMNR',
    '2200fa01 00000001 03000000 e00000fc',
    {
      kind: 'report',
      version: 3,
      records: [{ type: changeToInclude, group: LLMNR_GROUP, sources: [] }],
    },
    'igmp v3 report, 1 group record(s) [gaddr 224.0.0.252 to_in { }]',
  ],
  [
    'a version 3 report that answers a query, with a source',
    '22002de9 00000002 02000000 e0000012 01000001 effffffa 0a0ad2fb',
    {
      kind: 'report',
      version: 3,
      records: [
        { type: modeIsExclude, group: CARP_GROUP, sources: [] },
        { type: modeIsInclude, group: SSDP_GROUP, sources: [SOURCE] },
      ],
    },
    'igmp v3 report, 2 group record(s) [gaddr 224.0.0.18 is_ex { }] [gaddr 239.255.255.250 is_in { 10.10.210.251 }]',
  ],
  [
    'a version 2 report for SSDP',
    '1600fa04 effffffa',
    { kind: 'report', version: 2, group: SSDP_GROUP },
    'igmp v2 report 239.255.255.250',
  ],
  [
    'a version 1 report',
    '12000ded e0000012',
    { kind: 'report', version: 1, group: CARP_GROUP },
    'igmp v1 report 224.0.0.18',
  ],
  [
    'a leave',
    '170008ed e0000012',
    { kind: 'leave', version: 2, group: CARP_GROUP },
    'igmp leave 224.0.0.18',
  ],
  [
    'a version 1 query',
    '1100eeff 00000000',
    { kind: 'query', version: 1, group: 0, maxResponseMs: 0 },
    'igmp query v1',
  ],
  [
    'a version 2 general query',
    '1164ee9b 00000000',
    { kind: 'query', version: 2, group: 0, maxResponseMs: 10_000 },
    'igmp query v2',
  ],
  [
    'a version 3 general query',
    '1164ec1e 00000000 027d0000',
    {
      kind: 'query',
      version: 3,
      group: 0,
      maxResponseMs: 10_000,
      suppress: false,
      robustness: 2,
      intervalSeconds: 125,
      sources: [],
    },
    'igmp query v3',
  ],
  [
    'a version 3 query for a group and a source, with floating-point codes',
    '118426d5 e0000012 0a8d0001 0a0ad2fb',
    {
      kind: 'query',
      version: 3,
      group: CARP_GROUP,
      maxResponseMs: 16_000,
      suppress: true,
      robustness: 2,
      intervalSeconds: 232,
      sources: [SOURCE],
    },
    'igmp query v3 [max resp time 16.0s] [gaddr 224.0.0.18 { 10.10.210.251 }]',
  ],
]

function withChecksum(bytes: Uint8Array): Uint8Array {
  bytes.fill(0, 2, 4)
  const checksum = internetChecksum(bytes, 0, bytes.length)
  bytes.set([checksum >>> 8, checksum & 0xff], 2)
  return bytes
}

const addresses = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const sources = fc.array(addresses, { maxLength: 4 })
/** The values of a code: 0 to 127, or five significant bits up to 31744. */
const floats = fc.oneof(
  fc.integer({ min: 0, max: 127 }),
  fc
    .tuple(fc.integer({ min: 0x10, max: 0x1f }), fc.integer({ min: 3, max: 10 }))
    .map(([mantissa, exponent]) => mantissa << exponent),
)
const messages: fc.Arbitrary<IgmpMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('query' as const),
    version: fc.constant(2 as const),
    group: addresses,
    maxResponseMs: fc.integer({ min: 1, max: 255 }).map((tenths) => tenths * 100),
  }),
  fc.record({
    kind: fc.constant('query' as const),
    version: fc.constant(3 as const),
    group: addresses,
    maxResponseMs: floats.map((tenths) => tenths * 100),
    suppress: fc.boolean(),
    robustness: fc.integer({ min: 0, max: 7 }),
    intervalSeconds: floats,
    sources,
  }),
  fc.record({
    kind: fc.constant('report' as const),
    version: fc.constantFrom(1 as const, 2 as const),
    group: addresses,
  }),
  fc.record({
    kind: fc.constant('leave' as const),
    version: fc.constant(2 as const),
    group: addresses,
  }),
  fc.record({
    kind: fc.constant('report' as const),
    version: fc.constant(3 as const),
    records: fc.array(
      fc.record({ type: fc.integer({ min: 0, max: 255 }), group: addresses, sources }),
      { maxLength: 4 },
    ),
  }),
)

describe('IGMP message parser and writer', () => {
  it.each(KNOWN)('parse %s', (_, hex, message) => {
    const bytes = fromHex(hex)
    expect(parseIgmp(bytes, 0, bytes.length)).toEqual(message)
  })

  it.each(KNOWN)('write %s', (_, hex, message) => {
    const bytes = new Uint8Array(igmpLength(message)).fill(0xa5)
    expect(writeIgmp(bytes, 0, message)).toBe(bytes.length)
    expect(toHex(bytes)).toBe(toHex(fromHex(hex)))
  })

  it.each(KNOWN)('describe %s as tcpdump does', (_name, _hex, message, line) => {
    expect(describeIgmp(message)).toBe(line)
  })

  it('agree for any message', () => {
    fc.assert(
      fc.property(messages, fc.integer({ min: 0, max: 9 }), (message, start) => {
        const bytes = new Uint8Array(140).fill(0xa5)
        const end = writeIgmp(bytes, start, message)
        expect(end - start).toBe(igmpLength(message))
        expect(parseIgmp(bytes, start, end)).toEqual(message)
        describeIgmp(message)
      }),
    )
  })

  it('round a time down to the next value that a code can have', () => {
    const query = {
      kind: 'query',
      version: 3,
      group: 0,
      suppress: false,
      robustness: 2,
      sources: [],
    } as const
    for (const [asked, written] of [
      [127, 127],
      [128, 128],
      [135, 128],
      [136, 136],
      [31_743, 30_720],
      [31_744, 31_744],
      [32_767, 31_744],
      [100_000, 31_744],
    ] as const) {
      const bytes = new Uint8Array(12)
      writeIgmp(bytes, 0, { ...query, maxResponseMs: asked * 100, intervalSeconds: asked })
      expect(parseIgmp(bytes, 0, 12)).toMatchObject({
        maxResponseMs: written * 100,
        intervalSeconds: written,
      })
    }
  })

  it('skip auxiliary data', () => {
    const bytes = withChecksum(
      fromHex('22000000 00000002 04020000 e0000012 deadbeef deadbeef 04000000 e00000fc'),
    )
    expect(parseIgmp(bytes, 0, bytes.length)).toMatchObject({
      records: [{ group: CARP_GROUP }, { group: LLMNR_GROUP }],
    })
  })

  it.each(KNOWN)('refuse %s at any shorter length', (_, hex) => {
    const bytes = fromHex(hex)
    for (let length = 0; length < bytes.length; length++) {
      // Without zeros at its end a query has the same checksum, but a wrong length.
      const reasons = length < 8 ? ['truncated'] : ['badChecksum', 'badLength']
      expect(reasons).toContain(parseIgmp(bytes, 0, length))
    }
  })

  it.each(KNOWN)('refuse %s with any wrong bit', (_, hex) => {
    const good = fromHex(hex)
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bytes = good.slice()
      bytes[bit >>> 3] = (bytes[bit >>> 3] ?? 0) ^ (0x80 >>> (bit & 7))
      expect(parseIgmp(bytes, 0, bytes.length)).toBe('badChecksum')
    }
  })

  it.each([
    ['an unknown type', '13000000 e0000012', 'badType'],
    ['a query of 9 bytes', '11640000 00000000 02', 'badLength'],
    ['a query of 11 bytes', '11640000 00000000 027d00', 'badLength'],
    [
      'a query with fewer sources than its count',
      '11640000 e0000012 027d0002 0a0ad2fb',
      'badLength',
    ],
    [
      'a report with fewer records than its count',
      '22000000 00000002 04000000 e0000012',
      'badLength',
    ],
    ['a report with half a record', '22000000 00000001 04000000', 'badLength'],
    [
      'a record with fewer sources than its count',
      '22000000 00000001 04000001 e0000012',
      'badLength',
    ],
    [
      'a record with less auxiliary data than its count',
      '22000000 00000001 04010000 e0000012',
      'badLength',
    ],
  ])('refuse %s', (_, hex, reason) => {
    const bytes = withChecksum(fromHex(hex))
    expect(parseIgmp(bytes, 0, bytes.length)).toBe(reason)
  })

  it('accept random bytes without throwing', () => {
    const types = fc.constantFrom(...Object.values(IGMP_TYPE))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), types, (bytes, type) => {
        parseIgmp(bytes, 0, bytes.length)
        if (bytes.length < 8) return
        // With a known type and a correct checksum.
        bytes[0] = type
        const message = parseIgmp(withChecksum(bytes), 0, bytes.length)
        if (!isWireError(message)) describeIgmp(message)
      }),
    )
  })
})
