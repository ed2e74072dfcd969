import { describe, expect, it } from 'vitest'
import { RUN_EPOCH_UNIX_US } from '../engine/time.ts'
import { fromHex, toHex } from '../protocols/bytes.ts'
import { PcapWriter } from './pcap.ts'

const HEADER = 'd4c3b2a1 0200 0400 00000000 00000000 00000400 01000000'

describe('a classic pcap file', () => {
  it('is a header of 24 bytes when nothing was seen', () => {
    expect(toHex(new PcapWriter().toBytes())).toBe(toHex(fromHex(HEADER)))
  })

  it('has these very bytes, records unpadded', () => {
    const writer = new PcapWriter()
    writer.packet(RUN_EPOCH_UNIX_US, fromHex('aabbcc'))
    writer.packet(RUN_EPOCH_UNIX_US + 1_999_999, fromHex('dd'))
    // 1 724 227 200 s is 0x66c59e80; 999 999 µs is 0x000f423f.
    expect(toHex(writer.toBytes())).toBe(
      toHex(
        fromHex(`${HEADER}
          809ec566 00000000 03000000 03000000 aabbcc
          819ec566 3f420f00 01000000 01000000 dd`),
      ),
    )
  })

  it('loses no microsecond', () => {
    const writer = new PcapWriter()
    const bytes = new Uint8Array(0)
    for (let us = 0; us < 1_000_000; us += 997) writer.packet(RUN_EPOCH_UNIX_US + us, bytes)
    const file = writer.toBytes()
    const view = new DataView(file.buffer)
    for (let us = 0, at = 24; us < 1_000_000; us += 997, at += 16) {
      expect(view.getUint32(at + 4, true)).toBe(us)
    }
  })
})
