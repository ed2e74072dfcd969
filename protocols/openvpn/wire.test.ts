import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromHex, toHex } from '../bytes.ts'
import { isWireError } from '../wire-error.ts'
import { type ControlPacket, OPCODE, parseOpenVpn, writeControl, writeDataHeader } from './wire.ts'

/** Written by hand from ssl_pkt.h and reliable.c; `tests/external` checks them with Wireshark. */
const CLIENT = '0011223344556677'
const SERVER = 'fedcba9876543210'
const VECTORS: readonly (readonly [string, Omit<ControlPacket, 'kind'>, string])[] = [
  [
    'P_CONTROL_HARD_RESET_CLIENT_V2',
    {
      opcode: OPCODE.hardResetClientV2,
      keyId: 0,
      sessionId: CLIENT,
      acks: [],
      remoteSessionId: undefined,
      packetId: 0,
      payload: new Uint8Array(0),
    },
    '38 0011223344556677 00 00000000',
  ],
  [
    'P_CONTROL_HARD_RESET_SERVER_V2',
    {
      opcode: OPCODE.hardResetServerV2,
      keyId: 0,
      sessionId: SERVER,
      acks: [0],
      remoteSessionId: CLIENT,
      packetId: 0,
      payload: new Uint8Array(0),
    },
    '40 fedcba9876543210 01 00000000 0011223344556677 00000000',
  ],
  [
    'P_CONTROL_V1',
    {
      opcode: OPCODE.controlV1,
      keyId: 3,
      sessionId: CLIENT,
      acks: [],
      remoteSessionId: undefined,
      packetId: 0x0102_0304,
      payload: fromHex('160303'),
    },
    '23 0011223344556677 00 01020304 160303',
  ],
  [
    'P_ACK_V1',
    {
      opcode: OPCODE.ackV1,
      keyId: 0,
      sessionId: CLIENT,
      acks: [1, 2],
      remoteSessionId: SERVER,
      packetId: undefined,
      payload: new Uint8Array(0),
    },
    '28 0011223344556677 02 00000001 00000002 fedcba9876543210',
  ],
]

const sessionIds = fc.uint8Array({ minLength: 8, maxLength: 8 }).map(toHex)
const ids = fc.integer({ min: 0, max: 0xffff_ffff })
const reliable = fc
  .record({
    opcode: fc.constantFrom(OPCODE.controlV1, OPCODE.hardResetClientV2, OPCODE.hardResetServerV2),
    keyId: fc.integer({ min: 0, max: 7 }),
    sessionId: sessionIds,
    acks: fc.array(ids, { maxLength: 8 }),
    peer: sessionIds,
    packetId: ids,
    payload: fc.uint8Array({ maxLength: 1200 }),
  })
  .map(({ peer, ...packet }) => ({
    ...packet,
    remoteSessionId: packet.acks.length > 0 ? peer : undefined,
  }))

describe('OpenVPN control packet', () => {
  it.each(VECTORS)('%s has the expected bytes', (_name, packet, hex) => {
    expect(toHex(writeControl(packet))).toBe(hex.replaceAll(' ', ''))
    expect(parseOpenVpn(fromHex(hex))).toEqual({ kind: 'control', ...packet })
  })

  it('survives write and parse', () => {
    fc.assert(
      fc.property(reliable, (packet) => {
        expect(parseOpenVpn(writeControl(packet))).toEqual({ kind: 'control', ...packet })
      }),
    )
  })

  it('is truncated at any length before the payload', () => {
    const [, , hex] = VECTORS[1] ?? []
    const bytes = fromHex(hex ?? '')
    for (let length = 0; length < bytes.length; length++) {
      expect(parseOpenVpn(bytes.subarray(0, length))).toBe('truncated')
    }
  })

  it('with more than 8 acknowledgements is refused', () => {
    const bytes = new Uint8Array(200)
    bytes[0] = OPCODE.ackV1 << 3
    bytes[9] = 9
    expect(parseOpenVpn(bytes)).toBe('badLength')
  })
})

describe('OpenVPN data packet', () => {
  it('has a peer id of 24 bits and a packet id of 32 bits', () => {
    const bytes = new Uint8Array(24)
    writeDataHeader(bytes, { keyId: 1, peerId: 0xabcdef, packetId: 0x8000_0001 })
    expect(toHex(bytes.subarray(0, 8))).toBe('49abcdef80000001')
    expect(parseOpenVpn(bytes)).toEqual({
      kind: 'data',
      keyId: 1,
      peerId: 0xabcdef,
      packetId: 0x8000_0001,
    })
  })

  it('is truncated without a complete tag', () => {
    const bytes = new Uint8Array(23)
    bytes[0] = OPCODE.dataV2 << 3
    expect(parseOpenVpn(bytes)).toBe('truncated')
  })
})

describe('OpenVPN parser', () => {
  it('accepts random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const parsed = parseOpenVpn(bytes)
        if (isWireError(parsed)) return
        expect(['control', 'data']).toContain(parsed.kind)
      }),
    )
  })

  it.each([0, 1, 2, 3, 6, 10, 31])('refuses opcode %i', (opcode) => {
    const bytes = new Uint8Array(60)
    bytes[0] = opcode << 3
    expect(parseOpenVpn(bytes)).toBe('badType')
  })
})
