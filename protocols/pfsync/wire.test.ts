import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseIpv4 as address, parseMac } from '../addresses.ts'
import { toHex, writeUint16 } from '../bytes.ts'
import { isWireError, type WireError } from '../wire-error.ts'
import { PFSYNC_ACTION } from './actions.ts'
import { packets } from './packets.fixture.ts'
import { regionLength } from './regions.ts'
import { PFSYNC_AT, VECTORS, type Vector } from './vectors.fixture.ts'
import {
  describePfsync,
  type ParsedPfsync,
  PFSYNC_GROUP,
  PFSYNC_GROUP_MAC,
  PFSYNC_HEADER_BYTES,
  type PfsyncPacket,
  parsePfsync,
  pfsyncLength,
  writePfsync,
} from './wire.ts'

function bytesOf(packet: PfsyncPacket, start = 0): Uint8Array {
  const bytes = new Uint8Array(start + pfsyncLength(packet)).fill(0xa5)
  expect(writePfsync(bytes, start, packet)).toBe(bytes.length)
  return bytes
}

function parse(bytes: Uint8Array, start = 0, end = bytes.length): ParsedPfsync {
  const parsed = parsePfsync(bytes, start, end)
  if (isWireError(parsed)) throw new Error(`not a packet: ${parsed}`)
  return parsed
}

function vector(letter: string): Vector {
  const found = VECTORS.find(({ name }) => name.startsWith(letter))
  if (found === undefined) throw new Error(`no vector ${letter}`)
  return found
}

function bytesOfRegions({ regions }: PfsyncPacket, count: number): number {
  let length = 0
  for (const region of regions.slice(0, count)) length += regionLength(region)
  return length
}

/** The number of complete regions in the first `end` bytes. */
function regionsBefore(packet: PfsyncPacket, end: number): number {
  let count = 0
  while (
    count < packet.regions.length &&
    PFSYNC_HEADER_BYTES + bytesOfRegions(packet, count + 1) <= end
  ) {
    count++
  }
  return count
}

/** A packet with these subheaders and bodies of zeros. */
function assembled(...regions: (readonly [action: number, count: number, bodyBytes: number])[]) {
  const parts = regions.flatMap(([action, count, bodyBytes]) => [
    ...[action, 0, count >>> 8, count & 0xff],
    ...new Array<number>(bodyBytes).fill(0),
  ])
  const bytes = Uint8Array.from([5, 0, 0, 0, ...new Array<number>(16).fill(7), ...parts])
  writeUint16(bytes, 2, bytes.length)
  return bytes
}

const EOF = [PFSYNC_ACTION.eof, 1, 0] as const
const ONE_DELETION = [PFSYNC_ACTION.deleteCompressed, 1, 12] as const

describe('pfsync test vector', () => {
  it.each(VECTORS)('$name, is written with the expected bytes', ({ frame, expected }) => {
    expect(toHex(frame)).toBe(toHex(expected))
  })

  it.each(VECTORS)('$name, is parsed', ({ packet, expected }) => {
    expect(parsePfsync(expected, PFSYNC_AT, expected.length)).toEqual({
      ...packet,
      lengthBytes: expected.length - PFSYNC_AT,
      isTerminated: true,
    })
  })

  it.each(VECTORS)('$name, is described as by tcpdump of FreeBSD', ({ expected, text }) => {
    expect(describePfsync(parse(expected, PFSYNC_AT))).toBe(text)
  })
})

