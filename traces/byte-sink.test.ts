import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ByteSink } from './byte-sink.ts'

type Piece =
  | { readonly kind: 'uint16' | 'uint32' | 'uint64'; readonly value: number }
  | { readonly kind: 'append'; readonly value: Uint8Array }
  | { readonly kind: 'pad' }

const pieces: fc.Arbitrary<Piece> = fc.oneof(
  fc.record({ kind: fc.constant('uint16' as const), value: fc.integer({ min: 0, max: 0xffff }) }),
  fc.record({
    kind: fc.constant('uint32' as const),
    value: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  }),
  fc.record({ kind: fc.constant('uint64' as const), value: fc.nat(Number.MAX_SAFE_INTEGER) }),
  // Long enough that a few of them outgrow the buffer, whatever comes next.
  fc.record({
    kind: fc.constant('append' as const),
    value: fc.nat(3000).map((length) => new Uint8Array(length).fill(length)),
  }),
  fc.constant({ kind: 'pad' as const }),
)

function littleEndian(value: number, lengthBytes: number): number[] {
  return Array.from({ length: lengthBytes }, (_, at) => Math.floor(value / 256 ** at) % 256)
}

describe('a byte sink', () => {
  it('holds what was appended, in order, however far it had to grow', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), fc.nat(20_000), (list, expectedBytes) => {
        const sink = new ByteSink(expectedBytes)
        const expected: number[] = []
        for (const piece of list) {
          if (piece.kind === 'append') {
            sink.append(piece.value)
            expected.push(...piece.value)
          } else if (piece.kind === 'pad') {
            sink.pad()
            while (expected.length % 4 !== 0) expected.push(0)
          } else {
            sink[piece.kind](piece.value)
            expected.push(...littleEndian(piece.value, Number(piece.kind.slice(4)) / 8))
          }
          expect(sink.length).toBe(expected.length)
        }
        expect(Buffer.from(sink.toBytes()).equals(Buffer.from(expected))).toBe(true)
      }),
    )
  })

  it('rewrites in place', () => {
    const sink = new ByteSink()
    sink.uint32(1)
    sink.uint32(2)
    sink.rewriteUint32(0, 0xfffffffe)
    expect([...sink.toBytes()]).toEqual([0xfe, 0xff, 0xff, 0xff, 2, 0, 0, 0])
  })
})
