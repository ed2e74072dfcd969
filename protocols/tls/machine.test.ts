import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromAscii, fromHex, toHex } from '../bytes.ts'
import {
  parseClientHello,
  parseServerHello,
  writeClientHello,
  writeServerHello,
} from './handshake.ts'
import { TlsSession } from './machine.ts'
import { expandLabel, RecordSeal } from './seal.ts'
import { parseRecord, recordLengthOf, writeRecord } from './wire.ts'

const HELLO = {
  random: new Uint8Array(32).fill(1),
  sessionId: new Uint8Array(32).fill(2),
  keyShare: new Uint8Array(32).fill(3),
}

/** A client and a server that receive each other's bytes in pieces of this size. */
function conversation(pieceBytes: number) {
  const events: string[] = []
  const wire: { to: 'client' | 'server'; bytes: Uint8Array }[] = []
  let draws = 0
  const end = (role: 'client' | 'server') =>
    new TlsSession(role, {
      transmit: (bytes) => wire.push({ to: role === 'client' ? 'server' : 'client', bytes }),
      random: () => new Uint8Array(32).fill(++draws),
      opened: () => events.push(`${role} opened`),
      received: (bytes) => events.push(`${role} got ${bytes.length} ${bytes[0] ?? ''}`),
      ended: () => events.push(`${role} ended`),
      failed: () => events.push(`${role} failed`),
    })
  const ends = { client: end('client'), server: end('server') }
  const run = (): void => {
    for (let next = wire.shift(); next !== undefined; next = wire.shift()) {
      for (let at = 0; at < next.bytes.length; at += pieceBytes) {
        ends[next.to].received(next.bytes.subarray(at, at + pieceBytes))
      }
    }
  }
  return { ...ends, events, wire, run }
}

describe('TLS record', () => {
  it('survives write and parse, and is truncated at any shorter length', () => {
    const record = { type: 23, version: 0x0303, fragment: fromAscii('abc') }
    const bytes = writeRecord(record)
    expect(toHex(bytes)).toBe('1703030003616263')
    expect(parseRecord(bytes)).toEqual(record)
    for (let length = 0; length < bytes.length; length++) {
      expect(parseRecord(bytes.subarray(0, length))).toBe('truncated')
    }
  })

  it.each([
    ['13 0303 0000', 'badType'],
    ['18', 'badType'],
    ['17 0203 0000', 'badVersion'],
    ['17 0303 4101', 'badLength'],
  ])('%s is refused: %s', (hex, why) => {
    expect(recordLengthOf(fromHex(hex))).toBe(why)
  })

  it('has the key and IV of RFC 8448', () => {
    // Section 3: the handshake traffic secret of the server, and its key and IV for AES-128.
    const secret = fromHex('b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38')
    expect(toHex(expandLabel(secret, 'iv', 12))).toBe('5d313eb2671276ee13000b30')
    expect(toHex(expandLabel(secret, 'key', 16))).toBe('3fce516009c21727d0f2e4e86ee403bc')
  })

  it('is decrypted once, in order, and only unchanged', () => {
    const secret = new Uint8Array(32).fill(7)
    const sealing = new RecordSeal(secret)
    const sealed = [sealing.seal(23, fromAscii('one')), sealing.seal(23, fromAscii('two'), 40)]
    expect(sealed.map(({ length }) => length)).toEqual([3 + 17, 40 + 17])
    const opening = new RecordSeal(secret)
    expect(sealed.map((each) => opening.open(each))).toEqual([
      { type: 23, content: fromAscii('one') },
      { type: 23, content: fromAscii('two') },
    ])
    expect(new RecordSeal(secret).open(sealed[1] as Uint8Array)).toBeUndefined()
    const touched = (sealed[0] as Uint8Array).map((byte, at) => (at === 2 ? byte ^ 1 : byte))
    expect(new RecordSeal(secret).open(touched)).toBeUndefined()
    expect(new RecordSeal(secret).open(new Uint8Array(16))).toBeUndefined()
  })
})

describe('TLS ClientHello and ServerHello', () => {
  it('survive write and parse', () => {
    expect(parseClientHello(writeClientHello(HELLO))).toEqual(HELLO)
    expect(parseServerHello(writeServerHello(HELLO))).toEqual(HELLO)
    expect(parseServerHello(writeClientHello(HELLO))).toBe('badType')
  })

  it('do not throw when truncated or damaged', () => {
    const [client, server] = [writeClientHello(HELLO), writeServerHello(HELLO)]
    for (let length = 0; length < client.length; length++) {
      expect(typeof parseClientHello(client.subarray(0, length))).toBe('string')
      expect(typeof parseServerHello(server.subarray(0, Math.min(length, server.length - 1)))).toBe(
        'string',
      )
    }
    fc.assert(
      fc.property(fc.nat(client.length - 1), fc.nat(255), (at, byte) => {
        const damaged = client.slice()
        damaged[at] = byte
        parseClientHello(damaged)
      }),
    )
  })
})

describe('TlsSession', () => {
  it.each([1, 7, 100_000])(
    'opens and carries data in both directions, in pieces of %i bytes',
    (pieceBytes) => {
      const { client, server, events, run } = conversation(pieceBytes)
      client.start()
      server.start()
      run()
      expect(events.splice(0)).toEqual(['client opened', 'server opened'])
      client.send(new Uint8Array(20_000).fill(5))
      server.send(fromAscii('A'))
      client.close()
      run()
      expect(events).toEqual([
        'server got 16384 5',
        'server got 3616 5',
        'client got 1 65',
        'server ended',
      ])
    },
  )

  it('sends no data before it is open', () => {
    const { client, wire } = conversation(100)
    client.send(fromAscii('early'))
    client.close()
    expect(wire).toEqual([])
  })

  it('fails when it receives bytes that are not TLS, or an unexpected record', () => {
    const plain = conversation(100)
    plain.server.received(fromAscii('GET / HTTP/1.1\r\n\r\n'))
    plain.server.received(fromAscii('more'))
    expect(plain.events).toEqual(['server failed'])
    const early = conversation(100)
    early.client.start()
    early.client.received(writeRecord({ type: 23, version: 0x0303, fragment: new Uint8Array(40) }))
    expect(early.events).toEqual(['client failed'])
  })

  it('accepts random bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        conversation(100).server.received(Uint8Array.of(22, 3, 1, 0, 20, ...noise))
      }),
    )
  })
})
