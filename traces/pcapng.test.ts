import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RUN_EPOCH_UNIX_US } from '../engine/time.ts'
import { fromHex, toHex } from '../protocols/bytes.ts'
import { type EnhancedPacket, PcapngWriter } from './pcapng.ts'
import { only, readPcapng, text, uint64 } from './pcapng-reader.fixture.ts'

const MAC = 0x0050_56a1_0001
const SECTION = { comment: 'c', os: 'o', userApplication: 'app' }
const PACKET: EnhancedPacket = {
  interfaceId: 0,
  timeUnixUs: RUN_EPOCH_UNIX_US + 2_913_402,
  bytes: fromHex('ffffffffffff 005056a10001 0806 00'),
  direction: 'outbound',
  reception: 'broadcast',
  packetId: 7,
  comments: ['é'],
}

function withOnePacket(packet: Partial<EnhancedPacket>) {
  const writer = new PcapngWriter()
  writer.sectionHeader(SECTION)
  writer.interfaceDescription({ name: 'a', description: 'b', macAddress: MAC })
  writer.enhancedPacket({ ...PACKET, ...packet })
  const [read] = readPcapng(writer.toBytes()).packets
  if (read === undefined) throw new Error('no packet')
  return read
}

describe('a pcapng file', () => {
  it('has these very bytes', () => {
    const writer = new PcapngWriter()
    writer.sectionHeader(SECTION)
    expect(
      writer.interfaceDescription({
        name: 'em0',
        description: 'LAN',
        macAddress: MAC,
        speedBps: 10_000_000_000,
        ipv4: { address: 0x0a0a_6efb, length: 24 },
      }),
    ).toBe(0)
    writer.nameResolution([{ address: 0x0a0a_6efb, name: 'fw1' }])
    writer.enhancedPacket(PACKET)
    writer.interfaceStatistics({
      interfaceId: 0,
      startUnixUs: RUN_EPOCH_UNIX_US,
      endUnixUs: RUN_EPOCH_UNIX_US + 60_000_000,
      framesReceived: 1,
      comments: [],
    })
    // Laid out by hand from the draft. 2024-08-21T08:00:00Z is 0x0006_202c_edc4_a000 µs.
    const expected = fromHex(`
      0a0d0d0a 38000000 4d3c2b1a 0100 0000 ffffffffffffffff
        0100 0100 63000000  0300 0100 6f000000  0400 0300 61707000  0000 0000 38000000
      01000000 54000000 0100 0000 00000400
        0200 0300 656d3000  0300 0300 4c414e00  0400 0800 0a0a6efb ffffff00
        0600 0600 005056a10001 0000  0800 0800 00e40b54 02000000  0900 0100 06000000
        0000 0000 54000000
      04000000 1c000000 0100 0800 0a0a6efb 66773100  0000 0000 1c000000
      06000000 50000000 00000000 ${leWords(PACKET.timeUnixUs)} 0f000000 0f000000
        ffffffffffff 005056a10001 0806 00 00
        0100 0200 c3a90000  0200 0400 0e000000  0500 0800 07000000 00000000
        0000 0000 50000000
      05000000 40000000 00000000 ${leWords(RUN_EPOCH_UNIX_US + 60_000_000)}
        0200 0800 ${leWords(RUN_EPOCH_UNIX_US)}  0300 0800 ${leWords(RUN_EPOCH_UNIX_US + 60_000_000)}
        0400 0800 01000000 00000000  0000 0000 40000000
    `)
    expect(toHex(writer.toBytes())).toBe(toHex(expected))
  })

  it('leaves the speed and the address out when they are not known', () => {
    const writer = new PcapngWriter()
    writer.sectionHeader(SECTION)
    writer.interfaceDescription({ name: 'a', description: '', macAddress: MAC })
    const [options] = readPcapng(writer.toBytes()).interfaces
    expect(options?.map(({ code }) => code)).toEqual([2, 3, 6, 9])
  })

  it('numbers interfaces from zero and keeps their names, in UTF-8', () => {
    const writer = new PcapngWriter()
    writer.sectionHeader({ ...SECTION, comment: 'bascule à 8 h ⇄' })
    const names = ['poste-de-supervision', 'pare-feu n° 1', '']
    for (const [id, name] of names.entries()) {
      const description = { name, description: name, macAddress: id, speedBps: id * 10 ** 12 }
      expect(writer.interfaceDescription(description)).toBe(id)
    }
    const read = readPcapng(writer.toBytes())
    expect(text(only(read.header, 1))).toBe('bascule à 8 h ⇄')
    expect(read.interfaces.map((options) => text(only(options, 2)))).toEqual(names)
    expect(read.interfaces.map((options) => uint64(only(options, 8)))).toEqual([0, 1e12, 2e12])
  })

  it('gives back every packet as it was written, whatever its length', () => {
    const packets = fc.record({
      // Up to the last microsecond of a run of 104 days.
      timeUnixUs: fc.integer({
        min: RUN_EPOCH_UNIX_US,
        max: RUN_EPOCH_UNIX_US + 8_985_600_000_000,
      }),
      bytes: fc.uint8Array({ maxLength: 70 }),
      packetId: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      comments: fc.array(fc.string({ unit: 'grapheme', maxLength: 9 }), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(packets, (packet) => {
        expect(withOnePacket(packet)).toEqual({ ...packet, interfaceId: 0, flags: 0b01110 })
      }),
    )
  })

  it('tells the direction and to whom a frame is addressed', () => {
    const flags = (direction: 'inbound' | 'outbound', reception: EnhancedPacket['reception']) =>
      withOnePacket({ direction, reception }).flags
    expect(flags('inbound', 'unicast')).toBe(0b00101)
    expect(flags('inbound', 'multicast')).toBe(0b01001)
    expect(flags('inbound', 'broadcast')).toBe(0b01101)
    expect(flags('outbound', 'unicast')).toBe(0b00110)
  })

  it('lists names, each record padded', () => {
    const writer = new PcapngWriter()
    writer.sectionHeader(SECTION)
    writer.nameResolution([
      { address: 0x0a000001, name: 'a' },
      { address: 0xfffffffe, name: 'poste' },
      { address: 0x0a000001, name: 'abc' },
    ])
    expect(readPcapng(writer.toBytes()).names).toEqual([
      '10.0.0.1 a',
      '255.255.255.254 poste',
      '10.0.0.1 abc',
    ])
  })

  it('refuses a comment that no option can hold, rather than cut its length', () => {
    expect(() => withOnePacket({ comments: ['x'.repeat(65_536)] })).toThrow(/65535/)
    expect(withOnePacket({ comments: ['x'.repeat(65_535)] }).comments[0]).toHaveLength(65_535)
  })
})

/** A time as the draft has it: the upper word first, each word little-endian. */
function leWords(timeUnixUs: number): string {
  const big = BigInt(timeUnixUs).toString(16).padStart(16, '0')
  return [big.slice(0, 8), big.slice(8)]
    .map((word) => (word.match(/../g) as string[]).reverse().join(''))
    .join(' ')
}
