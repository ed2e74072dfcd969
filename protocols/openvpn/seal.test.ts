import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deriveKeys, openData, sealData } from './seal.ts'
import { parseOpenVpn } from './wire.ts'

const CLIENT = '0011223344556677'
const SERVER = 'fedcba9876543210'
const keys = deriveKeys('secret', CLIENT, SERVER).data
const packet = Uint8Array.from({ length: 84 }, (_, at) => at)

describe('OpenVPN encrypted packet', () => {
  it('is decrypted with its key', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 1500 }),
        fc.integer({ min: 1, max: 0xffff_ffff }),
        (plaintext, packetId) => {
          const sealed = sealData(keys.fromClient, { peerId: 5, packetId }, plaintext)
          expect(sealed).toHaveLength(24 + plaintext.length)
          expect(parseOpenVpn(sealed)).toMatchObject({ peerId: 5, packetId })
          expect(openData(keys.fromClient, packetId, sealed)).toEqual(plaintext)
        },
      ),
    )
  })

  it('is refused with one wrong bit in any byte', () => {
    const sealed = sealData(keys.fromClient, { peerId: 0, packetId: 1 }, packet)
    for (let at = 0; at < sealed.length; at++) {
      const damaged = sealed.slice()
      damaged[at] = (damaged[at] ?? 0) ^ 1
      const header = parseOpenVpn(damaged)
      const packetId = typeof header === 'object' && header.kind === 'data' ? header.packetId : 1
      expect(openData(keys.fromClient, packetId, damaged)).toBeUndefined()
    }
  })

  it.each([
    ['of the other direction', keys.fromServer],
    ['of another session', deriveKeys('secret', CLIENT, '0000000000000001').data.fromClient],
    ['of another secret', deriveKeys('other', CLIENT, SERVER).data.fromClient],
  ])('is refused with the key %s', (_which, key) => {
    const sealed = sealData(keys.fromClient, { peerId: 0, packetId: 1 }, packet)
    expect(openData(key, 1, sealed)).toBeUndefined()
  })
})
