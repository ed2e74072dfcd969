import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RUN_EPOCH_UNIX_US } from '../engine/time.ts'
import { PcapngWriter } from './pcapng.ts'
import { readPcapng } from './pcapng-reader.ts'

const MAC = 0x0050_56a1_0001

/** Two interfaces, two packets, and blocks that a reader of packets steps over. */
function written(): Uint8Array {
  const writer = new PcapngWriter()
  writer.sectionHeader({ comment: 'a run', os: 'simulated', userApplication: 'bascule' })
  writer.interfaceDescription({ name: 'mgmt-pc', description: 'a card', macAddress: MAC })
  writer.interfaceDescription({ name: 'fw1', description: 'é', macAddress: MAC })
  writer.nameResolution([{ address: 0x0a00_0001, name: 'fw1' }])
  for (const interfaceId of [1, 0]) {
    writer.enhancedPacket({
      interfaceId,
      timeUnixUs: RUN_EPOCH_UNIX_US + 5,
      bytes: Uint8Array.of(1, 2, 3, 4, 5),
      direction: interfaceId === 1 ? 'inbound' : 'outbound',
      reception: 'unicast',
      packetId: 2 ** 33 + 1,
      comments: interfaceId === 1 ? ['DROP here: … é', 'two'] : [],
    })
  }
  writer.interfaceStatistics({
    interfaceId: 0,
    startUnixUs: 0,
    endUnixUs: 1,
    framesReceived: 1,
    comments: [],
  })
  return writer.toBytes()
}

/** A block: its type, its body in whole words, and both lengths. */
function block(type: number, body: readonly number[], littleEndian = true): Uint8Array {
  const words = [type, body.length * 4 + 12, ...body, body.length * 4 + 12]
  const view = new DataView(new ArrayBuffer(words.length * 4))
  for (const [index, word] of words.entries()) view.setUint32(index * 4, word, littleEndian)
  return new Uint8Array(view.buffer)
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

const SECTION = [0x0a0d0d0a, [0x1a2b3c4d, 0x0000_0001, 0xffff_ffff, 0xffff_ffff]] as const
const reasonOf = (bytes: Uint8Array): string => {
  const result = readPcapng(bytes)
  return result.ok ? '' : result.reason
}

describe('readPcapng', () => {
  it('reads what the writer wrote', () => {
    const packet = {
      timeUnixUs: RUN_EPOCH_UNIX_US + 5,
      bytes: Uint8Array.of(1, 2, 3, 4, 5),
      packetId: 2 ** 33 + 1,
    }
    expect(readPcapng(written())).toEqual({
      ok: true,
      contents: {
        interfaces: [
          { name: 'mgmt-pc', description: 'a card', linkType: 1 },
          { name: 'fw1', description: 'é', linkType: 1 },
        ],
        packets: [
          {
            ...packet,
            interfaceIndex: 1,
            direction: 'inbound',
            comments: ['DROP here: … é', 'two'],
          },
          { ...packet, interfaceIndex: 0, direction: 'outbound', comments: [] },
        ],
      },
    })
  })

  it('reads big-endian sections, other resolutions, and packets that tell little', () => {
    const bytes = joined(
      block(SECTION[0], [0x1a2b3c4d, 0x0001_0000, 0xffff_ffff, 0xffff_ffff], false),
      // Option 9 of one byte: nanoseconds.
      block(1, [0x0001_0000, 0, 0x0009_0001, 0x0900_0000, 0], false),
      block(6, [0, 1, 5000, 2, 2, 0xaabb_0000], false),
      // A second section counts its interfaces anew; its units are 2^-10 s.
      block(SECTION[0], SECTION[1]),
      block(1, [1, 0, 0x0001_0009, 0x8a]),
      block(6, [0, 0, 1024, 0, 0]),
    )
    const result = readPcapng(bytes)
    expect(result.ok && result.contents.packets).toEqual([
      {
        interfaceIndex: 0,
        timeUnixUs: Math.floor((2 ** 32 + 5000) / 1000),
        bytes: Uint8Array.of(0xaa, 0xbb),
        direction: undefined,
        packetId: undefined,
        comments: [],
      },
      {
        interfaceIndex: 1,
        timeUnixUs: 1_000_000,
        bytes: new Uint8Array(0),
        direction: undefined,
        packetId: undefined,
        comments: [],
      },
    ])
  })

  const section = block(SECTION[0], SECTION[1])
  const card = block(1, [1, 0])
  it.each([
    ['nothing', new Uint8Array(0), 'it is empty'],
    ['a few bytes', Uint8Array.of(1, 2, 3), 'byte 0: it ends within a block'],
    ['another format', new Uint8Array(40), 'byte 0: no section header, so it is no pcapng file'],
    [
      'no byte order',
      block(SECTION[0], [7, 1, 0, 0]),
      'byte 8: a section header without byte order',
    ],
    [
      'another version',
      block(SECTION[0], [0x1a2b3c4d, 2, 0, 0]),
      'byte 0: version 2 of the format; only 1 is known',
    ],
    ['a short header', block(SECTION[0], [0x1a2b3c4d]), 'byte 0: a section header cut short'],
    ['half a file', written().subarray(0, 203), 'byte 200: it ends within a block'],
    ['a short card', joined(section, block(1, [1])), 'byte 28: an interface description cut short'],
    [
      'a packet of nobody',
      joined(section, block(6, [0, 0, 0, 0, 0])),
      'byte 28: a packet of interface 0, which is unknown',
    ],
    ['a short packet', joined(section, card, block(6, [0])), 'byte 48: a packet cut short'],
    [
      'a packet too long',
      joined(section, card, block(6, [0, 0, 0, 5, 5, 0])),
      'byte 48: a packet that reaches beyond its block',
    ],
    [
      'options too long',
      joined(section, card, block(6, [0, 0, 0, 0, 0, 0x0009_0001, 0])),
      'byte 48: options that reach beyond their block',
    ],
  ])('%s: says why not', (_, bytes, reason) => {
    expect(reasonOf(bytes)).toBe(reason)
  })

  it('notices lengths that are none, differ, or reach beyond the end', () => {
    const wrong = (at: number, value: number) => {
      const bytes = joined(section, card)
      new DataView(bytes.buffer).setUint32(at, value, true)
      return reasonOf(bytes)
    }
    expect(wrong(4, 3)).toBe('byte 0: a block of 3 bytes')
    expect(wrong(4, 4)).toBe('byte 0: a block of 4 bytes')
    expect(wrong(24, 32)).toBe('byte 0: a block whose two lengths differ')
    expect(wrong(32, 4000)).toBe('byte 28: it ends within a block of 4000 bytes')
  })

  it('never throws, whatever byte is another or missing', () => {
    const good = written()
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.nat(255),
        fc.nat(good.length),
        (at, value, length) => {
          const bytes = good.slice(0, length)
          if (at < length) bytes[at] = value
          const result = readPcapng(bytes)
          expect(result.ok || result.reason.length > 0).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