describe('pfsync packet', () => {
  it('survives write and parse', () => {
    fc.assert(
      fc.property(packets, fc.integer({ min: 0, max: 9 }), (packet, start) => {
        const bytes = bytesOf(packet, start)
        const parsed = parse(bytes, start)
        expect(parsed).toEqual({
          ...packet,
          lengthBytes: pfsyncLength(packet),
          isTerminated: true,
        })
        const again = new Uint8Array(bytes.length).fill(0x5a)
        writePfsync(again, start, parsed)
        expect(toHex(again.subarray(start))).toBe(toHex(bytes.subarray(start)))
      }),
    )
  })

  it('has copies of the parsed bytes', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const bytes = bytesOf(packet)
        const parsed = parse(bytes)
        bytes.fill(0xff)
        expect(parsed.rulesetChecksum).toEqual(packet.rulesetChecksum)
        expect(parsed.regions).toEqual(packet.regions)
      }),
    )
  })

  it('without regions is a header and EOF', () => {
    const packet = { rulesetChecksum: new Uint8Array(16), regions: [] }
    expect(pfsyncLength(packet)).toBe(24)
    expect(parse(bytesOf(packet))).toEqual({ ...packet, lengthBytes: 24, isTerminated: true })
  })
})

describe('truncated pfsync packet', () => {
  it.each(VECTORS)('$name, is refused at any length', ({ expected }) => {
    for (let end = PFSYNC_AT; end < expected.length; end++) {
      const reason: WireError = end - PFSYNC_AT < PFSYNC_HEADER_BYTES ? 'truncated' : 'badLength'
      expect(parsePfsync(expected, PFSYNC_AT, end)).toBe(reason)
    }
  })

  it('is valid up to its last complete region when its header has the shorter length', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        const bytes = bytesOf(packet)
        for (let end = PFSYNC_HEADER_BYTES; end < bytes.length; end++) {
          const cut = bytes.slice(0, end)
          writeUint16(cut, 2, end)
          const { regions, isTerminated, fault } = parse(cut)
          const complete = regionsBefore(packet, end)
          expect(regions.length).toBe(complete)
          expect(isTerminated).toBe(false)
          // There is no fault when the rest is shorter than a subheader.
          const rest = end - (PFSYNC_HEADER_BYTES + bytesOfRegions(packet, complete))
          expect(fault?.reason).toBe(rest < 4 ? undefined : 'badLength')
        }
        expect(parse(bytes).regions).toEqual(packet.regions)
      }),
      { numRuns: 30 },
    )
  })
})

