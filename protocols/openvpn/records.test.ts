import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientHello, RecordOpener, RecordSealer, RecordStream, serverHello } from './records.ts'
import { deriveKeys } from './seal.ts'

const { fromClient } = deriveKeys('secret', '00'.repeat(8), '11'.repeat(8)).control
const zeros = (count: number): Uint8Array => new Uint8Array(count)

function sealedRecords(contents: readonly Uint8Array[]): Uint8Array {
  const sealer = new RecordSealer(fromClient)
  return Uint8Array.from(contents.flatMap((content) => [...sealer.seal(23, content)]))
}

describe('TLS record stream of OpenVPN', () => {
  it('is read the same for any cut into packets', () => {
    const contents = fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 })
    fc.assert(
      fc.property(contents, fc.integer({ min: 1, max: 40 }), (sent, pieceBytes) => {
        const bytes = sealedRecords(sent)
        const stream = new RecordStream()
        const opener = new RecordOpener(fromClient)
        const got: Uint8Array[] = []
        for (let at = 0; at < bytes.length; at += pieceBytes) {
          for (const record of stream.take(bytes.slice(at, at + pieceBytes)) ?? []) {
            const opened = opener.open(record)
            expect(opened?.type).toBe(23)
            got.push(opened?.content ?? zeros(0))
          }
        }
        expect(got).toEqual(sent)
      }),
    )
  })

  it('refuses a record that is too long', () => {
    expect(new RecordStream().take(Uint8Array.of(23, 3, 3, 0xff, 0xff))).toBeUndefined()
  })

  it('decrypts each record once and in order', () => {
    const [first, second] = new RecordStream().take(sealedRecords([zeros(3), zeros(4)])) ?? []
    const opener = new RecordOpener(fromClient)
    if (first === undefined || second === undefined) throw new Error('two records')
    expect(opener.open(second)).toBeUndefined()
    expect(opener.open(first)?.content).toHaveLength(3)
    expect(opener.open(first)).toBeUndefined()
    expect(opener.open(second)?.content).toHaveLength(4)
  })

  it.each([
    ['ClientHello', clientHello(zeros), 1],
    ['ServerHello', serverHello(zeros), 2],
  ])('has a %s with correct lengths', (_name, bytes, type) => {
    const [record, ...more] = new RecordStream().take(bytes) ?? []
    expect(more).toEqual([])
    expect(record?.body[0]).toBe(type)
    expect((record?.body[2] ?? 0) * 256 + (record?.body[3] ?? 0)).toBe(
      (record?.body.length ?? 0) - 4,
    )
  })
})