describe('pfsync packet with a fault', () => {
  it('is refused for another version before its length is checked', () => {
    const bytes = vector('W1').expected.slice(PFSYNC_AT)
    bytes[0] = 6
    writeUint16(bytes, 2, 0xffff)
    expect(parsePfsync(bytes, 0, 19)).toBe('truncated')
    expect(parsePfsync(bytes, 0, bytes.length)).toBe('badVersion')
  })

  it.each([
    ['unknown', 17],
    ['unknown', 255],
    ['an uncompressed delete', PFSYNC_ACTION.delete],
    ['a fragment', PFSYNC_ACTION.insertFragment],
    ['a fragment', PFSYNC_ACTION.deleteFragment],
  ])('is valid up to an action that is %s (%i)', (_, action) => {
    const bytes = assembled(ONE_DELETION, [action, 3, 0], ONE_DELETION, EOF)
    const { regions, isTerminated, fault } = parse(bytes)
    expect(regions).toHaveLength(1)
    expect(isTerminated).toBe(false)
    expect(fault).toEqual({ reason: 'badType', action, count: 3 })
  })

  it('is valid up to an incomplete region', () => {
    const action = PFSYNC_ACTION.updateCompressed
    const { regions, fault } = parse(assembled(ONE_DELETION, [action, 2, 84], EOF))
    expect(regions).toHaveLength(1)
    expect(fault).toEqual({ reason: 'badLength', action, count: 2 })
  })

  it('can have entries beyond its length field in the last region', () => {
    const bytes = assembled(ONE_DELETION, ONE_DELETION, EOF)
    writeUint16(bytes, 2, 20 + 4)
    const { regions, lengthBytes, isTerminated, fault } = parse(bytes)
    expect({ lengthBytes, regions: regions.length, isTerminated, fault }).toEqual({
      lengthBytes: 24,
      regions: 1,
      isTerminated: false,
      fault: undefined,
    })
  })

  it.each([0, 3, 20, 23])('has no regions when its length field is %i', (length) => {
    const bytes = assembled(ONE_DELETION, EOF)
    writeUint16(bytes, 2, length)
    expect(parse(bytes)).toMatchObject({ regions: [], isTerminated: false })
  })

  it('is valid without EOF', () => {
    const { regions, isTerminated, fault } = parse(assembled(ONE_DELETION))
    expect(regions).toHaveLength(1)
    expect(isTerminated).toBe(false)
    expect(fault).toBeUndefined()
  })

  it('is valid with bytes after EOF, which are a fault', () => {
    const { regions, isTerminated, fault } = parse(assembled(ONE_DELETION, EOF, ONE_DELETION))
    expect(regions).toHaveLength(1)
    expect(isTerminated).toBe(true)
    expect(fault).toEqual({ reason: 'badLength', action: PFSYNC_ACTION.eof, count: 1 })
  })

  it('can have regions without entries, and any count in EOF', () => {
    const none = [PFSYNC_ACTION.insert1400, 0, 0] as const
    const { regions, isTerminated, fault } = parse(assembled(none, [PFSYNC_ACTION.eof, 9, 0]))
    expect(regions).toEqual([{ kind: 'insert1400', entries: [] }])
    expect(isTerminated).toBe(true)
    expect(fault).toBeUndefined()
  })

  it('of random bytes does not make the parser throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        parsePfsync(noise, 0, noise.length)
        // The same bytes after a valid header.
        const bytes = Uint8Array.from([5, 0, 0, 0, ...new Array<number>(16).fill(0), ...noise])
        writeUint16(bytes, 2, bytes.length)
        describePfsync(parse(bytes))
      }),
    )
  })

  it('in any byte does not make the parser throw or read beyond the end', () => {
    fc.assert(
      fc.property(packets, fc.nat(), fc.integer({ min: 0, max: 255 }), (packet, where, value) => {
        const bytes = bytesOf(packet)
        bytes[where % bytes.length] = value
        const alone = parsePfsync(bytes, 0, bytes.length)
        const inFrame = new Uint8Array(bytes.length + 64).fill(0xa5)
        inFrame.set(bytes, 7)
        expect(parsePfsync(inFrame, 7, 7 + bytes.length)).toEqual(alone)
      }),
    )
  })
})

describe('pfsync description', () => {
  it('has a line for each region', () => {
    const bytes = assembled(
      [PFSYNC_ACTION.insert1301, 1, 242],
      [PFSYNC_ACTION.insert1500, 2, 720],
      [PFSYNC_ACTION.insertAck, 0, 0],
      [PFSYNC_ACTION.bulkStatus, 1, 12],
      [PFSYNC_ACTION.clear, 1, 20],
      [PFSYNC_ACTION.tdb, 1, 48],
      EOF,
    )
    expect(describePfsync(parse(bytes)).split('\n    ')).toEqual([
      `PFSYNCv5 len ${bytes.length}`,
      'insert 13.1 count 1',
      'insert count 2',
      'insert ack count 0',
      'bulk update status count 1',
      'clear all count 1',
      'tdb count 1',
      'eof count 1',
    ])
  })

  it.each([
    [[99, 1, 0] as const, ['act UNKNOWN id 99']],
    [[8, 1, 0] as const, ['frag insert count 1', 'unimplemented action 8']],
    [[PFSYNC_ACTION.update1400, 2, 277] as const, ['update count 2', '...']],
  ])('ends with the fault %j', (region, lines) => {
    expect(
      describePfsync(parse(assembled(ONE_DELETION, region)))
        .split('\n    ')
        .slice(1),
    ).toEqual(['delete compressed count 1', ...lines])
  })
})

describe('pfsync addresses', () => {
  it('are the group 224.0.0.240 and its MAC', () => {
    expect(PFSYNC_GROUP).toBe(address('224.0.0.240'))
    expect(PFSYNC_GROUP_MAC).toBe(parseMac('01:00:5e:00:00:f0'))
  })
})
